"""The project folder: made, opened, saved, refused."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from napari_wsss.data.cohort import Case
from napari_wsss.data.labels import LabelTable
from napari_wsss.errors import FaultsError, InputError, ProjectError
from napari_wsss.store.project import Project, is_project

Snapshot = Callable[[], dict[str, bytes]]


def labels_of(cases: list[Case]) -> LabelTable:
    return LabelTable.empty(["x"], {case.id: 4 for case in cases})


def test_what_is_saved_is_what_is_opened(project: Project, cohort: list[Case]) -> None:
    project.labels.set("a", "bleed", 1, [2])
    project.settings = {"recipe": "mixed-unet", "overrides": ["fit.epochs=3"], "note": (1, np.float32(2))}
    project.save_labels()
    project.save()
    project.close()
    with Project.open(project.folder) as opened:
        assert (opened.name, opened.created) == ("Bleeds", project.created)
        assert not opened.read_only
        assert list(opened.cases) == ["a", "b", "c.v2"]
        assert opened.case("a").to_json() == cohort[0].to_json()
        assert opened.labels.classes == ("bleed", "infarct")
        assert opened.labels.slice_labels("a")[:, 0].tolist() == [-1, -1, 1, -1]
        assert opened.settings == {"recipe": "mixed-unet", "overrides": ["fit.epochs=3"], "note": [1, 2.0]}


def test_a_project_is_plain_files(project: Project) -> None:
    assert sorted(path.name for path in project.folder.iterdir()) == [".lock", "labels.csv", "project.json"]
    assert is_project(project.folder)
    assert not is_project(project.folder.parent)
    folders = [project.models_folder, project.metrics_folder, project.cache_folder]
    assert [folder.name for folder in folders] == ["models", "metrics", "cache"]


def test_no_second_project_in_one_folder(project: Project, cohort: list[Case], snapshot: Snapshot) -> None:
    before = snapshot()
    with pytest.raises(ProjectError, match="holds a project already"):
        Project.create(project.folder, "again", cohort, labels_of(cohort))
    assert snapshot() == before


def test_a_table_of_the_persons_own_is_not_overwritten(tmp_path: Path, cohort: list[Case]) -> None:
    (tmp_path / "scans" / "labels.csv").write_text("mine")
    with pytest.raises(ProjectError, match=r"holds labels\.csv, which a project here would overwrite"):
        Project.create(tmp_path / "scans", "p", cohort, labels_of(cohort))
    assert (tmp_path / "scans" / "labels.csv").read_text() == "mine"


def test_cases_and_labels_must_belong_together(tmp_path: Path, cohort: list[Case]) -> None:
    with pytest.raises(InputError, match="at least one scan"):
        Project.create(tmp_path / "p", "p", [], labels_of(cohort))
    with pytest.raises(InputError, match="same name: a"):
        Project.create(tmp_path / "p", "p", [*cohort, cohort[0]], labels_of(cohort))
    with pytest.raises(InputError, match=r"not of the same cases: c\.v2"):
        Project.create(tmp_path / "p", "p", cohort, labels_of(cohort[:2]))
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize(("function", "code", "nth"), [("replace", 13, 1), ("replace", 28, 2), ("mkstemp", 30, 2)])
def test_a_project_that_cannot_be_made_leaves_no_half_of_it(  # noqa: PLR0917
    tmp_path: Path, cohort: list[Case], break_disk: Callable[..., None], function: str, code: int, nth: int
) -> None:
    break_disk(function, code, nth)
    with pytest.raises(ProjectError, match=os.strerror(code)):
        Project.create(tmp_path / "p", "p", cohort, labels_of(cohort))
    assert list((tmp_path / "p").iterdir()) == []
    Project.create(tmp_path / "p", "p", cohort, labels_of(cohort)).close()


def refuse(code: int) -> Callable[..., int]:
    def fail(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    return fail


def test_no_write_permission_is_clear_when_creating(
    tmp_path: Path, cohort: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("napari_wsss.store.lock.os.open", refuse(13))
    with pytest.raises(ProjectError, match=r"cannot be made here.*Permission denied.*you may write to") as caught:
        Project.create(tmp_path / "p", "p", cohort, labels_of(cohort))
    assert "\n" not in str(caught.value)


def test_a_folder_that_cannot_be_made_is_clear(tmp_path: Path, cohort: list[Case]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError, match="cannot be made"):
        Project.create(tmp_path / "file" / "p", "p", cohort, labels_of(cohort))


def test_no_write_permission_is_clear_at_the_first_write(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.close()
    monkeypatch.setattr("napari_wsss.store.lock.os.open", refuse(30))
    opened = Project.open(project.folder)
    assert opened.read_only
    assert "Read-only file system" in opened.read_only_reason
    for write in (opened.save, opened.save_labels, lambda: opened.reject("a"), lambda: opened.add_class("new")):
        with pytest.raises(ProjectError, match=r"Nothing was changed\. .*Read-only file system"):
            write()
    assert opened.labels.classes == ("bleed", "infarct")


@pytest.mark.parametrize(("function", "code"), [("replace", 13), ("mkstemp", 28), ("mkstemp", 30)])
def test_a_failed_save_harms_nothing(
    project: Project, snapshot: Snapshot, break_disk: Callable[..., None], function: str, code: int
) -> None:
    before = snapshot()
    project.settings["recipe"] = "other"
    break_disk(function, code, 1)
    with pytest.raises(ProjectError, match=rf"project\.json: cannot be written \({os.strerror(code)}\)"):
        project.save()
    assert snapshot() == before


def test_a_second_opener_may_only_look(project: Project) -> None:
    second = Project.open(project.folder)
    assert second.read_only
    assert str(os.getpid()) in second.read_only_reason
    assert second.states()["a"] == "unlabelled"
    with pytest.raises(ProjectError, match="open for writing elsewhere"):
        second.save()
    project.close()
    with Project.open(project.folder) as third:
        assert not third.read_only


def test_opening_to_look_takes_no_lock(project: Project) -> None:
    project.close()
    looking = Project.open(project.folder, read_only=True)
    with Project.open(project.folder) as writing:
        assert not writing.read_only
    with pytest.raises(ProjectError, match="for reading only"):
        looking.save()


def test_the_worker_writes_under_the_lock_of_its_session(project: Project, mask: np.ndarray) -> None:
    worker = Project.open(project.folder, lock=False)
    worker.write_proposal("crf", "a", mask, {"key": "k"})
    assert project.proposal_key("crf", "a") == "k"
    assert project.state("a") == "proposed"


def test_a_closed_project_writes_no_more(project: Project) -> None:
    project.close()
    project.close()
    with pytest.raises(ProjectError, match="was closed"):
        project.save()


def test_a_dropped_project_lets_go_of_its_lock(project: Project) -> None:
    project.close()
    dropped = Project.open(project.folder)
    del dropped
    with Project.open(project.folder) as opened:
        assert not opened.read_only


def test_a_damaged_project_opens_again_once_mended(project: Project) -> None:
    text = (project.folder / "labels.csv").read_text()
    project.close()
    (project.folder / "labels.csv").write_text("image,bleed,infarct\nghost,1,0\n")
    with pytest.raises(FaultsError, match="row 2: image 'ghost'"):
        Project.open(project.folder)
    (project.folder / "labels.csv").unlink()
    with pytest.raises(ProjectError, match=r"labels\.csv: is missing"):
        Project.open(project.folder)
    (project.folder / "labels.csv").write_text(text)
    with Project.open(project.folder) as opened:
        assert not opened.read_only


def test_classes_keep_their_index_whatever_a_spreadsheet_does(project: Project) -> None:
    project.close()
    (project.folder / "labels.csv").write_text("image,new,infarct,bleed\na,0,0,1\n")
    with Project.open(project.folder) as opened:
        assert opened.labels.classes == ("bleed", "infarct", "new")
        assert opened.labels.volume_labels("a").tolist() == [1, 0, 0]


def test_a_class_is_added_for_good(project: Project) -> None:
    project.add_class("tumour")
    project.close()
    with Project.open(project.folder) as opened:
        assert opened.labels.classes == ("bleed", "infarct", "tumour")


def test_reload_sees_what_another_process_wrote(project: Project) -> None:
    other = Project.open(project.folder, lock=False)
    other.labels.set("b", "infarct", 0)
    other.settings["recipe"] = "x"
    other.save_labels()
    other.save()
    project.reload()
    assert project.settings == {"recipe": "x"}
    assert project.labels.volume_labels("b").tolist() == [-1, 0]


def test_a_moved_scan_is_named_when_loaded_not_when_opened(project: Project) -> None:
    assert project.load("a").array.max() == 7
    assert project.load_reference("a") is None
    project.case("a").channels["image"].unlink()
    project.close()
    with Project.open(project.folder) as opened:
        with pytest.raises(InputError, match=r"Case 'a': its scan .*a\.nii\.gz is gone"):
            opened.load("a")
        assert opened.load("b").geometry.shape == (4, 5, 6)


def test_a_moved_reference_is_named_when_loaded(project: Project, tmp_path: Path) -> None:
    project.cases["a"] = project.case("a").replace(reference=tmp_path / "gone.nii.gz")
    with pytest.raises(InputError, match=r"Case 'a': its reference mask .*gone\.nii\.gz is gone"):
        project.load_reference("a")


def test_the_store_brings_neither_torch_nor_a_window() -> None:
    code = (
        "import sys, napari_wsss.store.project, napari_wsss.data.splits\n"
        "print([name for name in ('torch', 'monai', 'napari', 'qtpy', 'lightning') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
