"""Random hands on every control of the Tune dock, over the real session: no fault, and never a stale mask."""

import sys
from pathlib import Path

import pytest
from fake import write_scan
from qtpy.QtWidgets import QApplication

from napari_wsss.progress import drain
from napari_wsss.session import Session
from napari_wsss.widgets import open_desk
from napari_wsss.widgets._open_desk import show_dock

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from live_desk import write_maps
from soak import Faults, Soak

pytestmark = pytest.mark.gui
SHAPE = (6, 24, 20)
BURSTS = 12


@pytest.fixture
def opened(tmp_path, make_napari_viewer, qtbot):
    """A visible viewer with two small cases that have maps, and one that has none."""
    for number in range(3):
        write_scan(tmp_path / "scans" / f"case{number}.nii.gz", SHAPE, seed=number)
    session = drain(Session.create(tmp_path / "project", images=tmp_path / "scans"))
    drain(session.use("mixed-unet", device="cuda"))  # its own settings, not the smaller ones
    for number in range(2):
        write_maps(session, f"case{number}", session.load(f"case{number}").array[0] > 100, size=32, stride=8)
    session.close()
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(600, 400)
    desk = open_desk(viewer)
    with qtbot.waitSignals([desk.case_opened, desk.live.settled], timeout=60_000):
        desk.open(tmp_path / "project")
    qtbot.waitUntil(lambda: desk.idle and not desk.loading)
    return desk


def test_random_moves_leave_no_stale_mask(opened, qtbot):
    def settle():
        qtbot.waitUntil(lambda: not opened.live.busy and not opened.loading, timeout=60_000)

    with Faults() as faults:
        soak = Soak(opened, show_dock(opened.viewer, "Tune"), settle, seed=5)
        for _ in range(BURSTS):
            soak.burst(QApplication.processEvents)
            soak.check()
    assert soak.faults == []
    assert faults.heard == []
    assert sum(soak.moves.values()) > 3 * BURSTS
