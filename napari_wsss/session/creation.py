"""Making a project folder from scans and labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from napari_wsss.data.cohort import file_names, scan_cohort
from napari_wsss.data.labels import LabelTable
from napari_wsss.data.splits import assign_subsets, read_patients
from napari_wsss.errors import InputError, ProjectError
from napari_wsss.progress import Note, Work
from napari_wsss.store.project import Project, is_project


def create_project(
    folder: Path,
    *,
    images: Path | None,
    channels: Mapping[str, Path] | None,
    labels: Path | None,
    split: Path | None,
    reference: Path | None,
    patient_regex: str | None,
    classes: Sequence[str] | None,
    name: str | None,
) -> Work[Project]:
    """Make a project folder; arguments and errors as :meth:`napari_wsss.session.Session.create`."""
    if (images is None) == (not channels):
        raise InputError("give either --images or --channel: one folder of scans, or one folder per channel.")
    if is_project(folder):
        raise ProjectError(f"{folder}: holds a project already. Open it, or give another folder.")
    cases = yield from scan_cohort(images, channels, reference)
    depths = {case.id: case.geometry.shape[0] for case in cases}
    if labels is None:
        table = LabelTable.empty(tuple(classes or ("lesion",)), depths)
    else:
        table = LabelTable.read(labels, depths, file_names(cases), classes)
    patients = read_patients(labels, cases) if labels is not None else {}
    cases = assign_subsets(cases, split=split, patient_regex=patient_regex, patients=patients)
    for case in cases:
        for warning in case.warnings:
            yield Note(f"{case.id}: {warning}", "warning")
    return Project.create(folder, name or folder.name, cases, table)
