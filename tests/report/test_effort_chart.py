"""The chart of Dice against effort."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from napari_wsss.report.effort_chart import CURVES, effort_chart

ROWS = [
    {"accepted": 0, "minutes": 0.0, "slices_touched": 0, "proposal": 0.5, "segmenter": 0.6},
    {"accepted": 3, "minutes": 9.0, "slices_touched": 32, "proposal": 0.6, "segmenter": 0.7},
]


def pixels(content, colour):
    drawn = plt.imread(io.BytesIO(content))[..., :3]
    return int((np.abs(drawn - np.asarray(to_rgb(colour))).max(axis=-1) < 0.02).sum())


def test_both_curves_and_the_ceiling_are_drawn():
    content = effort_chart(ROWS, ceiling=0.9)
    assert content.startswith(b"\x89PNG")
    assert all(pixels(content, colour) > 200 for colour in CURVES.values())
    assert effort_chart(ROWS) != content


@pytest.mark.parametrize("curve", CURVES)
def test_what_is_not_known_is_left_out(curve):
    content = effort_chart([{**row, curve: None} for row in ROWS])
    few = {name: pixels(content, colour) for name, colour in CURVES.items()}
    assert few[curve] < 100 < min(few[name] for name in CURVES if name != curve), "but for the legend"
