"""An older project: read as it is, brought up to date at the first write, after a backup."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from napari_wsss.errors import ProjectError
from napari_wsss.store.manifest import SCHEMA
from napari_wsss.store.project import Project


@pytest.fixture
def old(project: Project) -> Path:
    """A closed project as schema 1 wrote it: without pseudonyms."""
    project.close()
    path = project.folder / "project.json"
    data = json.loads(path.read_text())
    del data["pseudonyms"]
    path.write_text(json.dumps(data | {"schema": 1}))
    return project.folder


def contents(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_looking_changes_nothing(old: Path) -> None:
    before = contents(old)
    with Project.open(old) as project:
        assert project.states() == dict.fromkeys(("a", "b", "c.v2"), "unlabelled")
    with Project.open(old, read_only=True) as project:
        assert sorted(project.pseudonym(case_id)[:4] for case_id in project.cases) == ["S001", "S002", "S003"]
    assert contents(old) == before


def test_the_first_write_backs_up_and_migrates(old: Path, mask: np.ndarray) -> None:
    before = contents(old)
    with Project.open(old) as project:
        project.accept("a", mask, {})
        names = {case_id: project.pseudonym(case_id) for case_id in project.cases}
        project.accept("b", mask, {})
    after = contents(old)
    (copies,) = (old / "backups").iterdir()
    assert copies.name.startswith("schema-1-")
    assert contents(copies) == {name: before[name] for name in ("project.json", "labels.csv")}
    assert json.loads(after["project.json"])["schema"] == SCHEMA
    assert after["labels.csv"] == before["labels.csv"]
    with Project.open(old) as project:
        assert {case_id: project.pseudonym(case_id) for case_id in project.cases} == names
        assert project.accepted_slices("a").all()


@pytest.mark.parametrize("write", ["label", "settings", "pseudonym", "reject"])
def test_every_kind_of_write_migrates(old: Path, write: str) -> None:
    writes: dict[str, Callable[[Project], object]] = {
        "label": lambda project: project.save_labels(),
        "settings": lambda project: project.save(),
        "pseudonym": lambda project: project.pseudonym("a"),
        "reject": lambda project: project.reject("a"),
    }
    with Project.open(old) as project:
        writes[write](project)
    assert len(list((old / "backups").iterdir())) == 1
    assert json.loads((old / "project.json").read_text())["schema"] == SCHEMA


def test_reading_again_keeps_the_names_drawn(old: Path) -> None:
    with Project.open(old, lock=False) as worker, Project.open(old) as project:
        drawn = project._pseudonyms
        project.reload()
        assert project._pseudonyms == drawn
        worker.check_writable()  # the worker writes under the session's lock, and leaves this to it
        assert json.loads((old / "project.json").read_text())["schema"] == 1
        project.save()
        worker.reload()
        assert worker.pseudonym("b") == drawn["b"]


@pytest.mark.parametrize(("function", "nth"), [("mkstemp", 1), ("mkstemp", 2), ("mkstemp", 3), ("replace", 3)])
def test_a_full_disk_leaves_the_old_project(
    old: Path, mask: np.ndarray, break_disk: Callable[[str, int, int], None], function: str, nth: int
) -> None:
    before = contents(old)
    with Project.open(old) as project:
        break_disk(function, 28, nth)
        with pytest.raises(ProjectError, match="No space left"):
            project.accept("a", mask, {})
        after = contents(old)
        assert {name: after[name] for name in before} == before
        project.accept("a", mask, {})
    with Project.open(old, read_only=True) as project:
        assert project.state("a") == "accepted"


def test_a_new_project_has_no_backup(project: Project) -> None:
    project.save()
    assert not (project.folder / "backups").exists()
