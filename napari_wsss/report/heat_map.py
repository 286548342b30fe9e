"""Scores over one or two thresholds as a table whose cells are the darker the higher the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class HeatMap:
    """One table of scores.

    Attributes:
        scores: rows of numbers 0 … 1.
        rows: heading of every row.
        columns: heading of every column.
        row_title: what the rows are.
        column_title: what the columns are.
        best: (row, column) of the score to mark.
        caption: a sentence or two under the table.
    """

    scores: Sequence[Sequence[float]]
    rows: Sequence[str]
    columns: Sequence[str]
    row_title: str
    column_title: str
    best: tuple[int, int]
    caption: str = ""

    def shade(self, score: float) -> int:
        """Give how strongly a cell is coloured, in percent: 0 the lowest score of the table, 100 the highest."""
        every = [value for row in self.scores for value in row]
        low, high = min(every), max(every)
        return round(100 * (score - low) / (high - low)) if high > low else 0
