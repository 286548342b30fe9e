"""A small cohort on disk, a project of it, and a disk that refuses to be written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from napari_wsss.data.cohort import Case
from napari_wsss.data.labels import LabelTable
from napari_wsss.data.volume import Geometry
from napari_wsss.store.project import Project

AFFINE = np.array([[-1.0, 0, 0, 5], [0, 2, 0, -3], [0, 0, 4, 1], [0, 0, 0, 1]])
SHAPE = (4, 5, 6)


def case_at(path: Path, case_id: str) -> Case:
    return Case(
        id=case_id,
        patient=case_id,
        subset="train",
        channels={"image": path},
        geometry=Geometry(SHAPE, AFFINE),
        channel_names=("image",),
        rgb=False,
        format="nifti",
        digest="0" * 64,
    )


@pytest.fixture
def cohort(tmp_path: Path) -> list[Case]:
    """Three scans, (Z, Y, X) = (4, 5, 6), outside the project folder."""
    folder = tmp_path / "scans"
    folder.mkdir()
    cases = []
    for case_id in ("a", "b", "c.v2"):
        image = nib.Nifti1Image(np.full(SHAPE[::-1], 7, np.uint8), AFFINE)
        image.set_sform(AFFINE, code=2)
        image.to_filename(folder / f"{case_id}.nii.gz")
        cases.append(case_at(folder / f"{case_id}.nii.gz", case_id))
    return cases


@pytest.fixture
def project(tmp_path: Path, cohort: list[Case]) -> Iterator[Project]:
    """An unlabelled project with two classes."""
    labels = LabelTable.empty(["bleed", "infarct"], {case.id: SHAPE[0] for case in cohort})
    with Project.create(tmp_path / "project", "Bleeds", cohort, labels) as made:
        yield made


@pytest.fixture
def mask() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 3, SHAPE).astype(np.uint8)


@pytest.fixture
def snapshot(tmp_path: Path) -> Callable[[], dict[str, bytes]]:
    """Content of every file below the project folder, the lock left out."""

    def take() -> dict[str, bytes]:
        files = (path for path in (tmp_path / "project").rglob("*") if path.is_file() and path.name != ".lock")
        return {path.as_posix(): path.read_bytes() for path in files}

    return take


Break = Callable[[str, int, int], None]


@pytest.fixture
def break_disk(monkeypatch: pytest.MonkeyPatch) -> Break:
    """Make the call number ``nth`` of os.replace or tempfile.mkstemp fail, once."""

    def break_it(function: str, code: int, nth: int) -> None:
        module = os if function == "replace" else tempfile
        real, calls = getattr(module, function), 0

        def fail(*arguments: object, **more: object) -> object:
            nonlocal calls
            calls += 1
            if calls == nth:
                raise OSError(code, os.strerror(code))
            return real(*arguments, **more)

        monkeypatch.setattr(module, function, fail)

    return break_it
