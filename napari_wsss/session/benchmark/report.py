"""The files of a benchmark: tables for people, spreadsheets and programs, and a page with pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from napari_wsss.files import write_json, write_text
from napari_wsss.report.benchmark import as_page, as_pages_of_text, plain_rows
from napari_wsss.report.content import ReportContent, Table
from napari_wsss.report.html import write_report
from napari_wsss.report.pictures import CasePictures, compact, taken_apart
from napari_wsss.report.tables import as_csv
from napari_wsss.session.benchmark.accepted import FILES, keep_accepted
from napari_wsss.session.benchmark.branch import FOLDER
from napari_wsss.session.benchmark.leftovers import remove_leftovers
from napari_wsss.session.names import Names
from napari_wsss.store.project import Project
from napari_wsss.store.provenance import versions

SHEETS = ("table.csv", "differences.csv", "patients.csv")


def keep_benchmark(project: Project, tables: Mapping[str, Any]) -> list[str]:
    """Write the tables of a benchmark into its folder; give the files. Those of an earlier one that have no like go.

    Raises:
        ProjectError: the project cannot be written.
    """
    folder, names = project.folder / FOLDER, Names(project)
    write_json(folder / "table.json", dict(tables))
    write_text(folder / "table.md", names.text(as_pages_of_text(project.name, tables)))
    files = [folder / "table.md", folder / "table.json"]
    contents = (plain_rows(tables["rows"]), tables["differences"], tables["patients"])
    for name, rows in zip(SHEETS, contents, strict=True):
        if rows:
            write_text(folder / name, as_csv(Table(rows)))
            files.append(folder / name)
    more = tables.get("accepted")
    drawn = keep_accepted(folder, more) if more else []
    pictures = [*_pictures(project, tables["pictures"], names), *_chart(drawn)]
    page = as_page(names.text(project.name), tables, pictures)
    write_report(folder / "report.html", _named(page, names))
    remove_leftovers([folder / name for name in (*SHEETS, *FILES)], [*files, *drawn])
    return [str(path) for path in (*files, *drawn, folder / "report.html")]


def _pictures(project: Project, made: Sequence[Mapping[str, Any]], names: Names) -> list[CasePictures]:
    shown = []
    for one in made:
        dice = "" if one["dice"] is None else f", Dice {one['dice']:.2f}"
        where = f", slice {one['slice']}" if project.case(one["case"]).geometry.shape[0] > 1 else ""
        name = f"{one['recipe']}, {one['masks']}, {one['place']}: {names.case(one['case'])}{where}"
        panels = taken_apart((project.folder / one["file"]).read_bytes(), one["panels"])
        shown.append(compact(CasePictures(name, panels, f"{one['group']}{dice}", reference="Reference" in panels)))
    return shown


def _chart(files: Sequence[Path]) -> list[CasePictures]:
    found = [path for path in files if path.suffix == ".png"]
    return [CasePictures("Accepted masks", {"Dice against minutes": path.read_bytes()}) for path in found]


def _named(page: ReportContent, names: Names) -> ReportContent:
    """Give the page with no patient named who should not be, in notes and tables; and what it was made with."""
    notes = [names.text(note) for note in page.notes]
    tables = {heading: _table_named(table, names) for heading, table in page.tables.items()}
    return replace(page, notes=notes, tables=tables, provenance={**page.provenance, "versions": versions()})


def _table_named(table: Table, names: Names) -> Table:
    rows = [
        {key: names.text(value) if isinstance(value, str) else value for key, value in row.items()}
        for row in table.rows
    ]
    return replace(table, rows=rows, caption=names.text(table.caption))
