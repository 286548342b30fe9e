"""Statistics of a project's masks as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from napari_wsss.data.volume import Volume
from napari_wsss.edit.figure_rows import figure_rows
from napari_wsss.edit.statistics import measure
from napari_wsss.errors import InputError
from napari_wsss.progress import Note, Progress, Work, telling
from napari_wsss.session.kept_masks import MaskSource
from napari_wsss.session.names import Names
from napari_wsss.store.project import Project
from napari_wsss.types import LabelMap


def project_numbers(
    project: Project, source: MaskSource, cases: Sequence[str] | None, names: Names
) -> Work[list[dict[str, Any]]]:
    """Measure the masks of a project; see :meth:`napari_wsss.session.Session.statistics`.

    Raises:
        InputError: no case has such a mask, or one is damaged.
    """
    wanted = names.ordered(project.cases if cases is None else cases)
    rows: list[dict[str, Any]] = []
    for done, case_id in enumerate(wanted):
        here = Progress("statistics", done, len(wanted), names.case(case_id))
        yield here
        mask = source.read(case_id)
        if mask is not None:
            found = yield from _case_rows(project, case_id, mask, here)
            rows += [{"case": names.case(case_id), **row} for row in found]
    if not rows:
        raise InputError(f"nothing to measure: none of {len(wanted)} cases has a mask of the kind '{source.what}' yet.")
    yield Progress("statistics", len(wanted), len(wanted))
    return rows


def _case_rows(project: Project, case_id: str, mask: LabelMap, here: Progress) -> Work[list[dict[str, Any]]]:
    """Measure one mask; where its scan is gone, without grey values, and that is said.

    After each lesion it tells where it is once more, so that it can be stopped there.
    """
    scan: Volume | None = None
    try:
        scan = project.load(case_id)
    except InputError as error:
        yield Note(f"No grey values of {case_id}: {error}", "warning")
    classes = project.labels.classes
    work = measure(mask, project.case(case_id).geometry, len(classes), scan)
    figures = yield from telling(work, lambda _: here)
    return figure_rows(figures, classes, scan.channels if scan is not None else ())
