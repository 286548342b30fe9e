"""Figures of a mask as rows of a table, the same in the window, on the command line, in files and in reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from napari_wsss.edit.statistics import Figures

COLUMNS = (
    "case", "class", "lesion", "voxels", "mm3", "ml", "area_mm2", "surface_mm2", "diameter_mm", "centroid_r_mm",
    "centroid_a_mm", "centroid_s_mm", "first_slice", "last_slice",
)  # fmt: skip
"""Columns that every table may have, in order; those of the channels' grey values follow."""

WHOLE = "all"
"""Stands for the lesion's number where a row is of the class as a whole."""


def figure_rows(figures: Sequence[Figures], classes: Sequence[str], channels: Sequence[str]) -> list[dict[str, Any]]:
    """Give one row per class and lesion: column → value, None where there is none.

    Args:
        figures: of :func:`napari_wsss.edit.statistics.measure`.
        classes: names of the classes.
        channels: names of the scan's channels; ``mean:NAME``, ``sd:NAME``, ``min:NAME``, ``max:NAME`` are theirs.
    """
    return [_row(one, classes, channels) for one in figures]


def columns_of(rows: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Give the columns that any row has, in the order in which they are shown."""
    present = dict.fromkeys(name for row in rows for name in row)
    return (*(name for name in COLUMNS if name in present), *(name for name in present if name not in COLUMNS))


def _row(figures: Figures, classes: Sequence[str], channels: Sequence[str]) -> dict[str, Any]:
    first, last = figures.slices or (None, None)
    row: dict[str, Any] = {
        "class": classes[figures.index],
        "lesion": WHOLE if figures.lesion is None else figures.lesion,
        "voxels": figures.voxels,
        "mm3": figures.volume,
        "ml": figures.volume / 1000,
    }
    row |= {"surface_mm2": figures.surface} if figures.area is None else {"area_mm2": figures.area}
    row["diameter_mm"] = figures.diameter
    row |= dict(zip(("centroid_r_mm", "centroid_a_mm", "centroid_s_mm"), figures.centroid or (None,) * 3, strict=True))
    row |= {"first_slice": first, "last_slice": last}
    for name, values in zip(channels, figures.intensities, strict=False):
        row |= {f"mean:{name}": values.mean, f"sd:{name}": values.sd}
        row |= {f"min:{name}": values.lowest, f"max:{name}": values.highest}
    return row
