"""What goes into a report. Plain data: anyone may fill it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from napari_wsss.metrics.overlap import EMPTY_MASK_RULE
from napari_wsss.report.heat_map import HeatMap
from napari_wsss.report.pictures import CasePictures

Row = Mapping[str, Any]

MASK_COLUMNS = (
    "mask", "class", "dice", "dice_sd", "iou", "mean_iou", "printed_dsc", "pixel_accuracy", "sensitivity",
    "specificity", "volume_difference", "absolute_volume_difference", "hausdorff", "hausdorff95", "surface_dice",
)  # fmt: skip
COUNT_COLUMNS = (
    "mask", "class", "patients", "surface_undefined", "patients_without_lesion", "false_alarms", "false_alarm_ml",
    "slices", "dice_slice", "lesion_slices", "dice_lesion_slice",
)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """Rows (column key → value) with a caption.

    Attributes:
        rows: one mapping per row.
        caption: a sentence or two under the table.
        columns: keys to show, in order; none given means those of the first row.
    """

    rows: Sequence[Row]
    caption: str = ""
    columns: tuple[str, ...] = ()

    @property
    def shown(self) -> tuple[str, ...]:
        """The keys of the columns, without those that no row has."""
        keys = self.columns or tuple(dict.fromkeys(key for row in self.rows for key in row))
        return tuple(key for key in keys if any(key in row for row in self.rows))


@dataclass(frozen=True)
class ReportContent:
    """One report.

    Attributes:
        title: first line.
        facts: short label → value, shown as cards at the top (cases, recipe, machine, time taken, …).
        tables: heading → table.
        heat_maps: heading → scores over thresholds.
        curves: heading → history of a training, one mapping per epoch ({"epoch": 1, "loss": 0.7, …}).
        cases: pictures of cases, in the order shown.
        provenance: how it came to be; any nesting of plain values.
        notes: lines the reader should know (choices made for this machine, limits of the figures).
        tables_first: whether the tables stand before notes and pictures: where comparing is what the report is for.
    """

    title: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    heat_maps: Mapping[str, HeatMap] = field(default_factory=dict)
    curves: Mapping[str, Sequence[Mapping[str, float]]] = field(default_factory=dict)
    cases: Sequence[CasePictures] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()
    tables_first: bool = False

    @property
    def shows_evidence(self) -> bool:
        """Whether a heat map is among the pictures."""
        return any("Evidence" in case.panels for case in self.cases)


def mask_tables(rows: Sequence[Row], heading: str = "Masks") -> dict[str, Table]:
    """Give the two tables of mask quality from the rows of ``metrics.summary.summarise``.

    The first holds the figures, the second how many patients and slices stand behind them. The class column
    is left out where there is one class.
    """
    return {
        heading: Table(rows, EMPTY_MASK_RULE, columns_for(rows, MASK_COLUMNS)),
        f"{heading}: patients and slices": Table(rows, "", columns_for(rows, COUNT_COLUMNS)),
    }


def columns_for(rows: Sequence[Row], columns: tuple[str, ...]) -> tuple[str, ...]:
    """Give ``columns`` without the class where the rows are of one class."""
    one_class = len({row["class"] for row in rows}) < 2
    return tuple(key for key in columns if not (one_class and key == "class"))
