"""The worker's loop, in this process: what it answers to calls, cancels and the end of its input."""

import io
import threading

import pytest

from napari_wsss.errors import InputError
from napari_wsss.progress import Note
from napari_wsss.session import worker
from napari_wsss.session.outbox import Outbox
from napari_wsss.session.protocol import decode, encode


@pytest.fixture(autouse=True)
def last_resort(monkeypatch):
    """Remember the timer that would end this process, instead of starting it."""
    timers = []

    class Timer:
        def __init__(self, *arguments, **_):
            timers.append(arguments)

        def start(self):
            timers.append("started")

    monkeypatch.setattr(threading, "Timer", Timer)
    return timers


def answers(messages, tasks):
    """Serve all messages, and give what was answered."""
    stream = io.StringIO()

    class Held(worker.Desk):
        """Serves what was put in before the end of the input counts."""

        def next_call(self):
            return self._calls.get()

        def should_stop(self, call):
            return call in self._cancelled

    desk = Held()
    desk.listen(io.StringIO("".join(map(encode, messages))))
    worker.serve(desk, Outbox(stream), lambda: tasks)
    return [decode(line) for line in stream.getvalue().splitlines()]


def add(a, b):
    yield Note("adding")
    return a + b


def refuse():
    yield Note("reading")
    raise InputError("scan.nii: no image.")


def test_calls_are_answered_in_order():
    calls = [{"call": n, "task": "add", "arguments": {"a": n, "b": 1}} for n in (1, 2)]
    assert [answer["result"] for answer in answers(calls, {"add": add}) if "result" in answer] == [2, 3]


def test_events_come_before_the_result():
    first, second = answers([{"call": 7, "task": "add", "arguments": {"a": 1, "b": 2}}], {"add": add})
    assert first == {"call": 7, "event": {"event": "note", "text": "adding", "level": "info"}}
    assert second == {"call": 7, "result": 3}


def test_an_error_does_not_end_the_loop():
    calls = [
        {"call": 1, "task": "refuse", "arguments": {}},
        {"call": 2, "task": "add", "arguments": {"a": 1, "b": 2}},
    ]
    told = answers(calls, {"add": add, "refuse": refuse})
    assert {"call": 1, "error": {"kind": "InputError", "text": "scan.nii: no image."}} in told
    assert told[-1] == {"call": 2, "result": 3}


def test_a_cancelled_call_is_not_begun_and_said_so():

    def endless():
        while True:
            yield Note("still here")

    told = answers([{"cancel": 1}, {"call": 1, "task": "endless", "arguments": {}}], {"endless": endless})
    assert told == [{"call": 1, "cancelled": True}]


def test_nobody_left_stops_everything(last_resort):
    desk = worker.Desk()
    desk.listen(io.StringIO(""))
    assert desk.next_call() is None
    assert desk.should_stop(1)
    assert last_resort[0][0] == worker.ORPHAN_SECONDS
    assert last_resort[1] == "started"


def test_table_of_tasks_is_imported_by_name():
    tasks = worker.load_tasks(worker.DEFAULT_TASKS)
    assert {"run", "evaluate", "networks"} <= set(tasks)
