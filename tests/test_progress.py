"""Events and the generators that yield them."""

import json

import numpy as np
import pytest

from napari_wsss.errors import InputError
from napari_wsss.progress import About, Note, Picture, Progress, drain, event_from_json, event_to_json, part_of, told_by

EVENTS = [
    Progress("maps", 3, 10, "case 3", {"loss": 0.5, "rate": 1e-4}),
    Progress("read", 0, 0),
    Note("offline: random weights", "warning"),
    Note("done"),
    Picture("fit", "/models/a/preview.png", "scan 3, slice 12"),
    About("fit", {"device": "CPU, 2 threads", "precision": "bf16"}),
]


@pytest.mark.parametrize("event", EVENTS)
def test_events_survive_json(event):
    assert event_from_json(json.loads(json.dumps(event_to_json(event)))) == event


def test_numpy_values_become_numbers():
    data = event_to_json(Progress("fit", 1, 2, values={"loss": np.float32(0.25)}))
    assert json.loads(json.dumps(data))["values"] == {"loss": 0.25}


def test_drain_gives_the_result_and_every_event():
    def work():
        yield from EVENTS
        return "result"

    heard = []
    assert drain(work(), heard.append) == "result"
    assert heard == EVENTS
    assert drain(work()) == "result"


def test_drain_lets_errors_through():
    def work():
        yield EVENTS[0]
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        drain(work())


def test_a_part_counts_on_from_what_was_done_before():
    def part():
        yield Progress("inner", 0, 4)
        yield Note("by the way")
        yield Progress("inner", 4, 4)
        return "result"

    heard = []
    assert drain(part_of(part(), "outer", 10, 20, "case 3"), heard.append) == "result"
    assert heard == [Progress("outer", 10, 20, "case 3"), Note("by the way"), Progress("outer", 14, 20, "case 3")]


def test_closing_a_part_closes_what_it_runs():
    closed = []

    def part():
        try:
            yield Progress("inner", 0, 4)
        finally:
            closed.append(True)

    work = part_of(part(), "outer", 0, 4)
    next(work)
    work.close()
    assert closed == [True]


def test_one_of_several_alike_is_told_by_its_name():
    closed = []

    def one():
        try:
            yield Progress("maps", 1, 2, "case 3", {"loss": 0.5})
            yield Note("by the way", "warning")
        finally:
            closed.append(True)
        return "result"

    heard = []
    assert drain(told_by(one(), "fold 2"), heard.append) == "result"
    assert heard == [
        Progress("fold 2: maps", 1, 2, "case 3", {"loss": 0.5}),
        Note("fold 2: by the way", "warning"),
    ]
    work = told_by(one(), "fold 2")
    next(work)
    work.close()
    assert closed == [True, True]


def test_an_error_of_one_of_several_says_of_which():
    def one():
        yield Progress("maps", 1, 2)
        raise InputError("no slice has a label.")

    with pytest.raises(InputError, match=r"^fold 2: no slice has a label\.$"):
        drain(told_by(one(), "fold 2"))
