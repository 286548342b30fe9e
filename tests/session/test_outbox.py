"""Progress is thinned out; nothing else is, and the order stays."""

import io
import threading

import pytest

from napari_wsss.progress import Note, Progress, event_from_json
from napari_wsss.session.outbox import Outbox
from napari_wsss.session.protocol import decode


@pytest.fixture
def stream():
    return io.StringIO()


def sent(stream):
    return [decode(line) for line in stream.getvalue().splitlines()]


def events(stream):
    return [event_from_json(message["event"]) for message in sent(stream) if "event" in message]


def slow(stream):
    """Give an outbox that has just sent something and would wait an hour before it sends progress again."""
    outbox = Outbox(stream, interval=3600)
    outbox.event(1, Progress("opening", 1, 1))
    outbox.event(1, Note("open"))
    return outbox


def test_only_the_newest_progress_of_a_stage_travels(stream):
    outbox = slow(stream)
    for done in range(100):
        outbox.event(1, Progress("maps", done, 100))
    outbox.send({"call": 1, "result": None})
    assert events(stream)[2:] == [Progress("maps", 99, 100)]
    assert sent(stream)[-1] == {"call": 1, "result": None}


def test_a_new_stage_lets_the_last_of_the_old_one_go_first(stream):
    outbox = slow(stream)
    outbox.event(1, Progress("maps", 9, 9))
    outbox.event(1, Progress("propose", 0, 9))
    assert events(stream)[2:] == [Progress("maps", 9, 9)]


def test_other_figures_are_not_swallowed(stream):
    outbox = slow(stream)
    outbox.event(1, Progress("fit", 1, 9, values={"loss": 1.0, "val_dice": 0.5}))
    outbox.event(1, Progress("fit", 2, 9, values={"loss": 0.9}))
    assert events(stream)[2:] == [Progress("fit", 1, 9, values={"loss": 1.0, "val_dice": 0.5})]


def test_notes_keep_their_place(stream):
    outbox = slow(stream)
    outbox.event(1, Progress("maps", 1, 9))
    outbox.event(1, Note("one"))
    outbox.event(1, Note("two"))
    assert events(stream)[2:] == [Progress("maps", 1, 9), Note("one"), Note("two")]


def test_a_held_event_leaves_by_itself_after_the_interval(stream):
    class Signalling(io.StringIO):
        def flush(self):
            super().flush()
            if self.getvalue().count("\n") == 1:
                written.set()

    written = threading.Event()
    stream = Signalling()
    Outbox(stream, interval=0.001).event(1, Progress("maps", 1, 9))
    assert written.wait(20)
    assert events(stream) == [Progress("maps", 1, 9)]


def test_a_result_without_json_form_sends_nothing_of_it(stream):
    outbox = slow(stream)
    before = stream.getvalue()
    with pytest.raises(TypeError):
        outbox.send({"call": 1, "result": object()})
    assert stream.getvalue() == before
