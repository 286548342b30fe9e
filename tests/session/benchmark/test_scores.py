"""Which scores of the classifier count."""

from types import SimpleNamespace

import numpy as np

from napari_wsss.pipeline.workspace import ArrayShelf
from napari_wsss.recipes import recipe_named
from napari_wsss.session.benchmark.scores import _with_own_maps


def test_scores_kept_with_maps_of_an_earlier_run_do_not_count(tmp_path):
    keys = SimpleNamespace(
        recipe=recipe_named("grad-cam-ensemble"),
        workspace=SimpleNamespace(cache=tmp_path),
        key=lambda step, case_id: f"{step} of {case_id} now",
    )
    made = {("now", "maps-a"): "now", ("now", "maps-b"): "now", ("half", "maps-a"): "now", ("half", "maps-b"): "before"}
    for (case_id, step), when in made.items():
        ArrayShelf(tmp_path, step, case_id).write(f"{step} of {case_id} {when}", {"logits": np.zeros((1, 1))})
    assert _with_own_maps(keys, ["half", "none", "now"]) == ["none", "now"]
