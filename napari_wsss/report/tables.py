"""Tables as text: for the terminal, for Markdown pages, for spreadsheets."""

from __future__ import annotations

from napari_wsss.data.tables import csv_text
from napari_wsss.report.columns import cell, column
from napari_wsss.report.content import Table


def cells(table: Table) -> list[list[str]]:
    """Give headings, then rows, as people read them."""
    heads = [column(key).label for key in table.shown]
    return [heads, *([cell(key, row.get(key)) for key in table.shown] for row in table.rows)]


def numeric(table: Table) -> list[bool]:
    """Tell for every column whether all its values are numbers (then it is set to the right)."""
    return [
        all(isinstance(row.get(key), int | float | None) and row.get(key) is not True for row in table.rows)
        for key in table.shown
    ]


def as_text(table: Table) -> str:
    """Give aligned columns for a terminal, two blanks apart."""
    rows, right = cells(table), numeric(table)
    widths = [max(len(row[index]) for row in rows) for index in range(len(right))]
    layout = list(zip(widths, right, strict=True))
    lines = ["  ".join(_pad(text, *place) for text, place in zip(row, layout, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def as_markdown(table: Table) -> str:
    """Give a Markdown table, the caption below it."""
    heads, *rows = [[text.replace("|", "\\|") for text in row] for row in cells(table)]
    marks = ["---:" if right else "---" for right in numeric(table)]
    lines = [f"| {' | '.join(row)} |" for row in (heads, marks, *rows)]
    return "\n".join([*lines, *(["", table.caption] if table.caption else [])]) + "\n"


def as_csv(table: Table) -> str:
    """Give CSV for a spreadsheet: keys as headings, every value in full, nothing where it is undefined."""
    return csv_text(table.shown, table.rows)


def _pad(text: str, width: int, right: bool) -> str:
    return text.rjust(width) if right else text.ljust(width)
