"""GUI tests: the real viewer, waited on by signals."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("qtpy")
sys.path.insert(0, str(Path(__file__).parent))

from fake import FakeSession, make_session

from napari_wsss.widgets import open_desk
from napari_wsss.widgets._desk import Desk, desk_of


@pytest.fixture
def session(tmp_path) -> FakeSession:
    made = make_session(tmp_path)
    yield made
    made.project.close()


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def desk(viewer) -> Desk:
    return desk_of(viewer)


@pytest.fixture
def opened(desk, session, qtbot) -> Desk:
    """A desk with the session's first case on it, and its live path ready."""
    with qtbot.waitSignals([desk.case_opened, desk.live.settled], timeout=60_000):
        desk.adopt(session)
    qtbot.waitUntil(lambda: not desk.loading)
    return desk


@pytest.fixture
def shown(make_napari_viewer, session, qtbot):
    """A visible viewer of 1280 × 720 with all docks and the session's first case."""
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(1280, 720)
    desk = open_desk(viewer)
    with qtbot.waitSignals([desk.case_opened, desk.live.settled, desk.way_changed], timeout=60_000):
        desk.adopt(session)
    qtbot.waitUntil(lambda: not desk.loading)
    return desk
