"""The docks over the real session: a real project with maps in its cache, tuned, kept, accepted and reopened."""

import numpy as np
import pytest
from fake import write_scan

from napari_wsss.pipeline.workspace import ArrayShelf
from napari_wsss.progress import drain
from napari_wsss.session import Session
from napari_wsss.widgets import open_desk
from napari_wsss.widgets._open_desk import dock_called, show_dock

pytestmark = pytest.mark.gui
SHAPE = (5, 24, 20)


@pytest.fixture
def project(tmp_path):
    """A project of three scans; the first has activation maps that follow its bright ball."""
    for number in range(3):
        write_scan(tmp_path / "scans" / f"case{number}.nii.gz", SHAPE, seed=number)
    session = drain(Session.create(tmp_path / "project", images=tmp_path / "scans"))
    drain(session.use("mixed-unet", device="cuda"))  # its own settings, not the smaller ones
    ball = session.load("case0").array[0, :, ::3, ::2] > 100
    scales = (0.5, 1.0, 1.5, 2.0)
    maps = {f"scale-{scale:g}": ball[None].astype(np.float16) for scale in scales}
    cells = np.array([[0.5 / side, 1.0 / side] for side in ball.shape[1:]])
    maps |= {f"grid-{scale:g}": cells for scale in scales}
    facts = {"logits": np.ones((SHAPE[0], 1), np.float32), "size": np.asarray(32)}
    ArrayShelf(session.workspace.cache, "maps", "case0").write("0" * 64, maps | facts)
    session.set("crf", iterations=1)
    session.close()
    return session.project.folder


@pytest.fixture
def opened(project, make_napari_viewer, qtbot):
    desk = open_desk(make_napari_viewer())
    with qtbot.waitSignals([desk.case_opened, desk.live.settled, desk.way_changed], timeout=60_000):
        desk.open(project)
    qtbot.waitUntil(lambda: desk.idle and not desk.loading)
    return desk


def test_forms_come_from_the_recipe_and_move_the_mask(opened, qtbot):
    dock = show_dock(opened.viewer, "Tune")
    shown = [group.group.title for group in dock.steps.groups.values()]
    assert shown[:4] == ["Scales of the map", "Threshold", "Clusters", "Dense CRF"]
    assert set(dock.forms) == set(opened.tuner.steps)
    assert not opened.mask.edited
    sums = []
    for value in (0.05, 0.95):
        with qtbot.waitSignal(opened.live.settled, timeout=60_000):
            dock.forms["refined"].editor("value").widget.value = value
        np.testing.assert_array_equal(opened.layers.mask, opened.tuner.mask())
        np.testing.assert_array_equal(opened.layers.heat, opened.tuner.evidence()[0])
        sums.append(int(opened.layers.mask.sum()))
    assert sums[0] != sums[1]


def test_settings_and_decisions_are_there_when_opened_again(opened, project, qtbot):
    tune, review = dock_called(opened.viewer, "Tune"), dock_called(opened.viewer, "Review")
    with qtbot.waitSignal(opened.live.settled, timeout=60_000):
        tune.forms["refined"].editor("value").widget.value = 0.2
    tune.keeping.project.click()
    opened.layers.mask_layer.data_setitem((np.array([0]), np.array([1]), np.array([2])), 1)
    shown = opened.layers.mask.copy()
    with qtbot.waitSignal(opened.cases_changed, timeout=10_000):
        review.decide.accept.click()
    opened.close_project()
    with Session.open(project) as session:
        assert session.recipe.step("refined").value == 0.2
        np.testing.assert_array_equal(session.project.accepted("case0"), shown)
        made = session.project.accepted_provenance("case0")
    assert made["edited"] is True
    assert made["params"]["refined"]["value"] == 0.2


def test_a_case_without_maps_says_what_to_do(opened, qtbot):
    dock = show_dock(opened.viewer, "Tune")
    with qtbot.waitSignals([opened.case_opened, opened.live.settled], timeout=60_000):
        opened.show_case("case1")
    assert "no maps yet" in dock.hint.text()
    assert not dock.propose.isEnabled()


def test_what_the_worker_refuses_reaches_the_person(opened, qtbot, monkeypatch):
    heard = []
    monkeypatch.setattr("napari_wsss.widgets._long_work.tell_error", heard.append)
    opened.run(["propose"], "Make proposals")
    qtbot.waitUntil(lambda: opened.idle, timeout=60_000)
    assert "classifier" in str(heard[0])


def test_the_second_window_is_read_only(opened, project):
    with Session.open(project) as second:
        assert second.project.read_only
    assert opened.writable
