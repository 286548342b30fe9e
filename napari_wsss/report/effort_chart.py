"""A chart of what a person's corrections bring: Dice against minutes, and against slices touched."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

CURVES = {"segmenter": "#0072b2", "proposal": "#d55e00"}
"""Column → colour; colour-blind people tell them apart."""
AXES = {"minutes": "a person's minutes (assumed)", "slices_touched": "slices touched"}

_FLOOR = 0.1
"""Dice above which there is room for a number below the point."""


def effort_chart(rows: Sequence[Mapping[str, Any]], ceiling: float | None = None) -> bytes:
    """Draw Dice against minutes and slices touched, beside one another; give a PNG.

    Args:
        rows: ``accepted``, ``minutes``, ``slices_touched``, ``proposal`` and ``segmenter`` (Dice; None is left out).
        ceiling: Dice of the fully supervised segmenter, a dashed line.
    """
    # The object interface of matplotlib, not pyplot: no global state, safe in any thread, no window.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, 3.4), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(AXES), sharey=True)
    for axes, (column, title) in zip(panels, AXES.items(), strict=True):
        _draw(axes, rows, column, ceiling)
        axes.set_xlabel(title)
    panels[0].set_ylabel("Dice per patient, mean")
    panels[0].legend(fontsize=8, loc="lower right")
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    return drawn.getvalue()


def _draw(axes: Any, rows: Sequence[Mapping[str, Any]], column: str, ceiling: float | None) -> None:  # noqa: ANN401
    for curve, colour in CURVES.items():
        known = [row for row in rows if row[curve] is not None]
        places, dice = [row[column] for row in known], [row[curve] for row in known]
        axes.plot(places, dice, "-o", color=colour, linewidth=1.4, markersize=4, label=curve)
    for row in rows:
        drawn = [row[curve] for curve in CURVES if row[curve] is not None]
        if drawn:
            at, below = (row[column], min(drawn)), min(drawn) > _FLOOR  # the other curve and the ceiling lie above
            offset = (0, -13 if below else 5)
            axes.annotate(f"{row['accepted']}", at, offset, textcoords="offset points", ha="center", fontsize=8)
    if ceiling is not None:
        axes.axhline(ceiling, color="#666666", linestyle="--", linewidth=1.0, label="ceiling")
    axes.set_ylim(-0.02, 1.02)
    axes.grid(alpha=0.25)
