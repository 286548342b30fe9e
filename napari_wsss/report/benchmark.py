"""Tables of a benchmark, for terminal, Markdown, spreadsheet and page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from napari_wsss.notice import NOT_FOR_DIAGNOSIS
from napari_wsss.report.columns import MISSING, column
from napari_wsss.report.content import ReportContent, Row, Table
from napari_wsss.report.pictures import CasePictures
from napari_wsss.report.tables import as_markdown

PLACE = ("recipe", "masks", "group", "shown")
SCORES = (
    *PLACE, "patients", "dice", "dice_median", "interval", "hausdorff95", "hausdorff95_patients", "volume_difference",
    "absolute_volume_difference", "lesion_sensitivity", "lesions", "false_lesions", "false_alarms_of", "auc",
    "own_text", "minutes",
)  # fmt: skip
MARKED = (*PLACE, "auc", "marked_positive", "marked_negative", "area", "minutes")
"""What can be said without any reference mask."""
KNOWN = "A proposal is given the image-level labels of the scan it marks; a segmenter, the scan alone."
DIFFERENCES = (
    "masks", "group", "recipe", "against", "compared", "own_mean", "other_mean", "difference", "interval", "p",
    "ratio", "ratio_interval",
)  # fmt: skip


def benchmark_tables(tables: Mapping[str, Any]) -> dict[str, Table]:
    """Give heading → table from the tables of ``session.benchmark.benchmark.benchmark_project``."""
    rows = [_shown(row) for row in tables["rows"]]
    scored = any(row.get("dice") is not None for row in rows)
    failed = ("note",) if any(row.get("note") for row in rows) else ()
    found = {"Benchmark": Table(rows, KNOWN, (SCORES if scored else MARKED) + failed)}
    if scored:
        found["Benchmark: where something is marked"] = Table(
            [row for row in rows if row.get("group")], "By the image-level labels alone.", MARKED
        )
    if tables["differences"]:
        found["Benchmark: differences in Dice"] = Table(
            [_compared(row) for row in tables["differences"]], "", DIFFERENCES
        )
    if (accepted := tables.get("accepted")) and accepted["rows"]:
        found["Benchmark: a few accepted masks"] = Table(accepted["rows"], " ".join(accepted["notes"]))
    return found


def plain_rows(rows: Sequence[Row]) -> list[Row]:
    """Give rows that all have the same keys, as a spreadsheet wants them."""
    keys = dict.fromkeys(key for row in rows for key in row)
    return [{key: row.get(key) for key in keys} for row in rows]


def as_pages_of_text(name: str, tables: Mapping[str, Any]) -> str:
    """Give everything as one Markdown text."""
    parts = [f"# {name}: benchmark", NOT_FOR_DIAGNOSIS]
    for heading, table in benchmark_tables(tables).items():
        parts += [f"## {heading}", as_markdown(table).rstrip()]
    parts += ["## Notes", "\n".join(f"- {note}" for note in tables["notes"])]
    return "\n\n".join(parts) + "\n"


def as_page(name: str, tables: Mapping[str, Any], pictures: Sequence[CasePictures]) -> ReportContent:
    """Give everything as the content of a report."""
    return ReportContent(
        title=f"{name}: benchmark",
        facts={
            "Recipes": ", ".join(tables["recipes"]),
            "Patients": "by folds" if tables["folds"] else "the project's split",
            "Budget": f"{tables['minutes']:g} min a run" if tables["minutes"] else "each recipe's own",
        },
        tables=benchmark_tables(tables),
        cases=pictures,
        notes=tables["notes"],
        tables_first=True,
    )


def _shown(row: Row) -> Row:
    """Give a row as people read it: ends of an interval together, a figure with its name."""
    own = row.get("own_metric")
    told = "" if row.get("own") is None else f"{column(str(own)).label} {row['own']:.3f}"
    free = row.get("patients_without_lesion")
    return {
        **row,
        "interval": _interval(row.get("dice_low"), row.get("dice_high")),
        "own_text": told or MISSING,
        "false_alarms_of": f"{row['false_alarms']} of {free}" if free else MISSING,
    }


def _compared(row: Row) -> Row:
    return {
        **row,
        "other_mean": row["first"],
        "own_mean": row["second"],
        "interval": _interval(row["low"], row["high"]),
        "ratio_interval": _interval(row.get("ratio_low"), row.get("ratio_high")),
    }


def _interval(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return MISSING
    return f"{low:.3f} … {high:.3f}".replace("-", "−")
