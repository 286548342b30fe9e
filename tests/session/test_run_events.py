"""Events in a file: torn lines, growing files, what is left out of what went before."""

import errno
import os
from itertools import pairwise

from napari_wsss.progress import About, Note, Picture, Progress
from napari_wsss.session import run_events
from napari_wsss.session.outbox import Outbox
from napari_wsss.session.run_events import MOST, EventFile, EventReader, size_of, worth_telling


def tell(path, *events):
    file = EventFile(path)
    outbox = Outbox(file, 0.0)
    for event in events:
        outbox.event(1, event)
        outbox.flush()
    file.close()


def test_events_are_read_onwards_as_the_file_grows(tmp_path):
    path, reader = tmp_path / "events.jsonl", EventReader(tmp_path / "events.jsonl")
    assert reader.read() == []
    first = [Note("a"), Progress("train", 1, 2, values={"loss": 0.5}), About("train", {"device": "CPU"})]
    tell(path, *first)
    assert reader.read() == first
    assert reader.read() == []
    tell(path, Picture("train", "p.png", "a slice"))
    assert reader.read() == [Picture("train", "p.png", "a slice")]


def test_a_half_written_line_waits_for_its_end_or_is_closed_by_the_next(tmp_path):
    path = tmp_path / "events.jsonl"
    tell(path, Note("a"))
    reader = EventReader(path)
    with path.open("ab") as file:
        file.write(b'{"call": 1, "event": {"event": "no')
    assert reader.read() == [Note("a")]
    tell(path, Note("b"))
    assert reader.read() == [Note("b")], "the torn line is nobody's"


def test_reading_stops_where_it_is_told_to(tmp_path):
    path = tmp_path / "events.jsonl"
    tell(path, Note("a"))
    until = size_of(path)
    tell(path, Note("b"))
    reader = EventReader(path)
    assert reader.read(until) == [Note("a")]
    assert reader.read() == [Note("b")]


def test_a_full_disk_loses_lines_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "events.jsonl"
    file, write = EventFile(path), os.write

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(run_events.os, "write", full)
    file.write("lost\n")
    monkeypatch.setattr(run_events.os, "write", lambda handle, raw: write(handle, raw[:3]))
    file.write("torn\n")
    monkeypatch.setattr(run_events.os, "write", write)
    file.write("whole\n")
    file.close()
    assert path.read_text() == "tor\nwhole\n"


def test_earlier_events_are_thinned_evenly_and_keep_the_last():
    steps = [Progress("train", step, 9 * MOST, values={"loss": 1.0}) for step in range(9 * MOST)]
    epochs = [
        Progress("train", step, 9 * MOST, values={"loss": 1.0, "val_loss": 2.0}) for step in range(0, 9 * MOST, 99)
    ]
    told = worth_telling([Note("hello"), *steps[:-1], *epochs, About("train", {}), steps[-1]])
    of_steps = [event for event in told if isinstance(event, Progress) and len(event.values) == 1]
    assert len(of_steps) == MOST
    assert of_steps[-1] == steps[-1]
    assert {b.done - a.done for a, b in pairwise(of_steps)} == {9}
    assert [event for event in told if isinstance(event, Progress) and len(event.values) == 2] == epochs
    assert not any(isinstance(event, Note) for event in told)
    assert About("train", {}) in told
