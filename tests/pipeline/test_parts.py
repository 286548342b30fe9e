"""The refinement parts as steps of a recipe: switched on and off, by slice and by volume, of one model and of two."""

from dataclasses import replace

import numpy as np
import pytest
import yaml

from napari_wsss.errors import RecipeError
from napari_wsss.pipeline.cache import ArrayCache
from napari_wsss.pipeline.graph import Graph
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.scan import load_scan
from napari_wsss.pipeline.stack import Stack
from napari_wsss.pipeline.step import Step
from napari_wsss.pipeline.steps import MaskFilter
from napari_wsss.recipes import recipe_named

MIXED = recipe_named("mixed-unet").with_overrides(["crf.iterations=0", "crf.gt_prob=0.9"])
"""Its CRF leaves the mask as it is."""
FILTERS = ("clusters", "box", "centre", "organ", "midline", "islands", "holes", "smooth", "margin")
TWO_MODELS = """
name: two-models
title: Two classifiers
steps:
  slices: {kind: prepare-slices, size: 32}
  classifier-a: {kind: train-classifier, slices: slices, backbone: resnet34}
  classifier-b: {kind: train-classifier, slices: slices, backbone: resnet50}
  maps-a: {kind: activation-maps, classifier: classifier-a, slices: slices}
  maps-b: {kind: activation-maps, classifier: classifier-b, slices: slices}
  map-a: {kind: fuse-maps, maps: maps-a}
  map-b: {kind: fuse-maps, maps: maps-b}
  mask-a: {kind: threshold, evidence: map-a, value: 0.5}
  mask-b: {kind: threshold, evidence: map-b, value: 0.5}
  mean: {kind: mean-maps, maps: [map-a, map-b]}
  mean-mask: {kind: threshold, evidence: mean, value: 0.5}
  both: {kind: combine-masks, masks: [mask-a, mask-b], rule: and}
  margin: {kind: margin-filter, mask: both}
proposal: margin
rows: [mask-a, mask-b, mean-mask, both]
"""


@pytest.fixture
def graph_of(workspace):
    """Make a graph of case "a" (4 slices, 32×40) with soft maps already computed."""
    cache = ArrayCache()

    def make(recipe, roots=None, **evidence) -> Graph:
        keys = Keys(recipe, workspace)
        graph = Graph(recipe, keys, "a", load_scan(recipe, workspace, "a"), roots or {}, cache)
        for name, value in evidence.items():
            stack = Stack(4)
            stack.put(0, value)
            cache.put(graph.key(name.replace("_", "-")), stack)
        return graph

    return make


def soft(seed=0):
    """A soft map with two plateaus and specks."""
    evidence = np.zeros((1, 4, 32, 40), np.float32)
    evidence[0, 1:3, 6:20, 8:24] = 0.8
    evidence[0, 1, 26:30, 30:34] = 1.0
    evidence[0, 2, 10:13, 10:13] = 0
    specks = np.random.default_rng(seed).random((4, 32, 40)) < 0.02
    evidence[0][specks] = 0.6
    return evidence


def filters_on(*names, **knobs):
    settings = [f"{name}.on=true" for name in names] + [
        f"{name.replace('__', '.')}={value}" for name, value in knobs.items()
    ]
    return MIXED.with_overrides(settings)


def test_every_filter_of_the_recipe_is_off_and_hands_on_what_came():
    steps = {name: MIXED.step(name) for name in FILTERS}
    assert all(isinstance(step, MaskFilter) and not step.on for step in steps.values())
    assert MIXED.effective(MIXED.proposal) == "crf"
    assert MIXED.step("segmenter").targets == MIXED.proposal


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_runs_when_it_is_on_and_equals_its_slices(graph_of, name):
    recipe = filters_on(name, box__boxes="[[0, 4, 4, 2, 28, 36]]")
    if name == "islands":
        recipe = recipe.with_overrides(["islands.mode=2d"])
    graph = graph_of(recipe, refined_map=soft())
    whole = graph.value("margin")
    assert name in graph.runs
    assert not set(FILTERS) - {name} & set(graph.runs)
    assert graph.slicewise("margin")
    apart = Graph(recipe, graph.keys, "a", graph.scan, {}, ArrayCache())
    stack = Stack(4)
    stack.put(0, soft())
    apart.cache.put(apart.key("refined-map"), stack)
    np.testing.assert_array_equal(np.concatenate([apart.value("margin", z) for z in range(4)]), whole)
    assert (whole != graph_of(MIXED, refined_map=soft()).value("margin")).any()


@pytest.mark.parametrize(
    ("name", "knob", "value", "slicewise"),
    [
        ("clusters", "scope", "volume", False),
        ("centre", "depth", 0.5, False),
        ("islands", "mode", "3d", False),
        ("islands", "mode", "2d", True),
        ("holes", "mode", "3d", False),
        ("smooth", "mode", "3d", False),
        ("margin", "mode", "3d", False),
        ("midline", "centre", "organ", True),
    ],
)
def test_what_looks_at_the_volume_says_so(graph_of, name, knob, value, slicewise):
    recipe = filters_on(name).with_knobs(name, **{knob: value})
    graph = graph_of(recipe, refined_map=soft())
    assert graph.slicewise("margin") is slicewise
    np.testing.assert_array_equal(graph.value("margin", 1), graph.value("margin")[1:2])


def test_the_organ_is_found_once_for_all_who_ask(graph_of):
    recipe = filters_on("organ", "midline", midline__centre="organ")
    graph = graph_of(recipe, refined_map=soft())
    graph.value("margin", 2)
    graph.value("margin")
    assert graph.runs.count("organ-region") == 1
    assert graph.value("organ-region").shape == (4, 32, 40)
    moved = graph_of(recipe.with_knobs("refined", value=0.7), refined_map=soft())
    moved.value("margin")
    assert "organ-region" not in moved.runs


def test_links_count_only_while_they_are_used():
    assert set(MIXED.step("clusters").links()) == {"mask"}
    assert set(filters_on(clusters__choose="differential").step("clusters").links()) == {"mask", "classifier"}
    assert set(MIXED.step("midline").links()) == {"mask"}
    assert set(filters_on(midline__centre="organ").step("midline").links()) == {"mask", "region"}
    assert set(MIXED.step("islands").links()) == {"mask"}
    assert set(filters_on(islands__keep="most evidence").step("islands").links()) == {"mask", "evidence"}


def test_the_classifier_is_asked_about_slices_of_the_whole_scan(graph_of):
    asked = []

    def ask(regions, slices):
        asked.append((regions.shape, slices.tolist()))
        return -regions.sum(axis=(1, 2), dtype=np.float32)[:, None]  # the largest cluster counts as lesion

    graph = graph_of(
        filters_on("clusters", clusters__choose="differential", clusters__k=2), {"classifier": ask}, refined_map=soft()
    )
    graph.value("margin", 2)
    assert asked == [((2, 32, 40), [2, 2])]
    whole = graph.value("margin")
    assert sorted(z for _, slices in asked for z in slices) == [0, 0, 1, 1, 2, 2, 3, 3]
    before = graph_of(MIXED, refined_map=soft()).value("margin")
    kept, given = whole.sum(axis=(1, 2)), before.sum(axis=(1, 2))
    assert (kept * 2 >= given).all()
    assert (kept < given).all()


def test_nobody_to_ask_is_one_clear_error(graph_of):
    graph = graph_of(filters_on("clusters", clusters__choose="differential"), refined_map=soft())
    with pytest.raises(RecipeError, match=r"'clusters' needs 'classifier'.*switch 'clusters' off"):
        graph.value("margin")


def test_islands_with_most_evidence(graph_of):
    recipe = filters_on("islands", islands__keep="most evidence", islands__smallest=0)
    kept = graph_of(recipe, refined_map=soft()).value("margin")
    assert kept[1, 6:20, 8:24].all()
    assert not kept[1, 26:30, 30:34].any()


def test_two_models(graph_of):
    recipe = Recipe.parse(yaml.safe_load(TWO_MODELS))
    first, second = soft(1), np.roll(soft(2), 4, axis=-1)
    graph = graph_of(recipe, map_a=first, map_b=second)
    mask_a, mask_b = first[0] >= 0.5, second[0] >= 0.5
    np.testing.assert_array_equal(graph.value("margin"), mask_a & mask_b)
    np.testing.assert_allclose(graph.value("mean"), (first + second) / 2)
    np.testing.assert_array_equal(graph.value("mean-mask"), (first[0] + second[0]) / 2 >= 0.5)
    assert set(recipe.upstream("both")) >= {"classifier-a", "classifier-b", "maps-a", "maps-b"}
    either = graph_of(recipe.with_knobs("both", rule="or"), map_a=first, map_b=second)
    np.testing.assert_array_equal(either.value("margin"), mask_a | mask_b)
    assert either.runs == ["both"]
    smaller = graph_of(recipe.with_knobs("both", rule="<", scope="volume"), map_a=first, map_b=second)
    assert not smaller.slicewise("both")
    np.testing.assert_array_equal(smaller.value("both"), mask_a if mask_a.sum() <= mask_b.sum() else mask_b)


def test_a_recipe_of_two_models_survives_its_file(tmp_path):
    recipe = Recipe.parse(yaml.safe_load(TWO_MODELS))
    path = tmp_path / "two.yaml"
    path.write_text(recipe.to_yaml(), encoding="utf-8")
    assert Recipe.read(path) == recipe


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("masks: [mask-a, mask-b]", "masks: [mask-a]", "combining takes two or more"),
        ("masks: [mask-a, mask-b]", "masks: [mask-a, mask-c]", "both.masks.1 names 'mask-c'"),
        ("masks: [mask-a, mask-b]", "masks: [mask-a, map-b]", "needs a step that gives mask"),
        ("maps: [map-a, map-b]", "maps: [map-a]", "averaging takes two or more"),
        ("maps: [map-a, map-b]", "maps: [map-a, map-b], weights: [1.0]", "give one a map"),
        ("kind: margin-filter", "kind: cluster-filter, choose: differential", "needs the link 'classifier'"),
        ("kind: margin-filter", "kind: midline-filter, centre: organ", "needs the link 'region'"),
        ("kind: margin-filter", "kind: island-filter, keep: most evidence", "needs the link 'evidence'"),
    ],
)
def test_recipes_that_do_not_hold_together(old, new, complaint):
    assert old in TWO_MODELS
    with pytest.raises(RecipeError, match=complaint):
        Recipe.parse(yaml.safe_load(TWO_MODELS.replace(old, new)))


def test_every_knob_of_the_filters_is_explained():
    for name in (*FILTERS, "organ-region"):
        step: Step = MIXED.step(name)
        assert all(len(knob.help) > 15 for knob in step.knobs().values())


def test_the_skull_is_for_ct_alone(graph_of, workspace):
    filters = TWO_MODELS.replace(
        "kind: margin-filter, mask: both", "kind: organ-filter, mask: both, region: skull, on: true"
    )
    filters = filters.replace("  margin:", "  skull: {kind: skull-region}\n  margin:")
    recipe = Recipe.parse(yaml.safe_load(filters))
    with pytest.raises(RecipeError, match="skull removal is for CT"):
        graph_of(recipe, map_a=soft(), map_b=soft()).value("margin")
    recipe = recipe.with_knobs("slices", intensity="window")
    scan = load_scan(recipe, workspace, "a")
    head = np.full((4, 32, 40), -1000.0)
    head[:, 4:28, 4:36], head[:, 6:26, 6:34] = 900.0, 40.0
    ct = replace(scan, hounsfield=head)
    found = recipe.step("skull").compute({}, ct)
    assert found.tolist() == (head == 40).tolist()
    assert ct.cut(slice(1, 3)).hounsfield.tolist() == head[1:3].tolist()
    assert scan.hounsfield.tolist() == workspace.cases["a"].load().array[0].tolist()
