import threading

import pytest

from napari_wsss.pipeline.cases import each_case
from napari_wsss.progress import drain


def test_every_case_is_done_once_and_counted():
    seen, events = [], []
    drain(each_case("stage", ["a", "b", "c"], seen.append), events.append)
    assert sorted(seen) == ["a", "b", "c"]
    assert [(event.done, event.total) for event in events] == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_an_error_is_raised():
    def fail(case_id: str) -> None:
        raise ValueError(case_id)

    with pytest.raises(ValueError, match="only"):
        drain(each_case("stage", ["only"], fail))


def test_closing_cancels_what_has_not_begun(monkeypatch):
    monkeypatch.setattr("napari_wsss.pipeline.cases.cpu_count", lambda: 1)
    gate, seen = threading.Event(), []

    def wait(case_id: str) -> None:
        gate.wait(10)
        seen.append(case_id)

    work = each_case("stage", ["a", "b", "c"], wait)
    next(work)
    threading.Timer(0.05, gate.set).start()
    work.close()
    assert seen == ["a"]
