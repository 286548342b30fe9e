from __future__ import annotations

import math

import pytest

from napari_wsss.metrics.measure import CaseMeasure
from napari_wsss.metrics.summary import summarise
from napari_wsss.report.columns import COLUMNS, cell, column


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("dice", 0.71239, "0.712"),
        ("dice", None, "–"),
        ("dice", math.nan, "–"),
        ("volume_difference", -0.25, "−0.250"),
        ("hausdorff95", 12.345, "12.3"),
        ("slices", 12345, "12 345"),
        ("anything", True, "yes"),
        ("anything", "x", "x"),
    ],
)
def test_cells_as_people_read_them(key, value, text):
    assert cell(key, value) == text


def test_unknown_columns_name_themselves():
    assert column("learning_rate").label == "Learning rate"


def test_every_figure_of_a_summary_has_a_heading():
    import numpy as np

    measure = CaseMeasure("a", "a", np.ones((1, 2, 2), dtype=np.int64), 1.0, (1.0,), (1.0,), (1.0,))
    assert set(summarise("m", [measure], ["lesion"])[0]) <= set(COLUMNS)
