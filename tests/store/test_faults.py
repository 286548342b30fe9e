"""A disk that fails at any write: one clear error, every earlier file as it was or wholly new; the next try works."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from faulty_disk import FaultyDisk

from napari_wsss import files
from napari_wsss.data.cohort import Case
from napari_wsss.data.labels import LabelTable
from napari_wsss.edit.delta import Delta
from napari_wsss.edit.history import Edit, History, Record
from napari_wsss.errors import WsssError
from napari_wsss.progress import drain
from napari_wsss.session import Session
from napari_wsss.store.acceptance import parts
from napari_wsss.store.drafts import DraftShelf
from napari_wsss.store.project import Project

SHAPE = (4, 5, 6)
OLD, NEW = np.full(SHAPE, 1, np.uint8), np.full(SHAPE, 2, np.uint8)
FAULTS = [(errno.ENOSPC, False), (errno.ENOSPC, True), (errno.EROFS, True)]
Deed = Callable[[Project], object]


def draft(project: Project) -> None:
    """Begin a draft and add to it, as the window does; after a fault everything is written anew."""
    history = History()
    history.do(Edit("paint", Delta.between(OLD * 0, OLD)))
    journal = project.drafts.new("b", "proposal", {}, "anna")
    journal.begin(OLD, history)
    second = Edit("fill", Delta.between(OLD, NEW))
    try:
        journal.append(Record("do", second))
    finally:
        journal.close()


DEEDS: dict[str, Deed] = {
    "accept a slice": lambda project: project.accept("a", NEW, {"by": "anna"}, [1]),
    "accept the first time": lambda project: project.accept("b", NEW, {"by": "anna"}),
    "reject": lambda project: project.reject("a", "blurred"),
    "take back": lambda project: project.unaccept("a"),
    "label": lambda project: (project.labels.set("a", "bleed", 1), project.save_labels()),
    "settings": lambda project: (project.settings.update(recipe="new"), project.save()),
    "draft": draft,
    "discard a draft": lambda project: project.drafts.remove("a", 1),
    "export": lambda project: drain(Session(project).export(project.folder / "out", what="accepted")),
}


@pytest.fixture(autouse=True)
def swift(monkeypatch: pytest.MonkeyPatch) -> None:
    """Flush nothing: hundreds of small projects are written, and none has to outlive a power cut."""
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture
def home(project: Project) -> Path:
    """A closed project with something of everything in it."""
    project.accept("a", OLD, {"by": "ben"})
    project.accept("a", OLD, {"by": "ben"})
    project.save_labels()
    journal = project.drafts.new("a", "proposal", {}, "ben")
    journal.begin(OLD, History())
    journal.close()
    project.close()
    return project.folder


def contents(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def refused(deed: Callable[[], object]) -> str:
    """Do a deed; gives the error that a person is told, "" where it went through."""
    try:
        deed()
    except WsssError as error:
        return str(error)
    return ""


def faulty(deed: Deed, home: Path, code: int, *, lasting: bool) -> Iterator[tuple[Path, str, str]]:
    """Do a deed in copies of a project, the disk failing one call later each time, until it goes through untouched.

    Yields:
        The copy, what the person was told, and the name of the call that failed.
    """
    for nth in range(1, 400):
        copy = home.with_name("copy")
        shutil.copytree(home, copy)
        disk = FaultyDisk(nth, code, lasting=lasting)
        with Project.open(copy) as project:
            with disk.at_work():
                told = refused(partial(deed, project))
            if len(disk.calls) >= nth:
                yield copy, told, disk.calls[nth - 1]
                deed(project)  # the disk works again: so does the deed, with what is still in memory
        shutil.rmtree(copy)
        if len(disk.calls) < nth:
            assert told == ""
            return
    raise AssertionError("the deed never came to its end")


@pytest.mark.parametrize(("code", "lasting"), FAULTS)
@pytest.mark.parametrize("name", DEEDS)
def test_a_disk_that_fails_at_any_write(home: Path, name: str, code: int, lasting: bool) -> None:
    before, refusals = contents(home), 0
    for copy, told, call in faulty(DEEDS[name], home, code, lasting=lasting):
        after = contents(copy)
        if told:
            refusals += 1
            assert "\n" not in told
            assert any(words in told for words in ("No space left", "Read-only", "could not")), told
        if told and not lasting:
            assert {path: after.get(path) for path in before} == before, call
        with Project.open(copy, read_only=True) as project:
            check_whole(project)
    assert refusals > 0 or (code, name) == (errno.ENOSPC, "discard a draft")  # removing needs no space


def check_whole(project: Project) -> None:
    """Everything in it can be read, and every mask is an old or a new one."""
    project.states()
    for case_id in project.cases:
        shelves = [(project.accepted(case_id), project.accepted_provenance(case_id))]
        past = project.accepted_history(case_id)
        shelves += [(past.read(number), past.provenance(number)) for number in past.case_ids()]
        for mask, facts in shelves:
            if mask is not None:
                assert set(np.unique(mask)) <= {1, 2}
                assert parts(facts, 4) is not None
        for number in project.drafts.numbers(case_id):
            assert set(np.unique(project.drafts.read(case_id, number).mask)) <= {1, 2}


@pytest.mark.parametrize(("code", "lasting"), FAULTS)
def test_a_project_that_cannot_be_made_leaves_nothing_behind(tmp_path: Path, cohort: list[Case], code, lasting) -> None:
    labels = LabelTable.empty(["bleed"], {case.id: 4 for case in cohort})
    for nth in range(1, 100):
        folder, disk = tmp_path / f"new{nth}", FaultyDisk(nth, code, lasting=lasting)
        with disk.at_work():
            told = refused(partial(Project.create, folder, "New", cohort, labels))
        if told:
            assert "\n" not in told
            assert not (folder / "project.json").exists()
            assert code == errno.EROFS or not folder.exists() or contents(folder) == {}
        else:
            Project.open(folder, read_only=True)
        if len(disk.calls) < nth:
            assert nth > 5
            return
    raise AssertionError("a project was never made")


def test_what_a_dead_writer_left_is_swept_up_at_opening(home: Path) -> None:
    dead = [home / "accepted" / ".writing-999999999-x.nii.gz", home / ".writing-999999999-y.json"]
    for path in dead:
        path.write_bytes(b"half")
    with files.atomic_path(home / "labels.csv") as mine:
        mine.write_bytes((home / "labels.csv").read_bytes())
        with Project.open(home, read_only=True):
            assert all(path.exists() for path in dead)
        with Project.open(home):
            assert not any(path.exists() for path in dead)
            assert mine.exists()


def test_what_another_machine_may_still_be_writing_is_left_for_a_day(home: Path) -> None:
    young, old = (home / f".writing-999999999@elsewhere-{name}.json" for name in "xy")
    for path in (young, old):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 90_000,) * 2)
    Project.open(home).close()
    assert (young.exists(), old.exists()) == (True, False)


def test_a_draft_stays_until_its_mask_is_accepted(home: Path) -> None:
    def accept_draft(project: Project) -> None:
        Session(project).accept_draft("a")

    for copy, told, _ in faulty(accept_draft, home, errno.EROFS, lasting=True):
        shelf = DraftShelf(copy / "drafts")
        assert shelf.numbers("a") == [1] or not told
        if told:
            np.testing.assert_array_equal(shelf.read("a", 1).mask, OLD)
        else:
            shelf.new("a", "proposal", {}, "ben").begin(OLD, History())
