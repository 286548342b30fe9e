"""The report of what was accepted: a picture of every case, its numbers, how it was made, by whom and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from napari_wsss.data.view import view_of
from napari_wsss.data.volume import Volume
from napari_wsss.edit.figure_rows import columns_of, figure_rows
from napari_wsss.edit.statistics import measure
from napari_wsss.errors import InputError
from napari_wsss.export.record import cleaned
from napari_wsss.progress import Note, Progress, Work, drain
from napari_wsss.report.content import ReportContent, Table
from napari_wsss.report.html import write_report
from napari_wsss.report.pictures import CasePictures, best_slice, compact, picture_case
from napari_wsss.session.names import Names
from napari_wsss.session.preferences import preferences
from napari_wsss.store.project import Project
from napari_wsss.store.provenance import versions
from napari_wsss.types import LabelMap

_SHOWN = ("case", "class", "lesion", "ml", "voxels", "area_mm2", "surface_mm2", "diameter_mm")
"""Columns of the numbers on the page; the CSV file has all of them."""


@dataclass
class _Pages:
    """What is gathered case by case."""

    pictures: list[CasePictures] = field(default_factory=list)
    numbers: list[dict[str, Any]] = field(default_factory=list)
    made: list[dict[str, Any]] = field(default_factory=list)
    settings: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def write_accepted_report(project: Project, path: Path, cases: Sequence[str] | None, names: Names) -> Work[Path]:
    """Write the report; see :meth:`napari_wsss.session.Session.report_accepted`.

    Raises:
        InputError: nothing is accepted yet.
        ProjectError: the file cannot be written.
    """
    asked = names.ordered(project.cases if cases is None else cases)
    wanted = [case_id for case_id in asked if project.accepted_path(case_id).is_file()]
    if not wanted:
        raise InputError(f"nothing to report: none of {len(asked)} cases is accepted yet.")
    pages = _Pages()
    for done, case_id in enumerate(wanted):
        yield Progress("report", done, len(wanted), names.case(case_id))
        try:
            _add(pages, project, case_id, names)
        except InputError as error:
            reason = "its scan or its mask cannot be read." if names.hidden else str(error)  # paths name people too
            pages.faults.append(f"{names.case(case_id)} is missing: {reason}")
            yield Note(f"Left out of the report: {case_id}. {error}", "warning")
    write_report(path, _content(project, pages, names))
    yield Progress("report", len(wanted), len(wanted))
    return path


def _add(pages: _Pages, project: Project, case_id: str, names: Names) -> None:
    mask, volume = project.accepted(case_id), project.load(case_id)
    if mask is None:
        return
    classes, name, made = project.labels.classes, names.case(case_id), project.accepted_provenance(case_id)
    figures = drain(measure(mask, volume.geometry, len(classes), volume))
    rows = figure_rows(figures, classes, volume.channels)
    slices = project.accepted_slices(case_id)
    words = "" if slices.all() else f"{slices.sum()} of {len(slices)} slices accepted"
    pages.numbers += [{"case": name, **row} for row in rows]
    pages.pictures.append(_picture(name, volume, mask, _caption(rows, made, words)))
    pages.made.append({"case": name, **_how(made, words, names)})
    _note_settings(pages, cleaned(made, {}) if names.hidden else made, name)


def _note_settings(pages: _Pages, made: Mapping[str, Any], name: str) -> None:
    """Note the settings of a case: with those before it that were made the same way, or by themselves."""
    facts = {key: made[key] for key in ("recipe", "step", "weights", "params") if key in made}
    for noted in pages.settings:
        if all(noted.get(key) == facts.get(key) for key in ("recipe", "step", "weights", "params")):
            noted["cases"].append(name)
            return
    pages.settings.append({"cases": [name], **facts})


def _picture(name: str, volume: Volume, mask: LabelMap, caption: str) -> CasePictures:
    """Draw the slice with most of the mask, as it is seen on the screen."""
    z, view = best_slice(mask), view_of(volume, preferences().convention)
    plane = view.apply(volume.array[:, z])
    drawn = picture_case(
        f"{name}, slice {z}" if len(mask) > 1 else name,
        plane.transpose(1, 2, 0) if volume.rgb else plane[0],
        masks={"Accepted mask": view.apply(mask[z])},
        pixel=view.scale(volume.geometry.spacing)[1:],
        caption=caption,
    )
    return compact(drawn)


def _caption(rows: Sequence[Mapping[str, Any]], made: Mapping[str, Any], words: str) -> str:
    volumes = [f"{row['class']} {row['ml']:.2f} ml" for row in rows if row["lesion"] == "all"]
    who = f"accepted by {made.get('by') or 'unknown'} on {str(made.get('time', 'unknown'))[:10]}"
    return "; ".join(part for part in (", ".join(volumes), who, words) if part)


def _how(made: Mapping[str, Any], words: str, names: Names) -> dict[str, Any]:
    """Give how a mask was made as a row."""
    weights = made.get("weights") or {}
    models = ", ".join(f"{name} {str(digest)[:12]}" for name, digest in weights.items())
    return {
        "accepted_by": made.get("by") or None,
        "time": made.get("time"),
        "recipe": made.get("recipe"),
        "step": made.get("step") or None,
        "models": models or None,
        "edits": names.text(_edits(made)),
        "slices": words or "all",
    }


def _edits(made: Mapping[str, Any]) -> str:
    """Say what a person did to it: "paint ×12, islands"."""
    counted: dict[str, int] = {}
    for edit in made.get("edits") or ():
        counted[str(edit["edit"])] = counted.get(str(edit["edit"]), 0) + int(edit.get("times", 1))
    told = ", ".join(name if times == 1 else f"{name} ×{times}" for name, times in counted.items())
    return told or ("by hand" if made.get("edited") else "none")


def _content(project: Project, pages: _Pages, names: Names) -> ReportContent:
    whole = [row for row in pages.numbers if row["lesion"] == "all"]
    lesions = len(pages.numbers) - len(whole)
    readers = sorted({str(row["accepted_by"]) for row in pages.made if row["accepted_by"]})
    columns = tuple(name for name in _SHOWN if name in columns_of(pages.numbers))
    one_class = len(project.labels.classes) == 1
    shown = tuple(name for name in columns if not (one_class and name == "class"))
    return ReportContent(
        title=f"{names.text(project.name)}: accepted masks",
        facts={
            "Accepted cases": len(pages.pictures),
            "Of all cases": len(project.cases),
            "Lesions": lesions,
            "Classes": ", ".join(project.labels.classes),
            "Accepted by": ", ".join(readers) or "unknown",
        },
        tables={
            "Numbers": Table(pages.numbers, "All: the class as a whole; then its lesions, the largest first.", shown),
            "How they were made": Table(pages.made, "Edits are those of a person after the step named."),
        },
        cases=pages.pictures,
        provenance={"made with": pages.settings, "versions": versions()},
        notes=[*_notes(names), *pages.faults],
    )


def _notes(names: Names) -> list[str]:
    side = "left" if preferences().convention == "radiological" else "right"
    called = (
        "Cases bear pseudonyms; which is whose is known to the project alone."
        if names.hidden
        else "Cases bear the names they have in the project: hand this page on only to those who may know them."
    )
    return [called, f"Pictures show the patient's right on the {side}, where the scan tells which side is which."]
