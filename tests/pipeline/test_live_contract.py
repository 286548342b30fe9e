"""Every knob of every live step of every recipe: that step and its descendants run, and nothing else."""

from collections import defaultdict
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from other_values import BOX, another
from raw_maps import raw_maps

from napari_wsss.pipeline.cache import ArrayCache
from napari_wsss.pipeline.graph import Graph
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.step import ASKED
from napari_wsss.pipeline.steps.live import MaskFilter
from napari_wsss.pipeline.workspace import Workspace
from napari_wsss.recipes import RECIPES

DEPTH, SIDE = 3, 24


def switched(recipe, *, on):
    """Give the recipe with all its filters on, or off."""
    for name, step in recipe.steps.items():
        if isinstance(step, MaskFilter):
            recipe = recipe.with_knobs(name, on=on)
            if on and "boxes" in step.knobs():
                recipe = recipe.with_knobs(name, boxes=(BOX,))
    return recipe


def live_steps(recipe, name):
    """Give the live steps that take part in the result of ``name``, in running order."""
    active = recipe.active(name)
    return [step for step in recipe.steps if step in active and recipe.step(step).live]


def descendants(recipe, name):
    """Give ``name`` and all that its result goes into, up to the proposal."""
    return [step for step in live_steps(recipe, recipe.proposal) if name in recipe.active(step)]


@cache
def bench():
    """Give a scan with a bright square, and maps that look at it."""
    rng = np.random.default_rng(0)
    image = rng.normal(0.2, 0.05, (2, DEPTH, SIDE, SIDE)).clip(0, 1).astype(np.float32)
    image[:, :, :2] = image[:, :, -2:] = 0
    image[:, :, 6:16, 6:16] += 0.5
    return Scan(image, (3.0, 1.0, 1.0), np.ones((DEPTH, 1), np.int8))


def ask(regions, slices):
    """Stand for a trained classifier: the score falls with what is blanked."""
    return -regions.reshape(len(slices), -1).mean(axis=1, dtype=np.float32)[:, None]


def roots_of(recipe):
    artefacts = {name: recipe.step(name).gives for name in recipe.steps}
    roots = {name: raw_maps(recipe.step(name), DEPTH) for name, gives in artefacts.items() if gives == "maps"}
    return roots | {name: ask for name, gives in artefacts.items() if gives in ASKED}


def graph_of(recipe, results):
    workspace = Workspace(
        cases={"a": SimpleNamespace(digest="a", id="a", subset="train")},
        labels=SimpleNamespace(digest=lambda _: "labels"),
        masks=None,
        accepted=SimpleNamespace(digest=lambda _: ""),
        cache=None,
        models=None,
    )
    jobs = {name: name for name, step in recipe.steps.items() if not step.live}
    return Graph(recipe, Keys(recipe, workspace, jobs), "a", bench(), roots_of(recipe), results)


def runs(recipe, results):
    """Give the steps that run for the proposal."""
    graph = graph_of(recipe, results)
    mask = graph.value(recipe.proposal)
    assert mask.shape == (DEPTH, SIDE, SIDE)
    assert mask.dtype == np.uint8
    return graph.runs


def _knobs(*, on):
    return [
        pytest.param(name, step, knob, id=f"{name}-{step}-{knob}")
        for name, recipe in RECIPES.items()
        for step in live_steps(switched(recipe, on=on), recipe.proposal)
        for knob in recipe.step(step).knobs()
    ]


FILTERS = [
    pytest.param(name, step, id=f"{name}-{step}")
    for name, recipe in RECIPES.items()
    for step in recipe.upstream(recipe.proposal)
    if isinstance(recipe.step(step), MaskFilter)
]


@pytest.fixture(scope="module")
def results():
    """Give one memory a recipe for all its filters: each is switched on by itself."""
    return defaultdict(ArrayCache)


@pytest.mark.parametrize(("name", "step", "knob"), _knobs(on=True))
def test_a_knob_runs_its_step_and_the_descendants_and_nothing_else(name, step, knob):
    recipe = switched(RECIPES[name], on=True)
    results = ArrayCache()
    assert runs(recipe, results) == live_steps(recipe, recipe.proposal)
    moved = another(recipe, step, knob)
    expected = {*descendants(recipe, step), *descendants(moved, step)} & set(live_steps(moved, moved.proposal))
    assert runs(moved, results) == [other for other in moved.steps if other in expected]
    assert runs(moved, results) == []
    assert runs(recipe, results) == [], "going back costs nothing"


@pytest.mark.parametrize(("name", "step"), FILTERS)
def test_a_filter_switched_on_runs_and_off_again_runs_nothing(results, name, step):
    recipe = switched(RECIPES[name], on=False)
    results = results[name]
    runs(recipe, results)
    on = recipe.with_knobs(step, on=True)
    new = {*live_steps(on, on.proposal)} - {*live_steps(recipe, recipe.proposal)}
    found = runs(on, results)
    assert step in found
    assert found == [other for other in on.steps if other in new | {*descendants(on, step)}]
    assert runs(recipe, results) == []


@pytest.mark.parametrize(("name", "step"), FILTERS)
def test_a_knob_of_a_filter_that_is_off_runs_nothing(results, name, step):
    recipe = switched(RECIPES[name], on=False)
    results = results[name]
    runs(recipe, results)
    for knob in recipe.step(step).knobs():
        if knob != "on":
            assert runs(another(recipe, step, knob), results) == []


def by_slices(recipe):
    """Give the recipe with every step made to work slice by slice that can be."""
    for name, step in recipe.steps.items():
        for knob, value in (("mode", "2d"), ("scope", "slice"), ("scope_of_range", "slice")):
            if knob in step.knobs() and value in step.knobs()[knob].choices:
                recipe = recipe.with_knobs(name, **{knob: value})
    return recipe


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("change", [lambda recipe: recipe, by_slices], ids=["as published", "by slices"])
def test_slices_computed_alone_make_up_the_volume(name, change):
    recipe = change(switched(RECIPES[name], on=True))
    volumes = graph_of(recipe, ArrayCache())
    alone = graph_of(recipe, ArrayCache())
    for step in live_steps(recipe, recipe.proposal):
        if recipe.step(step).gives in {"mask", "evidence"}:
            volume = volumes.value(step)
            slices = [alone.value(step, z) for z in range(DEPTH)]
            np.testing.assert_array_equal(np.concatenate(slices, axis=volume.ndim - 3), volume, err_msg=step)
