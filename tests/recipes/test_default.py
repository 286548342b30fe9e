"""The default on a tiny cohort, from labels to masks."""

import numpy as np
import pytest
from scipy.ndimage import label
from tiny import TINY

from napari_wsss.pipeline.workspace import ArrayShelf
from napari_wsss.progress import drain
from napari_wsss.recipes import recipe_named
from napari_wsss.refine.level import level_at
from napari_wsss.session.timing import seconds_per_unit
from napari_wsss.session.workspaces import workspace_of

NAME = "default"


def test_it_runs_to_the_end_and_has_nothing_left_to_do(run_recipe, project):
    _, tables = run_recipe(NAME, TINY[NAME])
    assert [row["mask"] for row in tables["masks"]] == ["Empty", "mask", "clusters", "islands", "margin", "prediction"]
    recipe = recipe_named(NAME).with_overrides(TINY[NAME])
    workspace = workspace_of(project, recipe)
    check_masks(workspace, recipe)
    check_lesion_free_slices(workspace)
    rates = drain(seconds_per_unit(recipe, workspace, "cpu"))
    assert {"classifier-a", "maps-a", "mask", "segmenter"} <= set(rates), "how long it takes can be told"
    done, again = run_recipe(NAME, TINY[NAME])
    assert not any(step.get("trained") or step.get("made") for step in done.values())
    assert again == tables


def check_masks(workspace, recipe):
    """Each filter only takes away, up to the holes, and nothing is marked where no lesion is."""
    marked = 0
    for case_id in workspace.cases:
        mask, clusters, islands = (workspace.mask(recipe, kind, case_id) > 0 for kind in recipe.rows[:3])
        marked += islands.any()
        assert not (clusters & ~mask).any()
        assert not (islands & ~clusters).any()
        assert label(islands, np.ones((3, 3, 3)))[1] <= label(clusters, np.ones((3, 3, 3)))[1]
        assert not mask[workspace.labels.slice_labels(case_id)[:, 0] == 0].any()
    assert marked > 0


def check_lesion_free_slices(workspace):
    """Of the places in the training patients' lesion-free slices one in a hundred is above its level."""
    for name in "ab":
        kept = {case_id: ArrayShelf(workspace.cache, f"maps-{name}", case_id).read() for case_id in workspace.cases}
        free = {case_id: workspace.labels.slice_labels(case_id)[:, 0] == 0 for case_id in workspace.cases}
        places = [kept[case_id]["scale-1"][0][free[case_id]].ravel() for case_id in workspace.subset("train")]
        level = level_at(kept[next(iter(kept))]["levels"], 0.01)[0]
        assert (np.concatenate(places) > level).mean() == pytest.approx(0.01, abs=0.002)
