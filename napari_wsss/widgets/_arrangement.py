"""Arrangement: which cases of the worklist are shown, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from napari_wsss.session.worklist import FINISHED, Order, Row, in_order
from napari_wsss.widgets._table import by_column
from napari_wsss.widgets._worklist_columns import COLUMNS

TO_DO = "to do"
"""State filter: everything a person has not decided about."""
UNKNOWN_LABEL = "not labelled"


@dataclass(frozen=True)
class Arrangement:
    """What the person asked for.

    Attributes:
        order: the order to work through the cases.
        seed: of the random order.
        column: sorted by this column instead; None to go by ``order``.
        falling: with the largest on top.
        text: shown are cases whose name, set, state or label contains it.
        state: shown are cases in this state; "" for all.
        label: shown are cases of which this is known ("lesion", "no lesion"); "" for all.
        subset: shown are cases of this set; "" for all.
    """

    order: Order = "list"
    seed: int = 0
    column: int | None = None
    falling: bool = False
    text: str = ""
    state: str = ""
    label: str = ""
    subset: str = ""

    def ordered(self, rows: Sequence[Row], gain_note: str = "") -> tuple[list[Row], str]:
        """Put all rows into the order asked for, and say where it could not be had."""
        if self.column is not None:
            return by_column(rows, COLUMNS[self.column], falling=self.falling), ""
        return in_order(rows, self.order, self.seed, gain_note)

    def shows(self, row: Row) -> bool:
        """Whether a case is shown."""
        return (
            (not self.state or row.state == self.state or (self.state == TO_DO and row.state not in FINISHED))
            and (not self.subset or row.subset == self.subset)
            and (not self.label or self._has_label(row))
            and (not self.text or self.text.lower() in f"{row.case_id} {row.subset} {row.state} {row.labels}".lower())
        )

    @property
    def wants_evidence(self) -> bool:
        """Whether the order needs figures that are computed from maps, of all cases."""
        names = {COLUMNS[self.column].title} if self.column is not None else {self.order}
        return bool(names & {"uncertainty", "disagreement", "gain", "Unsure", "Apart", "Gain"})

    @property
    def wants_gain(self) -> bool:
        """Whether the order goes by the expected gain."""
        return self.order == "gain" if self.column is None else COLUMNS[self.column].title == "Gain"

    def _has_label(self, row: Row) -> bool:
        return not row.labels if self.label == UNKNOWN_LABEL else self.label in row.labels.split(", ")
