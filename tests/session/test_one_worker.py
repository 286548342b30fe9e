"""Two workers never write into one project at the same time."""

import subprocess
import sys

import pytest

from napari_wsss.progress import Note, Progress, drain
from napari_wsss.session.one_worker import wait_for_others
from napari_wsss.store.lock import LockedError

HOLD = """
import sys
from napari_wsss.progress import drain
from napari_wsss.session.one_worker import wait_for_others
from pathlib import Path
lock = drain(wait_for_others(Path(sys.argv[1])))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_free_project_is_taken_at_once(tmp_path):
    work = wait_for_others(tmp_path)
    with pytest.raises(StopIteration) as ended:
        next(work)
    ended.value.value.release()


def test_it_waits_until_the_other_has_ended(tmp_path):
    held = drain(wait_for_others(tmp_path))
    work = wait_for_others(tmp_path)
    assert isinstance(next(work), Note)
    assert isinstance(next(work), Progress)
    assert isinstance(next(work), Progress)
    held.release()
    drain(work).release()


def test_the_death_of_a_process_lets_the_next_one_in(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"held\n"
        work = wait_for_others(tmp_path)
        assert isinstance(next(work), Note)
        other.kill()
        drain(work).release()


def test_patience_ends(tmp_path):
    held = drain(wait_for_others(tmp_path))
    with pytest.raises(LockedError, match="is open for writing elsewhere"):
        drain(wait_for_others(tmp_path, patience=0.0))
    held.release()
