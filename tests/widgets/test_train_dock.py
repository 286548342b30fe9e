"""The Train dock: a few choices, one button, and what is seen of it."""

import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QScrollArea

from napari_wsss.progress import Progress
from napari_wsss.session.material import Material
from napari_wsss.session.segmenter_choice import SegmenterChoice
from napari_wsss.widgets._open_desk import show_dock
from napari_wsss.widgets._train_dock import STAGES

pytestmark = pytest.mark.gui


@pytest.fixture
def dock(shown, qtbot):
    made = show_dock(shown.viewer, "Train")
    qtbot.waitUntil(lambda: made.material.material is not None)
    return made


def editor(dock, name):
    return dock.choice.form.editor(name).widget


def click(qtbot, button):
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_one_click_trains_segments_the_rest_and_compares(dock, shown, session, qtbot, monkeypatch):
    compared = []
    monkeypatch.setattr(dock.compared, "compare_new", lambda: compared.append(shown.idle))
    assert "Learns from 2 accepted scans (10 slices) and 1 proposal. 1 patient validates" in dock.material.words.text()
    network = editor(dock, "network").native
    assert [network.itemText(place) for place in range(network.count())] == [
        "Mixed-UNet", "U-Net", "DeepLab V3", "FCN", "3D U-Net",
    ]  # fmt: skip
    editor(dock, "network").value = "unet-3d"
    editor(dock, "learn_from").value = "accepted"
    editor(dock, "quality").value = "thorough"
    wanted = SegmenterChoice(network="unet-3d", learn_from="accepted", quality="thorough")
    assert session.chosen == dock.choice.form.value() == wanted
    assert "thorough: 24 epochs" in editor(dock, "quality").native.toolTip()
    click(qtbot, dock.train)
    assert not dock.train.isEnabled()
    assert not dock.choice.form.isEnabled()
    qtbot.waitUntil(lambda: shown.idle)
    assert session.ran == [STAGES]
    assert compared == [True], "once, and when nothing else runs"
    assert dock.training.isVisible()
    assert dock.training.epochs.text() == "Epoch 3 of 3"
    never = threading.Event()
    shown.start((Progress("search", 0, 0) for _ in iter(lambda: never.wait(0.02), True)), "Search thresholds")
    click(qtbot, dock.train)
    qtbot.waitUntil(lambda: len(session.ran) == 2 and shown.running.job is None)
    assert len(compared) == 1, "the search goes on"
    shown.cancel()
    qtbot.waitUntil(lambda: shown.idle)
    assert compared == [True, True]


def test_a_choice_in_a_new_project_waits_for_the_settings_that_fit_the_machine(dock, shown, session, qtbot):
    session.settled = False
    editor(dock, "quality").value = "thorough"
    qtbot.waitUntil(lambda: session.settled and shown.idle)
    assert session.chosen.quality == dock.choice.form.value().quality == "thorough"


def test_improving_starts_from_the_model_in_use_when_the_button_is_pressed(dock, shown, session, qtbot):
    editor(dock, "fine_tune").value = True
    assert "thorough: 12 epochs" in editor(dock, "quality").native.toolTip()
    before = len(session.choices)
    click(qtbot, dock.train)
    assert session.choices[before:] == [SegmenterChoice(fine_tune=True)]
    qtbot.waitUntil(lambda: shown.idle)
    session.taught = replace(session.taught, fixed="the model in use is unet of width 16.")
    with qtbot.waitSignal(dock.material.counted):
        shown.cases_changed.emit()
    assert editor(dock, "fine_tune").native.isEnabled(), "what is ticked can be unticked"
    editor(dock, "fine_tune").value = False
    with qtbot.waitSignal(dock.material.counted):
        shown.cases_changed.emit()
    assert not editor(dock, "fine_tune").native.isEnabled()
    assert "Not now: the model in use is unet of width 16." in editor(dock, "fine_tune").native.toolTip()


def test_what_is_missing_is_said_and_nothing_can_be_started(dock, shown, session, qtbot):
    session.taught = Material(missing="Accept masks of training patients in the Review dock first.")
    with qtbot.waitSignal(dock.material.counted):
        shown.cases_changed.emit()
    assert not dock.train.isEnabled()
    assert "no mask to learn from yet. <b>Accept masks" in dock.material.words.text()
    session.chosen = SegmenterChoice(quality="own")
    shown.recipe_changed.emit()
    quality = editor(dock, "quality").native
    assert quality.currentText() == "own"
    assert not quality.model().item(quality.currentIndex()).isEnabled(), "it is shown, and cannot be chosen"


def test_a_training_found_under_way_is_shown_and_compared_as_any_other(dock, shown, session, qtbot, monkeypatch):
    compared = []
    monkeypatch.setattr(dock.compared, "compare_new", lambda: compared.append(True))
    session.run_at_hand = SimpleNamespace(
        under_way=True,
        heard=False,
        state="running",
        title="Train the segmenter, segment the scans",
        job=SimpleNamespace(stages=list(STAGES)),
    )
    shown.running._fresh = True
    shown.running._take_up()
    assert shown.running.job.title == "Train the segmenter, segment the scans"
    qtbot.waitUntil(lambda: shown.idle)
    assert len(dock.training.curves.data.steps.points) == 6
    assert compared == [True]


def test_everything_fits_and_is_reached_by_tab(dock, shown, qtbot):
    click(qtbot, dock.train)
    qtbot.waitUntil(lambda: shown.idle)
    area = dock.findChild(QScrollArea)
    assert area.widget().minimumSizeHint().width() <= 300 - area.verticalScrollBar().sizeHint().width()
    for kind in (QAbstractButton, QComboBox, QAbstractSpinBox, QLineEdit):
        for part in dock.findChildren(kind):
            if part.isVisible() and part.isEnabled() and part.objectName() != "qt_spinbox_lineedit":
                assert part.focusPolicy() & Qt.FocusPolicy.TabFocus, part
                assert part.toolTip(), part
