"""Nothing foreign is overwritten, nothing half is left."""

import errno
import json
import os

import numpy as np
import pytest
from leaving import export, item_for, labels_of, write_scan

from napari_wsss import files
from napari_wsss.errors import ProjectError
from napari_wsss.export.folder import ExportFolder
from napari_wsss.export.nifti import Nifti
from napari_wsss.export.run import export_items
from napari_wsss.progress import drain


def left(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_what_an_export_leaves(tmp_path, case):
    out = tmp_path / "out"
    export([item_for(case)], Nifti(), out)
    assert left(out) == ["README.txt", "S001-1.json", "S001-1.nii.gz", "export.json"]
    assert "not for diagnosis" in (out / "README.txt").read_text().lower()
    record = json.loads((out / "S001-1.json").read_text())
    assert record["files"] == {"S001-1.nii.gz": files.file_digest(out / "S001-1.nii.gz")}


def test_an_export_replaces_what_an_earlier_one_left(tmp_path, case):
    out = tmp_path / "out"
    export([item_for(case, np.zeros((6, 5, 4), np.uint8))], Nifti(), out)
    before = (out / "S001-1.nii.gz").read_bytes()
    done = export([item_for(case)], Nifti(), out)
    assert not done.faults
    assert (out / "S001-1.nii.gz").read_bytes() != before
    record = json.loads((out / "S001-1.json").read_text())
    assert record["files"]["S001-1.nii.gz"] == files.file_digest(out / "S001-1.nii.gz")


@pytest.mark.parametrize("name", ["S001-1.nii.gz", "S001-1.json"])
def test_a_file_of_somebody_else_is_left_alone(tmp_path, case, name):
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_text("{}")
    done = export([item_for(case)], Nifti(), out)
    assert name in done.faults[0]
    assert "allow overwriting" in done.faults[0]
    assert left(out) == [name]
    assert (out / name).read_text() == "{}"
    assert not export([item_for(case)], Nifti(), out, overwrite=True).faults
    assert (out / name).read_bytes() != b"{}"


def test_a_mask_changed_after_the_export_is_left_alone(tmp_path, case):
    out = tmp_path / "out"
    (path,) = export([item_for(case)], Nifti(), out).paths
    path.write_bytes(b"corrected elsewhere")
    done = export([item_for(case)], Nifti(), out)
    assert "was changed since" in done.faults[0]
    assert path.read_bytes() == b"corrected elsewhere"


def test_a_readme_of_somebody_else_stays_without_a_word(tmp_path, case):
    out = tmp_path / "out"
    out.mkdir()
    (out / "README.txt").write_text("mine")
    assert not export([item_for(case)], Nifti(), out).faults
    assert (out / "README.txt").read_text() == "mine"


def test_two_cases_never_share_a_file(tmp_path, case):
    write_scan(tmp_path / "in" / "b.nii.gz")
    other = case.replace(id="b")
    done = export([item_for(case), item_for(other)], Nifti(), tmp_path / "out")
    assert done.names == ["S001-1"]
    assert "another case" in done.faults[0]
    assert done.faults[0].startswith("'b'")


def test_one_case_that_fails_does_not_stop_the_others(tmp_path, case):
    gone = case.replace(id="gone", channels={"image": tmp_path / "in" / "gone.nii.gz"})
    done = export([item_for(gone, name="S002-1"), item_for(case)], Nifti(), tmp_path / "out")
    assert done.names == ["S001-1"]
    assert len(done.faults) == 1
    assert "gone" in done.faults[0]


def test_stopping_leaves_whole_cases_only(tmp_path, case):
    other = case.replace(id="b")
    items = {case.id: item_for(case), "b": item_for(other, name="S002-1")}
    work = export_items([case, other], lambda one: items[one.id], Nifti(), ExportFolder(tmp_path / "out"), "NIfTI")
    next(work)
    next(work)
    work.close()
    assert left(tmp_path / "out") == ["S001-1.json", "S001-1.nii.gz"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize("call", ["os.fsync", "pathlib.Path.replace", "pathlib.Path.mkdir", "tempfile.mkdtemp"])
def test_a_disk_that_refuses_leaves_the_earlier_export_whole(tmp_path, case, monkeypatch, call, code):
    out = tmp_path / "out"
    export([item_for(case, labels_of(classes=1))], Nifti(), out)
    before = {name: (out / name).read_bytes() for name in left(out)}

    def refuse(*_args, **_more):
        raise OSError(code, "refused")

    monkeypatch.setattr(call, refuse)
    with pytest.raises(ProjectError, match=r"cannot be written \(refused\)"):
        export([item_for(case)], Nifti(), out)
    monkeypatch.undo()
    assert {name: (out / name).read_bytes() for name in left(out)} == before


def test_what_a_killed_export_left_is_swept_up_later(tmp_path, case):
    old, new = (tmp_path / "out" / f".writing-export-{name}" for name in ("old", "new"))
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "S001-1.nii.gz").write_bytes(b"half")
    os.utime(old, (0, 0))
    export([item_for(case)], Nifti(), tmp_path / "out")
    assert not old.exists()
    assert new.exists()  # of an export that may be running


def test_the_error_names_the_folder_and_not_the_one_aside(tmp_path, case):
    def full(_item, folder):
        with files.atomic_path(folder / "S001-1.nii.gz"):
            raise OSError(errno.ENOSPC, "No space left on device")

    kind = Nifti()
    kind.write = full
    with pytest.raises(ProjectError) as caught:
        export([item_for(case)], kind, tmp_path / "out")
    assert str(caught.value).startswith(f"{tmp_path / 'out' / 'S001-1.nii.gz'}: ")
    assert left(tmp_path / "out") == []


def test_a_folder_in_the_place_of_a_file_is_an_error(tmp_path, case):
    (tmp_path / "out" / "S001-1.nii.gz").mkdir(parents=True)
    assert "already" in export([item_for(case)], Nifti(), tmp_path / "out").faults[0]
    with pytest.raises(ProjectError):
        drain(export_items([case], item_for, Nifti(), ExportFolder(tmp_path / "in" / "Miller.nii.gz"), "NIfTI"))


def test_a_mask_of_another_scan_with_the_same_pseudonym_is_left_alone(tmp_path, case):
    out = tmp_path / "out"
    (path,) = export([item_for(case)], Nifti(), out).paths
    before = path.read_bytes()
    other = case.replace(digest="of another project")
    done = export([item_for(other, np.zeros((6, 5, 4), np.uint8))], Nifti(), out)
    assert "another scan" in done.faults[0]
    assert path.read_bytes() == before
    assert not export([item_for(other)], Nifti(), out, overwrite=True).faults
