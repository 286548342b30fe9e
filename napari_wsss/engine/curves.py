"""The curves of a training as a table and as a drawing."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

History = Sequence[Mapping[str, float]]

_BLUE, _ORANGE, _GREEN, _PURPLE, _GREY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#555555"
"""Told apart by the colour-blind too: Okabe & Ito (2008)."""
_NO_SCORE = ("epoch", "lr", "seconds")


def as_csv(history: History) -> str:
    """Give the table: a row an epoch, a column for every figure that any epoch has."""
    columns = list(dict.fromkeys(name for row in history for name in row))
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, columns, lineterminator="\n")
    table.writeheader()
    table.writerows(history)
    return text.getvalue()


def as_png(history: History, best_epoch: int = 0) -> bytes:
    """Draw losses, scores and learning rate against the epoch, one above the other; ``best_epoch`` is marked."""
    # The object interface of matplotlib, not pyplot: no global state, safe in any thread, no window.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(name for row in history for name in row if name not in _NO_SCORE))
    losses = [name for name in names if name.endswith("loss")]
    groups = {"Loss": losses, "Score": [name for name in names if name not in losses], "Learning rate": ["lr"]}
    shown = {title: names for title, names in groups.items() if names}
    figure = Figure(figsize=(7.0, 2.2 * len(shown)), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(shown), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (title, group) in zip(panels, shown.items(), strict=True):
        _draw(axes, title, group, history, best_epoch)
    panels[-1].set_xlabel("Epoch")
    panels[-1].xaxis.get_major_locator().set_params(integer=True)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def _draw(axes: Any, title: str, names: Sequence[str], history: History, best_epoch: int) -> None:  # noqa: ANN401
    for name, colour in zip(names, (_BLUE, _ORANGE, _GREEN, _PURPLE) * len(names), strict=False):
        points = [(row["epoch"], row[name]) for row in history if math.isfinite(row.get(name, math.nan))]
        axes.plot(*(list(side) for side in zip(*points, strict=True)) if points else ([], []),
                  color=colour, label=_words(name), marker="." if len(history) < 30 else "", linewidth=1.5)  # fmt: skip
    if best_epoch:
        axes.axvline(best_epoch, color=_GREY, linestyle=":", label=f"best epoch: {best_epoch}")
    axes.set_ylabel(title)
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")


def _words(name: str) -> str:
    known = {"loss": "training loss", "val_loss": "validation loss", "lr": "learning rate"}
    return known.get(name, name.replace("_", " "))
