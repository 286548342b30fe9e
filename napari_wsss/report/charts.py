"""Training curves as drawings that take their colours from the page, so they read on light and dark alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

History = Sequence[Mapping[str, float]]

WIDTH, HEIGHT = 460.0, 240.0
LEFT, RIGHT, TOP, BOTTOM = 48.0, 12.0, 12.0, 34.0

_NO_CURVE = ("epoch", "step", "seconds", "lr", "learning_rate", "samples_per_second")


@dataclass(frozen=True)
class Line:
    """One curve: its name, its points as SVG text, and its last value as text."""

    name: str
    points: str
    last: str


@dataclass(frozen=True)
class Chart:
    """One drawing: curves, and ticks as (position, text)."""

    title: str
    lines: tuple[Line, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]


def charts(history: History) -> list[Chart]:
    """Draw a history: losses in one chart, all other figures in another, against the epoch.

    Args:
        history: one mapping per epoch; "epoch" is the x axis, else the position counts from 1. Times and
            learning rates are left out. Values that are not finite are skipped.
    """
    names = [name for name in dict.fromkeys(key for row in history for key in row) if name not in _NO_CURVE]
    losses = [name for name in names if "loss" in name]
    scores = [name for name in names if name not in losses]
    epochs = [float(row.get("epoch", index + 1)) for index, row in enumerate(history)]
    groups = {"Loss": losses, "Scores": scores}
    return [_chart(title, keys, epochs, history) for title, keys in groups.items() if keys]


def _chart(title: str, names: Sequence[str], epochs: Sequence[float], history: History) -> Chart:
    values = {name: [float(row.get(name, np.nan)) for row in history] for name in names}
    finite = [value for column in values.values() for value in column if np.isfinite(value)]
    x_ticks = _ticks(min(epochs), max(epochs), whole=True)
    y_ticks = _ticks(min(finite, default=0.0), max(finite, default=1.0))
    x_range = min(epochs), max(epochs)
    y_range = y_ticks[0], y_ticks[-1]
    lines = tuple(_line(name, epochs, column, x_range, y_range) for name, column in values.items())
    return Chart(
        title,
        lines,
        tuple((_x(tick, x_range), f"{tick:g}") for tick in x_ticks if x_range[0] <= tick <= x_range[1]),
        tuple((_y(tick, y_range), f"{tick:g}") for tick in y_ticks),
    )


def _line(
    name: str, epochs: Sequence[float], values: Sequence[float], x_range: tuple[float, float],
    y_range: tuple[float, float],
) -> Line:  # fmt: skip
    pairs = [(x, y) for x, y in zip(epochs, values, strict=True) if np.isfinite(y)]
    drawn = pairs * 2 if len(pairs) == 1 else pairs  # a line from a point to itself shows as a dot
    points = " ".join(f"{_x(x, x_range):.1f},{_y(y, y_range):.1f}" for x, y in drawn)
    return Line(name.replace("_", " "), points, f"{pairs[-1][1]:.3g}" if pairs else "–")


def _ticks(low: float, high: float, whole: bool = False) -> list[float]:
    from matplotlib.ticker import MaxNLocator

    span = (low, high) if high > low else (low - 0.5, high + 0.5)
    return [round(float(tick), 10) for tick in MaxNLocator(nbins=5, integer=whole).tick_values(*span)]


def _x(value: float, limits: tuple[float, float]) -> float:
    return LEFT + _share(value, limits) * (WIDTH - LEFT - RIGHT)


def _y(value: float, limits: tuple[float, float]) -> float:
    return HEIGHT - BOTTOM - _share(value, limits) * (HEIGHT - TOP - BOTTOM)


def _share(value: float, limits: tuple[float, float]) -> float:
    low, high = limits
    return (value - low) / (high - low) if high > low else 0.5
