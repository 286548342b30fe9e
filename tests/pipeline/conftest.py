"""A small cohort on disk, and a workspace over it."""

from __future__ import annotations

import copy
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_wsss.data.cohort import scan_cohort
from napari_wsss.data.labels import LabelTable
from napari_wsss.data.masks import read_mask, write_mask
from napari_wsss.files import read_yaml, write_yaml
from napari_wsss.pipeline.workspace import Workspace
from napari_wsss.progress import drain

sys.path.insert(0, str(Path(__file__).parent))  # other_values.py

SUBSETS = {"a": "train", "b": "train", "c": "val"}
DEPTH = 4


class FolderMasks:
    """Masks in a plain folder, as the pipeline asks for them."""

    def __init__(self, folder: Path, cases: Mapping[str, Any]) -> None:
        self.folder, self.cases = folder, cases

    def write(self, kind, case_id, mask, provenance):
        path = self.folder / kind / f"{case_id}.nii.gz"
        write_mask(mask, self.cases[case_id].geometry, path)
        write_yaml(path.with_name(f"{case_id}.yaml"), dict(provenance))
        return path

    def read(self, kind, case_id):
        path = self.folder / kind / f"{case_id}.nii.gz"
        return read_mask(path)[0] if path.exists() else None

    def key(self, kind, case_id):
        path = self.folder / kind / f"{case_id}.yaml"
        return read_yaml(path)["key"] if path.exists() else None


class DictAccepted:
    """Accepted masks held in a dictionary: case → (mask, slices)."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def mask(self, case_id):
        return self.kept[case_id][0] if case_id in self.kept else None

    def slices(self, case_id):
        return self.kept[case_id][1] if case_id in self.kept else np.zeros(DEPTH, dtype=bool)

    def digest(self, case_id):
        return str(hash(self.kept[case_id][0].tobytes())) if case_id in self.kept else ""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Three 2-channel cases of 4 slices, 32×40; slices 1 and 2 hold a bright square and are labelled so."""
    return make_workspace(tmp_path)


@pytest.fixture(scope="session")
def new_workspace():
    """Give a function that makes such a workspace in a folder, for a training that several tests look at."""
    return make_workspace


@pytest.fixture(scope="session")
def copied():
    """Give a function that copies a workspace, with all that was made in it, to a folder; a copy may be changed."""
    return copy_of


def copy_of(workspace: Workspace, folder: Path) -> Workspace:
    for name in ("cache", "models", "masks"):
        shutil.copytree(workspace.models.with_name(name), folder / name)
    labels, masks = copy.deepcopy(workspace.labels), FolderMasks(folder / "masks", workspace.cases)
    own = {"cache": folder / "cache", "models": folder / "models"}
    return replace(workspace, labels=labels, masks=masks, accepted=DictAccepted(), **own)


def make_workspace(folder: Path) -> Workspace:
    import nibabel as nib

    rng = np.random.default_rng(0)
    for channel in ("t1", "t2"):
        (folder / channel).mkdir()
        for case_id in SUBSETS:
            scan = rng.normal(100, 5, (40, 32, DEPTH))
            scan[10:20, 8:16, 1:3] += 100
            image = nib.Nifti1Image(scan.astype(np.float32), np.diag([1.0, 1.0, 3.0, 1.0]))
            nib.save(image, folder / channel / f"{case_id}.nii.gz")
    found = drain(scan_cohort(None, {"t1": folder / "t1", "t2": folder / "t2"}))
    cases = {case.id: case.replace(subset=SUBSETS[case.id]) for case in found}
    labels = LabelTable.empty(("lesion",), dict.fromkeys(cases, DEPTH))
    for case_id in cases:
        labels.set(case_id, "lesion", 0, [0, 3])
        labels.set(case_id, "lesion", 1, [1, 2])
    return Workspace(
        cases, labels, FolderMasks(folder / "masks", cases), DictAccepted(), folder / "cache", folder / "models"
    )
