"""Write a simulated cohort: scans, reference masks, the label table and the split."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from napari_wsss.data.simulated.lesions import Kind
from napari_wsss.data.simulated.patient import KINDS, Patient, draw_patient, scanner_geometry
from napari_wsss.data.volume import Geometry
from napari_wsss.errors import InputError
from napari_wsss.files import atomic_path, write_text
from napari_wsss.progress import Note, Progress, Work
from napari_wsss.types import Array, LabelMap

DEMO_SHAPE = (30, 112, 96)
"""3.5 mm slices of 2.1 mm pixels: quick on two cores, and still a head."""

TINY_SHAPE = (7, 56, 48)
"""15 mm slices of 4.2 mm pixels, for tests."""

STAGE = "simulate"


def simulate_cohort(
    folder: Path, patients: int = 16, shape: tuple[int, int, int] = DEMO_SHAPE, classes: int = 1, seed: int = 0
) -> Work[dict[str, Any]]:
    """Make FLAIR-like heads with lesions, labelled per slice, and what is needed to score masks of them.

    Writes ``images/<patient>.nii.gz`` (int16), ``masks/<patient>.nii.gz`` (uint8, reference, c + 1 for
    class c), ``labels.csv`` (image, slice, one column per class; 1 where the reference shows the class in
    the slice) and ``split.csv`` (image, split, patient; 60/20/20). The same arguments give the same files.

    Args:
        folder: where to write; made if missing.
        patients: how many; every fourth has no lesion.
        shape: voxels along Z, Y, X over a fixed field of view of 105 × 235.2 × 201.6 mm.
        classes: 1 ("lesion", 20 … 50 mm) or 2 ("infarct", large; "bleed", small and bright).
        seed: patients of another seed are other people.

    Returns:
        paths "images", "masks", "labels", "split" as text, and "classes", the class names.

    Raises:
        InputError: an impossible size, or a folder that holds scans of something else.
        ProjectError: the folder cannot be written.
    """
    names = _class_names(classes)
    identities = [f"sim-{number:03d}" for number in range(1, patients + 1)]
    _check(Path(folder), identities, shape)
    geometry, kinds = scanner_geometry(shape), KINDS[names]
    yield Note("The simulated scans and lesions are made up from an average brain. They show no person.")
    present: dict[str, Array] = {}
    for number, identity in enumerate(identities):
        yield Progress(STAGE, number, patients, f"patient {number + 1} of {patients}")
        rng = np.random.default_rng([seed, number])
        patient = draw_patient(geometry, _kinds_of(number, kinds), rng)
        _write_patient(Path(folder), identity, patient, geometry)
        present[identity] = _slice_labels(patient.reference, classes)
    _write_tables(Path(folder), names, present)
    yield Progress(STAGE, patients, patients, "done")
    files = {"images": "images", "masks": "masks", "labels": "labels.csv", "split": "split.csv"}
    return {**{key: str(Path(folder) / name) for key, name in files.items()}, "classes": list(names)}


def _class_names(classes: int) -> tuple[str, ...]:
    for names in KINDS:
        if len(names) == classes:
            return names
    raise InputError(f"A simulated cohort has 1 or 2 classes, not {classes}.")


def _check(folder: Path, identities: Sequence[str], shape: tuple[int, int, int]) -> None:
    if len(identities) < 1 or shape[0] < 3 or min(shape[1:]) < 32:
        raise InputError(
            f"A simulated cohort needs at least 1 patient, 3 slices and 32 × 32 pixels; "
            f"got {len(identities)} patients of {shape[0]} slices of {shape[1]} × {shape[2]}."
        )
    ours = {f"{identity}.nii.gz" for identity in identities}
    foreign = [path.name for name in ("images", "masks") for path in folder.glob(f"{name}/*") if path.name not in ours]
    if foreign:
        raise InputError(f"{folder}: already holds other scans ({sorted(foreign)[0]}, …). Choose an empty folder.")


def _kinds_of(number: int, kinds: Sequence[Kind]) -> list[Kind | None]:
    """Choose which classes a patient shows: every fourth none; with two classes both, or one of them in turn."""
    if number % 4 == 3:
        return [None] * len(kinds)
    if len(kinds) == 1 or number % 4 == 0:
        return list(kinds)
    return [kind if index == number % 2 else None for index, kind in enumerate(kinds)]


def _slice_labels(reference: LabelMap, classes: int) -> Array:
    """Give (Z, C) int8: 1 where the slice shows the class."""
    return np.stack([(reference == index + 1).any(axis=(1, 2)) for index in range(classes)], axis=1).astype(np.int8)


def _write_patient(folder: Path, identity: str, patient: Patient, geometry: Geometry) -> None:
    _write_nifti(folder / "images" / f"{identity}.nii.gz", patient.scan, geometry)
    _write_nifti(folder / "masks" / f"{identity}.nii.gz", patient.reference, geometry)


def _write_nifti(path: Path, array: Array, geometry: Geometry) -> None:
    import nibabel as nib

    image = nib.Nifti1Image(np.ascontiguousarray(array.transpose(2, 1, 0)), geometry.affine)
    image.set_qform(geometry.affine, code="scanner")
    image.set_sform(geometry.affine, code="scanner")
    image.header.set_xyzt_units("mm")
    with atomic_path(path) as temporary:
        nib.save(image, temporary)


def _write_tables(folder: Path, names: Sequence[str], present: dict[str, Array]) -> None:
    rows = [
        f"{identity}.nii.gz,{index}," + ",".join(str(value) for value in row)
        for identity, labels in present.items()
        for index, row in enumerate(labels)
    ]
    write_text(folder / "labels.csv", "\n".join(["image,slice," + ",".join(names), *rows]) + "\n")
    subsets = zip(present, _subsets(len(present)), strict=True)
    lines = [f"{identity}.nii.gz,{subset},{identity}" for identity, subset in subsets]
    write_text(folder / "split.csv", "\n".join(["image,split,patient", *lines]) + "\n")


def _subsets(count: int) -> list[str]:
    """Split in order, 60/20/20; two patients or more leave at least one to validate on."""
    test = round(0.2 * count)
    val = max(test, min(1, count - 1))
    return ["train"] * (count - val - test) + ["val"] * val + ["test"] * test
