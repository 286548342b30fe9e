"""GUI tests: the real viewer, waited on by signals."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("qtpy")
sys.path.insert(0, str(Path(__file__).parent))

from fake import FakeSession, make_session

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
    with qtbot.waitSignals([desk.case_opened, desk.live.settled], timeout=20_000):
        desk.adopt(session)
    qtbot.waitUntil(lambda: not desk.loading)
    return desk
