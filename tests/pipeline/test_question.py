"""How a graph gets from slices to volumes: no slice twice, on several threads, given up half-way, in bounded memory."""

import random
import threading

import numpy as np
import pytest
from counting import BEFORE, CALLS, DEPTH, SHAPE, counting_recipe, counting_roots, counting_scan

from napari_wsss.errors import Cancelled, RecipeError
from napari_wsss.pipeline.cache import ArrayCache
from napari_wsss.pipeline.graph import Graph
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.stack import Stack

ALL_ON = {"flip": True, "largest": True, "last": True}


@pytest.fixture(autouse=True)
def fresh():
    CALLS.clear()
    yield
    CALLS.clear()
    BEFORE.clear()


@pytest.fixture
def graph_of(workspace):
    """Make graphs over one scan and one cache."""
    scan, roots, cache = counting_scan(), counting_roots(), ArrayCache()

    def make(recipe, **more) -> Graph:
        keys = Keys(recipe, workspace, {"maps": "made once"})
        return Graph(recipe, keys, "a", scan, roots, more.pop("cache", cache), **more)

    return make


def slices_run(step):
    return sorted(z for name, first, count in CALLS if name == step for z in range(first, first + count))


def by_hand(recipe):
    mask = (counting_scan().image[0] * np.float32(recipe.step("soft").gain) >= recipe.step("cut").value).astype(
        np.uint8
    )
    if recipe.step("flip").on:
        mask = mask * np.uint8(recipe.step("flip").label)
    if recipe.step("largest").on:
        counts = (mask > 0).sum(axis=(1, 2))
        mask = mask * (counts == counts.max())[:, None, None].astype(np.uint8)
    return (mask > 0) * np.uint8(recipe.step("last").label) if recipe.step("last").on else mask


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("on", [{}, {"flip": True}, ALL_ON], ids=["off", "slicewise", "volume"])
def test_the_volume_is_right_and_no_slice_runs_twice(graph_of, threads, on):
    recipe = counting_recipe(**on)
    graph = graph_of(recipe, threads=threads)
    np.testing.assert_array_equal(graph.value("last"), by_hand(recipe))
    for step in ("soft", "cut", *(name for name in on if name != "largest")):
        assert slices_run(step) == list(range(DEPTH))
    assert [call for call in CALLS if call[0] == "kernel"] == [("kernel", 0, DEPTH)]
    assert graph.runs == ["soft", "kernel", "cut", *on]


def test_slices_seen_before_are_not_computed_again_for_the_volume(graph_of):
    recipe = counting_recipe(flip=True)
    graph = graph_of(recipe, threads=2)
    for z in (3, 20, 36, 3):
        np.testing.assert_array_equal(graph.value("last", z), by_hand(recipe)[z : z + 1])
    assert slices_run("cut") == [3, 20, 36]
    np.testing.assert_array_equal(graph.value("last"), by_hand(recipe))
    assert slices_run("cut") == slices_run("soft") == slices_run("flip") == list(range(DEPTH))
    CALLS.clear()
    graph.value("last", 7)
    graph.value("cut")
    assert CALLS == []


def test_a_slice_of_a_volume_wide_step_needs_the_volume_once(graph_of):
    recipe = counting_recipe(**ALL_ON)
    graph = graph_of(recipe)
    assert not graph.slicewise("last")
    assert graph.slicewise("flip")
    assert not graph.at_hand("last", 4)
    assert not graph.quick("last", 4)
    assert graph.quick("flip", 4)
    np.testing.assert_array_equal(graph.value("last", 4), by_hand(recipe)[4:5])
    assert slices_run("largest") == list(range(DEPTH))
    assert slices_run("last") == [4]
    assert graph.at_hand("largest")
    assert graph.quick("last", 5)
    CALLS.clear()
    graph.value("last", 5)
    graph.value("last", 5)
    assert CALLS == [("last", 5, 1)], "what comes behind it runs on the slice alone"


def test_a_step_that_is_stopped_leaves_what_was_done(graph_of):
    recipe, asked = counting_recipe(), []

    def stop():
        asked.append(len(CALLS))
        return len(CALLS) >= 6

    graph = graph_of(recipe, threads=1)
    with pytest.raises(Cancelled, match="no longer wanted"):
        graph.value("last", stop=stop)
    assert asked == list(range(7)), "asked before each run"
    done = slices_run("cut")
    assert 0 < len(done) < DEPTH
    assert all(graph.at_hand("last", z) for z in done)
    CALLS.clear()
    np.testing.assert_array_equal(graph.value("last"), by_hand(recipe))
    assert slices_run("cut") == [z for z in range(DEPTH) if z not in done]


def test_a_stop_on_two_threads_ends_both(graph_of):
    graph = graph_of(counting_recipe(), threads=2)
    with pytest.raises(Cancelled):
        graph.value("last", stop=lambda: len(CALLS) >= 4)
    assert len(CALLS) <= 6
    np.testing.assert_array_equal(graph.value("last"), by_hand(counting_recipe()))
    assert slices_run("soft") == list(range(DEPTH))


def test_two_threads_work_side_by_side(graph_of):
    meeting = threading.Barrier(2, timeout=30)
    met = []

    def meet(name):
        if name == "soft" and len(met) < 2:
            met.append(threading.get_ident())
            meeting.wait()

    BEFORE.append(meet)
    graph_of(counting_recipe(), threads=2).value("last")
    assert len(set(met)) == 2


def test_an_error_in_a_thread_comes_out_and_nothing_is_half_kept(graph_of):
    def fail(name):
        if name == "cut" and len(CALLS) > 5:
            raise RecipeError("no")

    BEFORE.append(fail)
    graph = graph_of(counting_recipe(), threads=2)
    with pytest.raises(RecipeError, match="no"):
        graph.value("last")
    BEFORE.clear()
    np.testing.assert_array_equal(graph.value("last"), by_hand(counting_recipe()))


def test_what_is_given_out_cannot_be_written_to(graph_of):
    graph = graph_of(counting_recipe())
    for z in (None, 2):
        with pytest.raises(ValueError, match="read-only"):
            graph.value("last", z)[:] = 9


def test_a_kernel_grows_in_the_cache_and_is_made_once(graph_of):
    cache = ArrayCache()
    graph = graph_of(counting_recipe(), cache=cache)
    graph.value("last", 0)
    before = cache.nbytes
    graph.value("cut", 1)
    slice_bytes = SHAPE[1] * SHAPE[2] * (4 + 1)
    assert cache.nbytes == before + slice_bytes + 8, "a soft slice, a mask slice and what the kernel grew by"
    graph.value("last")
    assert graph.runs == ["soft", "kernel", "cut", "soft", "cut", "soft", "cut"]


def test_a_mask_on_a_shelf_is_read_and_nothing_runs(graph_of):
    recipe, asked = counting_recipe(flip=True), []

    class Shelf:
        def __init__(self, key, mask):
            self.key, self.mask = key, mask

        def find(self, key):
            asked.append(key)
            return self.mask if key == self.key else None

    key = graph_of(recipe).key("last")
    planted = np.full(SHAPE, 2, np.uint8)
    graph = graph_of(recipe, cache=ArrayCache(), shelves=[Shelf("", None), Shelf(key, planted)])
    np.testing.assert_array_equal(graph.value("last", 3), planted[3:4])
    np.testing.assert_array_equal(graph.value("last"), planted)
    assert CALLS == []
    assert asked == [key, key]
    # Another knob, another key: computed.
    moved = recipe.with_knobs("flip", label=3)
    graph = graph_of(moved, cache=ArrayCache(), shelves=[Shelf(key, planted)])
    np.testing.assert_array_equal(graph.value("last"), by_hand(moved))
    # A filter behind it takes it for its volume, without what lies before.
    CALLS.clear()
    behind = recipe.with_knobs("largest", on=True)
    graph = graph_of(behind, cache=ArrayCache(), shelves=[Shelf(key, planted)])
    graph.value("last")
    assert {name for name, *_ in CALLS} == {"largest"}


def test_a_mask_of_another_shape_on_a_shelf_is_not_taken(graph_of):
    class Shelf:
        def find(self, _):
            return np.ones((2, 2, 2), np.uint8)

    recipe = counting_recipe()
    graph = graph_of(recipe, cache=ArrayCache(), shelves=[Shelf()])
    np.testing.assert_array_equal(graph.value("last"), by_hand(recipe))


def test_a_function_is_handed_on_and_one_that_is_missing_is_named(graph_of):
    graph = graph_of(counting_recipe())
    graph.roots = {}
    with pytest.raises(RecipeError, match="'soft' needs 'maps', which cannot be asked here"):
        graph.value("last", 0)
    with pytest.raises(RecipeError, match="'soft' needs 'maps'"):
        graph.value("last")


def test_a_step_that_gives_too_few_slices_is_named(graph_of, monkeypatch):
    recipe = counting_recipe(flip=True)
    monkeypatch.setattr(type(recipe.step("flip")), "compute", lambda *args: args[1]["mask"][:1])
    with pytest.raises(RecipeError, match="'flip' gave 1 slices for 8"):
        graph_of(recipe).value("last")


@pytest.mark.parametrize("limit", [0, 400, 3000, 12_000])
def test_memory_stays_bounded_and_answers_right_over_hundreds_of_moves(graph_of, limit):
    draw, cache = random.Random(limit), ArrayCache(limit)  # noqa: S311 (no secret)
    recipe, largest = counting_recipe(**ALL_ON), 0
    moves = [
        lambda: ("soft", {"gain": draw.choice([0.5, 1.0, 1.5])}),
        lambda: ("cut", {"value": draw.choice([0.2, 0.4, 0.6, 0.8])}),
        lambda: ("kernel", {"width": draw.randint(1, 5)}),
        lambda: ("flip", {"label": draw.randint(1, 3), "on": draw.random() < 0.7}),
        lambda: ("largest", {"on": draw.random() < 0.5}),
        lambda: ("last", {"on": draw.random() < 0.5}),
    ]
    for turn in range(400):
        step, knobs = draw.choice(moves)()
        recipe = recipe.with_knobs(step, **knobs)
        graph = graph_of(recipe, cache=cache, threads=2 if turn % 40 == 0 else 1)
        z = draw.choice([None, *range(0, DEPTH, 4)])
        answer = graph.value("last", z)
        expected = by_hand(recipe)
        np.testing.assert_array_equal(answer, expected if z is None else expected[z : z + 1])
        assert cache.nbytes <= limit
        largest = max(largest, cache.nbytes)
    assert largest >= limit / 2, "the cache is made use of"
    held = [value for value, _ in cache._arrays.values()]
    assert sum(value.nbytes for value in held) == cache.nbytes
    assert all(isinstance(value, Stack) or value.nbytes >= 0 for value in held)
