"""Windows: width and level, the usual ones of CT, and robust ones for everything else."""

from pathlib import Path

import numpy as np
import pytest

from napari_wsss.data.volume import Geometry, Source, Volume
from napari_wsss.data.windows import CT_WINDOWS, Window, in_hounsfield, robust_window


def scan(array, format_="nifti", header=None, rgb=False):
    array = np.asarray(array)
    names = ("red", "green", "blue") if rgb else ("image",)
    array = np.broadcast_to(array, (len(names), *array.shape[-3:]))
    return Volume(array, Geometry(array.shape[1:], np.eye(4)), names, Source(format_, Path("scan"), header), rgb)


def test_width_and_level_are_limits():
    assert CT_WINDOWS["brain"].limits == (0.0, 80.0)
    assert CT_WINDOWS["subdural"].limits == (-25.0, 175.0)
    assert Window.between(-1000.0, 2000.0) == Window(3000.0, 500.0)


@pytest.mark.parametrize(
    ("window", "words"),
    [
        (Window(80, 40), "W 80 L 40"),
        (Window(2800, -600), "W 2800 L -600"),
        (Window(163.7, 41.2), "W 164 L 41"),
        (Window(8.637, 0.802), "W 8.64 L 0.8"),
        (Window(0.01234, 0.5), "W 0.0123 L 0.5"),
    ],
)
def test_read_out(window, words):
    assert window.words == words


def test_dragging():
    moved = Window(100, 50).moved(right=0, up=20, pace=200)
    assert moved == Window(100, 40)  # a tenth of the width down: brighter
    assert Window(100, 50).moved(right=200, up=0, pace=200).width == pytest.approx(100 * np.e)
    assert Window(100, 50).moved(right=-10_000, up=0).width > 0


def test_a_window_travels_between_scans():
    here, there = Window(100, 50), Window(40, 1000)
    carried = Window(50, 75).relative_to(here).of(there)
    assert carried == Window(20, 1010)
    assert here.relative_to(here) == Window(1, 0)


def test_hounsfield_units_are_known_by_air_or_by_the_file():
    rng = np.random.default_rng(0)
    ct = rng.integers(-1000, 1000, (4, 8, 8))
    assert in_hounsfield(scan(ct))
    assert not in_hounsfield(scan(np.abs(ct)))
    assert not in_hounsfield(scan(rng.normal(size=(4, 8, 8))))  # standardised MR is below zero too
    assert in_hounsfield(scan(np.abs(ct), "dicom", {"Modality": "CT"}))
    assert not in_hounsfield(scan(ct, "dicom", {"Modality": "MR"}))
    assert not in_hounsfield(scan(ct, rgb=True))


def test_contrast_ignores_air_and_outliers():
    rng = np.random.default_rng(0)
    array = np.zeros((20, 40, 40), np.float32)
    array[:, 8:32, 8:32] = rng.uniform(100, 200, (20, 24, 24))
    array[3, 10, 10] = 1e6
    low, high = robust_window(array).limits
    assert low == 0.0
    assert 190 <= high <= 201


def test_contrast_keeps_negative_hounsfield_units():
    rng = np.random.default_rng(0)
    array = np.full((20, 40, 40), -1024, np.int16)
    array[:, 8:32, 8:32] = rng.integers(-100, 100, (20, 24, 24))
    low, high = robust_window(array).limits
    assert -110 <= low <= -90
    assert 90 <= high <= 100


def test_contrast_of_a_constant_scan():
    low, high = robust_window(np.full((2, 3, 4), 7.0, np.float32)).limits
    assert low < high
