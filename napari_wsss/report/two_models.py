"""A plot of two models, patient by patient."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from napari_wsss.files import write_bytes
from napari_wsss.report.content import Table, columns_for

BETTER, WORSE, SEEN = "#0072b2", "#d55e00", "#888888"
"""Colours that colour-blind people tell apart; patients seen in training are grey."""
_SEEN = {(False, False): "", (True, False): "by the older", (False, True): "by the newer", (True, True): "by both"}


def tone(row: Mapping[str, Any]) -> str:
    """Give the colour of a patient."""
    if row["first_saw"] or row["second_saw"]:
        return SEEN
    return BETTER if row["difference"] >= 0 else WORSE


def patients_table(result: Mapping[str, Any]) -> Table:
    """Give the table of the patients, for people; ``result`` is as :func:`write_plot` takes it."""
    rows = [
        {
            "patient": row["patient"],
            "class": row["class"],
            "older": row["first"],
            "newer": row["second"],
            "change": row["difference"],
            "seen": _SEEN[row["first_saw"], row["second_saw"]],
        }
        for row in result["rows"]
    ]
    caption = f"older: {result['first']['name']}; newer: {result['second']['name']}. {result['text']}"
    return Table(rows, caption, columns_for(rows, ("patient", "class", "older", "newer", "change", "seen")))


def means_table(result: Mapping[str, Any]) -> Table:
    """Give the table of the means, for people; ``result`` is as :func:`write_plot` takes it."""
    names = {"first": "older", "second": "newer", "difference": "change", "patients": "whom"}
    rows = [{names.get(key, key): value for key, value in row.items()} for row in result["summary"]]
    return Table(rows, "", columns_for(rows, ("whom", "class", "compared", "older", "newer", "change", "low", "high")))


def write_plot(path: Path, result: Mapping[str, Any]) -> None:
    """Write a PNG: a line a patient from the Dice of the one model to that of the other.

    Args:
        path: the file.
        result: as :func:`napari_wsss.session.comparing.compare` describes it.

    Raises:
        ProjectError: the file cannot be written.
    """
    # The object interface of matplotlib, not pyplot: no global state, safe in any thread, no window.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.0, 4.0), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for row in result["rows"]:
        colour = tone(row)
        style = "--" if colour == SEEN else "-"
        axes.plot((0, 1), (row["first"], row["second"]), style, marker="o", color=colour, linewidth=1.2, markersize=4)
    axes.set_xticks((0, 1), [result[place]["name"] for place in ("first", "second")])
    axes.set_xlim(-0.15, 1.15)
    axes.set_ylim(-0.02, 1.02)
    axes.set_ylabel("Dice of each patient")
    axes.set_title("On accepted masks; grey: seen in training", fontsize=9)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    write_bytes(path, drawn.getvalue())
