"""System 3 on a tiny cohort, from labels to combined masks; the search's thresholds beside the fixed ones."""

import numpy as np
from tiny import TINY

from napari_wsss.files import write_json
from napari_wsss.metrics.overlap import mean_iou
from napari_wsss.pipeline.search import search_thresholds
from napari_wsss.progress import drain
from napari_wsss.recipes import recipe_named
from napari_wsss.session.evaluation import evaluate_project
from napari_wsss.session.searched import measure_searched
from napari_wsss.session.tuning_tasks import SEARCH_FILE
from napari_wsss.session.workspaces import workspace_of

NAME = "grad-cam-ensemble"
PLAIN = ["mask-a", "mask-b", "or", "more", "fewer", "and"]
MASKS = [*PLAIN, *(f"{mask}-box" for mask in PLAIN)]
ROWS = ["Empty", *MASKS, "prediction"]


def test_it_runs_to_the_end_and_has_nothing_left_to_do(run_recipe, project):
    _, tables = run_recipe(NAME, TINY[NAME])
    assert [row["mask"] for row in tables["masks"]] == ROWS
    recipe = recipe_named(NAME).with_overrides(TINY[NAME])
    workspace = workspace_of(project, recipe)
    check_masks({kind: stacked(workspace, recipe, kind) for kind in MASKS})
    done, again = run_recipe(NAME, TINY[NAME])
    assert not any(step.get("trained") or step.get("made") for step in done.values())
    assert again == tables
    check_search(project, workspace, recipe)


def stacked(workspace, recipe, kind):
    """Give the masks of all cases, one on the other."""
    return np.concatenate([workspace.mask(recipe, kind, case_id) for case_id in workspace.cases]) > 0


def check_masks(masks):
    """They are combined by their rules, and boxes and the crop of 48 of 56 × 48 pixels only take away."""
    first, second = masks["mask-a"], masks["mask-b"]
    assert first.any()
    assert second.any()
    assert np.array_equal(masks["or"], first | second)
    assert np.array_equal(masks["and"], first & second)
    sizes = np.stack([mask.sum(axis=(1, 2)) for mask in (first, second)])
    assert np.array_equal(masks["fewer"].sum(axis=(1, 2)), sizes.min(axis=0))
    assert np.array_equal(masks["more"].sum(axis=(1, 2)), sizes.max(axis=0))
    assert not masks["or"][:, :4].any()
    assert not masks["or"][:, 52:].any()
    for name in PLAIN:
        boxed = masks[f"{name}-box"]
        assert not (boxed & ~masks[name]).any()
        assert not boxed[:, :, 23:25].any(), "the midline is dropped"
    assert masks["or-box"].sum() < masks["or"].sum()


def check_search(project, workspace, recipe):
    """After a search its thresholds are rows of their own, beside those that are fixed."""
    table = drain(search_thresholds(recipe, workspace, "reference", step=0.25))
    assert (table["at"], [axis["step"] for axis in table["axes"]]) == ("and", ["mask-a", "mask-b"])
    write_json(project.metrics_folder / SEARCH_FILE, table)
    rows = {row["mask"]: row for row in drain(evaluate_project(project, workspace, recipe, ("val",)))["masks"]}
    words = table["text"]
    assert words.startswith("searched with ")
    added = [f"{mask}, {how}" for mask in ("and", "and-box") for how in ("fixed at 0.7", words)]
    assert list(rows) == [*ROWS, *added]
    for mask in ("and", "and-box"):
        assert rows[f"{mask}, fixed at 0.7"] | {"mask": mask} == rows[mask]
    searched = drain(measure_searched(project, workspace, recipe, workspace.subset("train")))[f"and, {words}"]
    assert mean_iou(np.sum([measure.matrix for measure in searched], axis=0)) == table["best_miou"]["miou"]


def test_published_settings():
    recipe = recipe_named(NAME)
    assert (recipe.step("slices").size, recipe.step("slices").crop) == (128, 128)
    assert [recipe.step(f"classifier-{which}").backbone for which in "ab"] == ["resnet34", "resnet50"]
    for which in "ab":
        maps = recipe.step(f"maps-{which}")
        assert (maps.method, maps.scales, maps.layers, maps.classifier) == (
            "grad-cam",
            (1.0,),
            (),
            f"classifier-{which}",
        )
        assert recipe.step(f"mask-{which}").value == 0.7
    rules = {name: recipe.step(name).rule for name in ("or", "more", "fewer", "and")}
    assert rules == {"or": "or", "more": ">", "fewer": "<", "and": "and"}
    assert recipe.effective(recipe.proposal) == "and-box"
    assert {step.split("-")[-1] for step in recipe.active("and-box")} >= {"organ", "box"}
