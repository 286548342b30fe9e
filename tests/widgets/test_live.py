"""Live tuning: which questions are answered, in which order, and what gives way to what."""

import threading
from types import MappingProxyType, SimpleNamespace

import numpy as np
import pytest

from napari_wsss.errors import Cancelled
from napari_wsss.widgets import _answering
from napari_wsss.widgets._answering import Visitor, answers
from napari_wsss.widgets._live import LiveTuning, _covers
from napari_wsss.widgets._map_on_desk import MapOnDesk
from napari_wsss.widgets._questions import Answer, Box, Failure, Question, Ready, Settled, Tray

SHAPE = (4, 3, 2)


class Steps:
    """A tuner whose mask is its knob everywhere; a preview is the knob plus 100."""

    has_maps = slicewise = True
    timings = MappingProxyType({})

    def __init__(self, *, quick=True, shows=True, before_volume=lambda: None):
        self.cut, self.is_quick, self.shows, self.before_volume = 0, quick, shows, before_volume
        self.kept = 0

    def set(self, _, value):
        if value < 0:
            raise ValueError("negative")
        self.cut = value

    def quick(self, _):
        return self.is_quick

    def at_hand(self, z=None):  # noqa: ARG002
        return True

    def preview(self, _):
        return np.full(SHAPE[1:], self.cut + 100, np.uint8) if self.shows else None

    def evidence(self, z=None, stop=None):  # noqa: ARG002
        return np.zeros((1, *(SHAPE if z is None else SHAPE[1:])), np.float32)

    def mask(self, z=None, stop=lambda: False):
        if z is None:
            self.before_volume()
            if stop():
                raise Cancelled("no longer wanted")
        return np.full(SHAPE if z is None else SHAPE[1:], self.cut, np.uint8)

    def keep(self):
        self.kept += 1


@pytest.fixture
def box():
    return Box()


def ask(serial, tuner, z=1, visit=0, **knobs):
    return Question(serial, visit, lambda: tuner, z, {"cut": knobs} if knobs else {})


def heard(found):
    """Give (kind, slice, mask's value, preview) of what was answered."""
    return [
        (item.z, int(item.mask.max()), item.preview) if isinstance(item, Answer) else type(item).__name__
        for item in found
    ]


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch):
    monkeypatch.setattr(_answering, "KEEP_REST_SECONDS", 0.0)


def test_the_visible_slice_comes_before_the_volume(box):
    found = heard(Visitor(box).answer(ask(1, Steps(), value=3)))
    assert found == ["Ready", (1, 3, False), (None, 3, False), "Settled"]


def test_where_all_slices_are_seen_the_volume_comes_first(box):
    assert heard(Visitor(box).answer(ask(1, Steps(), z=None, value=3))) == ["Ready", (None, 3, False), "Settled"]


def test_a_preview_stands_in_for_a_slice_that_needs_the_volume(box):
    found = heard(Visitor(box).answer(ask(1, Steps(quick=False), value=3)))
    assert found == ["Ready", (1, 103, True), (None, 3, False), "Settled"]


def test_without_a_preview_the_volume_is_all_there_is(box):
    found = heard(Visitor(box).answer(ask(1, Steps(quick=False, shows=False), value=3)))
    assert found == ["Ready", (None, 3, False), "Settled"]


def test_a_newer_question_ends_the_volume(box):
    tuner = Steps()
    second = ask(2, tuner, value=7)
    tuner.before_volume = lambda: box.put(second)
    visitor = Visitor(box)
    assert heard(visitor.answer(ask(1, tuner, value=3))) == ["Ready", (1, 3, False)]
    tuner.before_volume = lambda: None
    assert heard(visitor.answer(box.take())) == [(1, 7, False), (None, 7, False), "Settled"]


def test_another_slice_asked_for_meanwhile_comes_first_and_the_volume_still_follows(box):
    tuner = Steps()
    tuner.before_volume = lambda: box.put(ask(2, tuner, z=3))
    visitor = Visitor(box)
    list(visitor.answer(ask(1, tuner, value=3)))
    tuner.before_volume = lambda: None
    assert heard(visitor.answer(box.take())) == [(3, 3, False), (None, 3, False), "Settled"]


def test_a_question_about_a_slice_that_is_current_is_settled_at_once(box):
    tuner, visitor = Steps(), Visitor(box)
    list(visitor.answer(ask(1, tuner, value=3)))
    assert heard(visitor.answer(ask(2, tuner, z=2))) == ["Settled"]


def test_what_is_settled_is_kept_only_when_nothing_more_is_asked(box):
    tuner = Steps()
    visitor = Visitor(box)
    list(visitor.answer(ask(1, tuner, value=3)))
    assert tuner.kept == 1
    for item in visitor.answer(ask(2, tuner, value=4)):
        if isinstance(item, Settled):
            box.put(ask(3, tuner, value=5))
    assert tuner.kept == 1


def test_moves_nobody_has_taken_yet_are_merged(box):
    tuner = Steps()
    box.put(ask(1, tuner, value=3))
    box.put(ask(2, tuner, z=2))
    question = box.take()
    assert (question.serial, question.z, question.knobs) == (2, 2, {"cut": {"value": 3}})


def test_the_volume_waits_until_the_window_has_drawn(box, monkeypatch):
    monkeypatch.setattr("napari_wsss.widgets._questions.DRAWING_SECONDS", 60.0)
    waiting = threading.Thread(target=lambda: found.append(box.rests_after_drawing(0.0)))
    found = []
    box.put(ask(1, Steps(), value=3))
    box.take()
    waiting.start()
    assert waiting.is_alive()
    box.drawn()
    waiting.join(10.0)
    assert found == [True]
    box.put(ask(2, Steps(), value=3))
    assert not box.rests_after_drawing(60.0), "a newer question is no rest"


def test_a_failure_is_told_and_settles_its_question(box):
    box.put(ask(1, Steps(), value=-1))
    found = answers(box)
    kinds = [type(next(found)) for _ in range(3)]
    assert kinds == [Ready, Failure, Settled]


def slice_of(z, serial=1, value=0, preview=False):
    return Answer(0, serial, z, np.zeros((1, 3, 2)), np.full((3, 2), value, np.uint8), {}, 0.0, preview)


def test_an_answer_makes_older_ones_of_its_slices_idle():
    assert _covers(slice_of(2, 2), slice_of(2, 1))
    assert not _covers(slice_of(2, 2), slice_of(1, 1))
    assert _covers(slice_of(None, 2), slice_of(1, 1))
    assert not _covers(slice_of(1, 2), slice_of(None, 1))
    assert not _covers(Settled(0, 2), slice_of(1, 1))


def test_the_tray_tells_that_an_answer_to_a_question_lies_there():
    tray = Tray()
    tray.lay(slice_of(1, serial=4))
    assert tray.wait(4, 0.0)
    assert not tray.wait(5, 0.0)
    assert [item.serial for item in tray.take()] == [4]
    assert tray.take() == []


@pytest.mark.usefixtures("qapp")
def test_a_quick_slice_is_shown_within_the_move():
    live, shown = LiveTuning(), []
    try:
        live.answered.connect(lambda answer: shown.append((answer.z, int(answer.mask.max()))))
        live.open(Steps, 1)
        live._tray.wait(live.asked, 10.0)
        live._collect()
        shown.clear()
        live.set("cut", {"value": 9}, 2)
        assert (2, 9) in shown or (None, 9) in shown or not live._glances
    finally:
        live.close()


class Layers(SimpleNamespace):
    """What a map is shown in."""

    def __init__(self):
        super().__init__(heat=np.zeros(SHAPE, np.float32), drawn=[])

    def show_map(self, heat, z=None):
        self.heat[slice(None) if z is None else z] = heat
        self.drawn.append(z)


def evidence(first, second):
    return np.stack([np.full(SHAPE, first, np.float32), np.full(SHAPE, second, np.float32)])


@pytest.fixture
def shown_map():
    made = MapOnDesk()
    made.show(Layers())
    return made


def give(shown_map, array, z=None):
    shown_map.take(Answer(0, 1, z, array, np.zeros(SHAPE, np.uint8), {}, 0.0))
    return shown_map._layers


def test_another_class_is_shown_also_in_slices_answered_since_the_volume(shown_map):
    give(shown_map, evidence(0.1, 0.2))
    layers = give(shown_map, evidence(0.3, 0.4)[:, 2], z=2)
    shown_map.choose(1)
    np.testing.assert_array_equal(layers.heat[:, 0, 0], np.float32([0.2, 0.2, 0.4, 0.2]))
    shown_map.choose(0)
    np.testing.assert_array_equal(layers.heat[:, 0, 0], np.float32([0.1, 0.1, 0.3, 0.1]))


def test_another_class_is_shown_before_the_first_volume(shown_map):
    layers = give(shown_map, evidence(0.3, 0.4)[:, 2], z=2)
    shown_map.choose(1)
    np.testing.assert_array_equal(layers.heat[:, 0, 0], np.float32([0, 0, 0.4, 0]))


def test_a_map_that_did_not_change_is_not_drawn_again(shown_map):
    array = evidence(0.1, 0.2)
    layers = give(shown_map, array.view())
    give(shown_map, array.view())
    give(shown_map, array[:, 3], z=3)
    assert layers.drawn == [None]
    give(shown_map, evidence(0.3, 0.4)[:, 2], z=2)
    give(shown_map, array.view())
    assert layers.drawn == [None, 2, None]
