"""Moving a knob runs that step and its descendants, and nothing else."""

import numpy as np
import pytest

from napari_wsss.pipeline.cache import ArrayCache
from napari_wsss.pipeline.graph import Graph
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.question import cut_root
from napari_wsss.pipeline.scan import load_scan
from napari_wsss.recipes import recipe_named

CHAIN = ["refined-map", "refined", "kernel", "crf"]


@pytest.fixture
def roots():
    """Raw maps with their peak on the bright square of the cohort's scans."""
    maps = np.zeros((1, 4, 8, 8), dtype=np.float16)
    maps[0, :, 2:4, 2:4] = 4
    stacks = {f"scale-{scale:g}": maps for scale in (0.5, 1.0, 1.5, 2.0)}
    stacks |= {f"grid-{scale:g}": np.array([[1 / 16, 1 / 8]] * 2) for scale in (0.5, 1.0, 1.5, 2.0)}
    return {"maps": {**stacks, "logits": np.array([[-3], [2], [2], [5]], np.float32), "size": np.asarray(64)}}


@pytest.fixture
def graph_of(workspace, roots):
    """Make graphs that share one cache, as one window does."""
    cache = ArrayCache()

    def make(recipe) -> Graph:
        return Graph(recipe, Keys(recipe, workspace), "a", load_scan(recipe, workspace, "a"), roots, cache)

    return make


@pytest.mark.parametrize(
    ("step", "knob", "value", "expected"),
    [
        ("refined-map", "scales", (1.0,), ["refined-map", "refined", "crf"]),
        ("refined", "value", 0.5, ["refined", "crf"]),
        ("kernel", "sxy", 20.0, ["kernel", "crf"]),
        ("crf", "iterations", 2, ["crf"]),
        ("origin", "value", 0.9, []),
        ("segmenter", "epochs", 3, []),
    ],
)
def test_only_the_step_and_its_descendants_run(graph_of, step, knob, value, expected):
    recipe = recipe_named("mixed-unet")
    first = graph_of(recipe)
    first.value("crf")
    assert first.runs == CHAIN
    second = graph_of(recipe.with_knobs(step, **{knob: value}))
    second.value("crf")
    assert second.runs == expected
    back = graph_of(recipe)
    back.value("crf")
    assert back.runs == []


def test_a_slice_alone_equals_that_slice_of_the_volume(graph_of):
    graph = graph_of(recipe_named("mixed-unet"))
    slices = [graph.value("crf", z) for z in range(4)]
    assert [part.shape for part in slices] == [(1, 32, 40)] * 4
    np.testing.assert_array_equal(np.concatenate(slices), graph.value("crf"))


def test_the_visible_slice_alone_is_computed(graph_of):
    graph = graph_of(recipe_named("mixed-unet"))
    assert graph.value("refined-map", 2).shape == (1, 1, 32, 40)


def test_a_step_over_the_whole_volume_is_cut_to_the_slice(graph_of):
    recipe = recipe_named("mixed-unet").with_knobs("kernel", mode="3d")
    graph = graph_of(recipe)
    assert not graph.slicewise("crf")
    assert graph.slicewise("refined")
    np.testing.assert_array_equal(graph.value("crf", 1), graph.value("crf")[1:2])


def test_the_image_level_label_gates_each_slice(graph_of, workspace):
    recipe = recipe_named("mixed-unet")
    evidence = graph_of(recipe).value("refined-map")
    assert [float(part.max()) for part in evidence[0]] == [0.0, 1.0, 1.0, 0.0]
    workspace.labels.set("a", "lesion", -1, [0, 3])
    evidence = graph_of(recipe).value("refined-map")
    assert [float(part.max()) for part in evidence[0]] == [0.0, 1.0, 1.0, 1.0], "unknown slices: the logit decides"
    evidence = graph_of(recipe.with_knobs("refined-map", gate="none")).value("refined-map")
    assert [float(part.max()) for part in evidence[0]] == [1.0] * 4


def test_the_grid_says_where_the_maps_lie(graph_of, roots):
    recipe = recipe_named("mixed-unet")
    before = graph_of(recipe).value("refined-map")[0, 1]
    for name in [name for name in roots["maps"] if name.startswith("grid-")]:
        roots["maps"][name] = roots["maps"][name] + [[0, 0], [1 / 8, 0]]  # a cell to the right
    graph = graph_of(recipe)
    graph.cache = ArrayCache()
    after = graph.value("refined-map")[0, 1]
    np.testing.assert_allclose(after[:, 5:], before[:, :-5], atol=1e-6)  # an eighth of 40 columns


def test_arrays_without_slices_stay_whole(roots):
    cut = {name: cut_root(name, array, slice(2, 3)) for name, array in roots["maps"].items()}
    assert cut["scale-1"].shape == (1, 1, 8, 8)
    assert cut["logits"].shape == (1, 1)
    assert cut["grid-1"] is roots["maps"]["grid-1"]
    assert cut["size"] is roots["maps"]["size"]


def test_a_job_is_no_live_step(graph_of):
    with pytest.raises(TypeError, match="'maps' is a job"):
        graph_of(recipe_named("mixed-unet")).value("maps")
