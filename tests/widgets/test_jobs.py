import threading

import pytest

from napari_wsss.errors import Cancelled
from napari_wsss.progress import Note, Progress
from napari_wsss.widgets._jobs import Job, work_of


def record(job):
    heard = []
    job.progress.connect(heard.append)
    job.note.connect(heard.append)
    job.returned.connect(lambda result: heard.append(("returned", result)))
    job.errored.connect(lambda error: heard.append(("errored", error)))
    job.cancelled.connect(lambda: heard.append("cancelled"))
    job.finished.connect(lambda: heard.append("finished"))
    return heard


def test_events_and_result_arrive_in_order(qtbot):
    def work():
        yield Progress("a", 0, 2)
        yield Note("mind")
        yield Progress("a", 1, 2)
        return 42

    job = Job(work())
    heard = record(job)
    with qtbot.waitSignal(job.finished):
        job.start()
    assert heard == [Progress("a", 0, 2), Note("mind"), Progress("a", 1, 2), ("returned", 42), "finished"]
    assert not job.running


@pytest.mark.parametrize("kind", [RuntimeError, ValueError, StopAsyncIteration, MemoryError])
def test_an_error_is_reported_and_the_job_still_finishes(qtbot, kind):
    def work():
        yield Progress("a", 0, 2)
        raise kind("shape mismatch")

    job = Job(work())
    heard = record(job)
    with qtbot.waitSignal(job.finished):
        job.start()
    assert heard[0] == Progress("a", 0, 2)
    assert heard[1][0] == "errored"
    assert isinstance(heard[1][1], kind)
    assert heard[2:] == ["finished"]


def test_cancel_runs_the_finally_in_the_workers_thread_before_finished(qtbot):
    closed_in = []
    going = threading.Event()

    def work():
        try:
            while True:
                going.set()
                yield Progress("train", 0, 0)
        finally:
            closed_in.append(threading.current_thread())

    job = Job(work())
    heard = record(job)
    job.finished.connect(lambda: heard.append(len(closed_in)))
    job.start()
    assert going.wait(5)
    with qtbot.waitSignal(job.finished):
        job.cancel()
    assert closed_in[0] is not threading.main_thread()
    assert [item for item in heard if not isinstance(item, Progress)] == ["cancelled", "finished", 1]


def test_an_error_while_cleaning_up_is_reported(qtbot):
    going = threading.Event()

    def work():
        try:
            while True:
                going.set()
                yield Progress("train", 0, 0)
        finally:
            raise OSError("disk full")

    job = Job(work())
    heard = record(job)
    job.start()
    assert going.wait(5)
    with qtbot.waitSignal(job.finished):
        job.cancel()
    last = [item for item in heard if not isinstance(item, Progress)]
    assert last[0][0] == "errored"
    assert last[1:] == ["finished"]


def test_work_that_says_it_was_cancelled_counts_as_cancelled(qtbot):
    def work():
        yield Progress("a", 0, 1)
        raise Cancelled("stopped")

    job = Job(work())
    heard = record(job)
    with qtbot.waitSignal(job.finished):
        job.start()
    assert heard[1:] == ["cancelled", "finished"]


def test_a_job_cancelled_before_its_first_step_does_nothing(qtbot):
    ran = []

    def work():
        ran.append(1)
        yield Progress("a", 0, 1)

    job = Job(work())
    job.cancel()
    with qtbot.waitSignals([job.cancelled, job.finished]):
        job.start()
    assert ran == []


def test_a_plain_call_becomes_work(qtbot):
    job = Job(work_of(divmod, 7, 2))
    with qtbot.waitSignal(job.returned) as result:
        job.start()
    assert result.args == [(3, 1)]
    qtbot.waitUntil(lambda: not job.running)
