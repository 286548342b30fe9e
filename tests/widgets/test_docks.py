"""Every dock, driven as a person does: buttons, sliders, keys."""

from dataclasses import replace

import numpy as np
import pytest
from fake import FakeRecipe
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QAbstractButton,
)

from napari_wsss.pipeline.steps import ComputeMaps, TrainClassifier
from napari_wsss.recipes import RECIPES
from napari_wsss.widgets import _maps_dock as maps_dock
from napari_wsss.widgets import _train_dock as train_dock
from napari_wsss.widgets import open_desk
from napari_wsss.widgets._desk import desk_of
from napari_wsss.widgets._frame import BAR
from napari_wsss.widgets._keys import KEYS
from napari_wsss.widgets._open_desk import DOCKS, dock_called, show_dock
from napari_wsss.widgets._recipe_box import RecipeBox

pytestmark = pytest.mark.gui


def click(qtbot, button):
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_opening_the_desk_adds_five_tabs_and_one_step_bar(shown):
    viewer = shown.viewer
    assert set(viewer.window.dock_widgets) == {*(f"{name} (napari-wsss)" for name in DOCKS), BAR}
    before = dict(viewer.window.dock_widgets)
    open_desk(viewer)
    assert dict(viewer.window.dock_widgets) == before
    frames = [dock_called(viewer, name).parent() for name in DOCKS]
    tabbed = viewer.window._qt_window.tabifiedDockWidgets(frames[0])
    assert set(tabbed) == set(frames[1:])
    assert desk_of(viewer) is shown


def test_the_outline_names_its_key(shown):
    outline = next(
        box for box in show_dock(shown.viewer, "Review").findChildren(QAbstractButton) if box.text() == "Outline"
    )
    key = next(key.key for key in KEYS if key.words.startswith("outline"))
    assert f"(key: {key})" in outline.toolTip()


def test_reset_returns_to_the_projects_settings_after_a_label(shown, qtbot):
    dock = show_dock(shown.viewer, "Tune")
    with qtbot.waitSignal(shown.live.settled, timeout=10_000):
        dock.forms["cut"].editor("value").widget.value = 0.3
    with qtbot.waitSignal(shown.live.settled, timeout=10_000):
        shown.labelling.set_in(["lesion"], 0, [1])
    assert dock.forms["cut"].value().value == 0.3
    with qtbot.waitSignal(shown.live.settled, timeout=10_000):
        click(qtbot, dock.history.reset)
    assert shown.tuner.recipe.steps["cut"].value == 0.5


def test_lists_look_up_all_states_at_once(shown, session, monkeypatch):
    monkeypatch.setattr(type(session.project), "state", None)
    shown.cases_changed.emit()
    assert "0 of 3 accepted" in show_dock(shown.viewer, "Review").bar.case.text()


def test_the_step_bar_says_what_comes_next_and_leads_there(shown, qtbot):
    bar = shown.viewer.window.dock_widgets[BAR]
    assert [button.text() for button in bar.buttons.values()] == [
        "1 Label",
        "2 Train",
        "3 Map",
        "4 Tune",
        "5 Accept",
        "6 Segment",
    ]
    assert bar.sentence.text().startswith("Next: label slices")
    click(qtbot, bar.buttons["Accept"])
    qtbot.waitUntil(dock_called(shown.viewer, "Review").isVisible)


def test_label_a_slice_a_range_and_the_scan(shown, session, qtbot):
    panel = show_dock(shown.viewer, "Project").labels
    labels = session.project.labels
    shown.layers.go_to(3)
    click(qtbot, panel.buttons["lesion", 1])
    assert labels.slice_labels("case0")[:, 0].tolist() == [-1, -1, -1, 1, -1]
    assert "slice 3: yes" in panel._known["lesion"].text()
    panel.scope.setCurrentIndex(1)
    panel.first.setValue(0)
    panel.last.setValue(1)
    click(qtbot, panel.buttons["lesion", 0])
    assert labels.slice_labels("case0")[:, 0].tolist() == [0, 0, -1, 1, -1]
    panel.scope.setCurrentIndex(2)
    click(qtbot, panel.buttons["lesion", 0])
    assert labels.volume_labels("case0").tolist() == [0]


def test_sliders_move_the_mask_and_reset_brings_it_back(shown, qtbot):
    dock = show_dock(shown.viewer, "Tune")
    assert set(dock.forms) == {"cut", "smooth", "box", "islands"}
    before = shown.layers.mask.copy()
    with qtbot.waitSignal(shown.live.settled, timeout=10_000):
        dock.forms["cut"].editor("value").widget.value = 0.2
    assert shown.layers.mask.sum() > before.sum()
    with qtbot.waitSignal(shown.live.settled, timeout=10_000):
        click(qtbot, dock.history.reset)
    np.testing.assert_array_equal(shown.layers.mask, before)


def test_dice_is_shown_live(shown, qtbot):
    dock = show_dock(shown.viewer, "Tune")
    assert dock.score.isHidden()
    show_dock(shown.viewer, "Review")
    with qtbot.waitSignal(shown.cases_changed, timeout=10_000):
        click(qtbot, dock_called(shown.viewer, "Review").decide.accept)
    qtbot.waitUntil(lambda: "accepted mask: <b>1.000" in dock.score.text())
    show_dock(shown.viewer, "Tune")
    with qtbot.waitSignal(shown.live.settled, timeout=10_000):
        click(qtbot, dock.back)
        dock.forms["cut"].editor("value").widget.value = 0.2
    qtbot.waitUntil(lambda: "<b>1.000" not in dock.score.text())


def test_keeping_settings_changes_the_project(shown, session, qtbot):
    dock = show_dock(shown.viewer, "Tune")
    with qtbot.waitSignal(shown.live.settled, timeout=10_000):
        dock.forms["cut"].editor("value").widget.value = 0.33
    click(qtbot, dock.keeping.project)
    assert session.recipe.steps["cut"].value == 0.33
    assert not dock.forms["cut"]._resets["value"].isEnabled()


def test_train_and_compute_with_progress_and_settings(shown, session, qtbot):
    dock = show_dock(shown.viewer, "Maps")
    assert set(dock.settings.forms) == {"classifier"}
    dock.settings.forms["classifier"].editor("epochs").widget.value = 7
    with qtbot.waitSignal(shown.run_changed):
        click(qtbot, dock.train)
    assert session.recipe.steps["classifier"].epochs == 7
    qtbot.waitUntil(lambda: shown.idle)
    assert session.ran == [("train-classifier",)]
    with qtbot.waitSignal(shown.way_changed, timeout=10_000):
        click(qtbot, dock.compute)
    qtbot.waitUntil(lambda: shown.idle)
    assert session.ran[-1] == ("maps", "propose")


def test_time_is_estimated(shown, qtbot):
    from napari_wsss.widgets._plan_panel import PlanPanel

    panel = show_dock(shown.viewer, "Maps").findChild(PlanPanel)
    click(qtbot, panel.measure)
    qtbot.waitUntil(lambda: "about 75 s" in panel.words.text())


def test_the_cost_of_maps_is_said_while_they_are_chosen(shown, session, qtbot):
    """Scales 0.5 … 2 are 0.25 + 1 + 2.25 + 4 = 7.5 forward passes; grad-cam at the last layer costs the same."""
    classifier = TrainClassifier(slices="slices", backbone="resnet50")
    maps = ComputeMaps(classifier="classifier", slices="slices", method="cam", scales=(0.5, 1.0, 1.5, 2.0))
    session.recipe = FakeRecipe({**session.recipe.steps, "classifier": classifier, "maps": maps})
    shown.project_changed.emit()
    dock = show_dock(shown.viewer, "Maps")
    assert "about <b>7.5</b> forward passes per slice, 15 slices" in dock.cost.text()
    form = dock.settings.forms["maps"]
    form.editor("scales").widget.chips[2.0].click()
    assert "about <b>3.5</b> forward" in dock.cost.text()
    form.editor("method").widget.value = "score-cam"
    assert "about <b>230</b> forward" in dock.cost.text()
    with qtbot.waitSignal(shown.recipe_changed):
        form.editor("layers").widget.chips["trunk.layer2"].click()
    assert session.recipe.steps["maps"].layers == ("trunk.layer2",)


@pytest.mark.parametrize(("title", "stages"), [("Maps", maps_dock.STAGES), ("Train", train_dock.STAGES)])
def test_every_recipe_gets_its_own_forms_though_steps_share_names(shown, session, title, stages):
    panel = show_dock(shown.viewer, title).settings
    for recipe in (*RECIPES.values(), *RECIPES.values()):  # each after another one
        session.recipe = recipe
        shown.recipe_changed.emit()
        wanted = {name: step for name, step in recipe.steps.items() if step.stage in stages and step.knobs()}
        assert {name: form.value() for name, form in panel.forms.items()} == wanted
        assert all(set(form.names) == set(wanted[name].knobs()) for name, form in panel.forms.items())


def test_the_recipes_offered_are_the_published_ones_and_those_kept_in_the_project(shown, session, qtbot):
    box = show_dock(shown.viewer, "Maps").findChild(RecipeBox)
    assert box.offered() == {name: name for name in RECIPES}
    folder = session.project.folder / "recipes"
    folder.mkdir()
    for name in ("mine", "mixed-unet"):
        (folder / f"{name}.yaml").touch()
    session.project.settings["recipe"] = "recipes/mixed-unet.yaml"
    shown.recipe_changed.emit()
    assert list(box.offered())[-2:] == ["mine", "mixed-unet (own)"]
    assert box.box.currentText() == "mixed-unet (own)"
    used = []
    session.use = lambda recipe: used.append(recipe) or iter(())
    for name in ("mixed-unet (own)", "mixed-unet", "mine"):  # the first is in use already
        box.box.setCurrentText(name)
        box.box.activated.emit(box.box.currentIndex())
        qtbot.waitUntil(lambda: shown.idle)
    assert used == ["mixed-unet", str(folder / "mine.yaml")]


def test_after_a_change_of_recipe_nothing_of_the_one_before_is_shown(shown, session, qtbot, monkeypatch):
    """Its mask could be accepted as the new recipe's, which has no maps yet."""
    box = show_dock(shown.viewer, "Maps").findChild(RecipeBox)
    qtbot.waitUntil(lambda: bool(shown.layers.mask.any()))
    z = shown.layers.slice_index
    session.has_maps = False
    monkeypatch.setattr(session, "proposal", lambda _: None)
    box.box.setCurrentText("resnet-lstm")
    box.box.activated.emit(box.box.currentIndex())
    qtbot.waitUntil(lambda: not shown.layers.mask.any())
    assert shown.layers.slice_index == z


def test_a_recipe_without_a_segmenter_offers_none(shown, session, qtbot):
    dock = show_dock(shown.viewer, "Train")
    qtbot.waitUntil(dock.train.isEnabled)
    session.recipe = replace(session.recipe, steps={"cut": session.recipe.step("cut")})
    shown.recipe_changed.emit()
    qtbot.waitUntil(lambda: not dock.train.isEnabled() and not dock.predict.isEnabled())
    assert dock.evaluate.isEnabled()


def test_scores_come_as_a_table(shown, qtbot):
    dock = show_dock(shown.viewer, "Train")
    click(qtbot, dock.evaluate)
    qtbot.waitUntil(lambda: dock.table.rowCount() == 2)
    headings = [dock.table.horizontalHeaderItem(c) for c in range(dock.table.columnCount())]
    assert [heading.text() for heading in headings] == ["Mask", "Dice", "mIoU", "PA"], "one class: no column for it"
    assert "all voxels pooled" in headings[2].toolTip()
    assert [dock.table.item(1, c).text() for c in range(4)] == ["crf", "–", "–", "0.950"]
    assert dock.classifier.item(0, 2).text() == "–"


def test_a_run_can_be_cancelled_from_its_panel(shown, session, qtbot, monkeypatch):
    from napari_wsss.progress import Progress
    from napari_wsss.widgets._job_panel import JobPanel

    closed = []

    def endless(*_, **__):
        try:
            while True:
                yield Progress("train", 1, 3, "epoch 1", {"loss": 0.5})
        finally:
            closed.append(True)

    monkeypatch.setattr(session, "run", endless)
    dock = show_dock(shown.viewer, "Maps")
    panel = dock.findChild(JobPanel)
    click(qtbot, dock.train)
    qtbot.waitUntil(lambda: "epoch 1" in panel.run.detail.text())
    assert not dock.train.isEnabled()
    click(qtbot, panel.run.stop)
    qtbot.waitUntil(lambda: shown.idle)
    assert closed == [True]
    assert panel.isHidden()
    assert dock.train.isEnabled()


def press(qtbot, desk, key):
    modifier, _, name = key.rpartition("-")
    canvas = desk.viewer.window._qt_viewer.canvas.native
    held = Qt.KeyboardModifier.ShiftModifier if modifier == "Shift" else Qt.KeyboardModifier.NoModifier
    qtbot.keyClick(canvas, getattr(Qt.Key, f"Key_{name}"), held)


def test_keys_decide_and_toggle(shown, session, qtbot):
    show_dock(shown.viewer, "Review")
    press(qtbot, shown, "H")
    assert not shown.layers.map_layer.visible
    press(qtbot, shown, "K")
    assert not shown.layers.mask_layer.visible
    press(qtbot, shown, "U")
    assert shown.layers.mask_layer.contour == 1
    with qtbot.waitSignal(shown.cases_changed, timeout=10_000):
        press(qtbot, shown, "Shift-A")
    assert session.project.accepted_slices("case0").sum() == 1
    with qtbot.waitSignal(shown.cases_changed, timeout=10_000):
        press(qtbot, shown, "A")
    assert session.project.state("case0") == "accepted"
    with qtbot.waitSignal(shown.case_opened, timeout=10_000):
        press(qtbot, shown, "N")
    assert shown.loaded.case_id == "case1"
    with qtbot.waitSignal(shown.cases_changed, timeout=10_000):
        press(qtbot, shown, "R")
    assert session.project.state("case1") == "rejected"
    with qtbot.waitSignal(shown.case_opened, timeout=10_000):
        press(qtbot, shown, "Shift-N")
    assert shown.loaded.case_id == "case0"


def test_keys_are_told_and_distinct():
    assert len({key.key for key in KEYS}) == len(KEYS)


def test_brush_buttons_drive_the_mask_layer(shown, qtbot):
    from napari_wsss.widgets._correct_panel import CorrectPanel

    panel = show_dock(shown.viewer, "Review").findChild(CorrectPanel)
    shown.viewer.layers.selection.active = shown.layers.map_layer
    click(qtbot, panel.tools["paint"])
    assert shown.layers.mask_layer.mode == "paint"
    assert shown.viewer.layers.selection.active is shown.layers.mask_layer
    panel.brush.set_diameter(3.0)
    assert shown.layers.mask_layer.brush_size == 3
    before = shown.layers.mask.copy()
    shown.layers.mask_layer.paint((shown.layers.slice_index, 2, 2), 1)
    assert shown.mask.edited
    click(qtbot, panel.undo)
    np.testing.assert_array_equal(shown.layers.mask, before)


def test_the_mask_shown_can_be_chosen(shown, session, qtbot):
    dock = show_dock(shown.viewer, "Review")
    mask = np.zeros((5, 24, 20), np.uint8)
    mask[2, 5, 5] = 1
    session.project.write_prediction("prediction", "case0", mask, {"key": "1"})
    with qtbot.waitSignals([shown.case_opened, shown.live.settled], timeout=10_000):
        shown.show_case("case0")
    assert [dock.bar.origin.itemData(index) for index in range(dock.bar.origin.count())] == ["proposal", "prediction"]
    dock.bar.origin.setCurrentIndex(1)
    dock.bar.origin.activated.emit(1)
    np.testing.assert_array_equal(shown.layers.mask, mask)


def test_two_classes_have_their_own_maps_and_brush(make_napari_viewer, tmp_path, qtbot):
    from fake import make_session

    session = make_session(tmp_path, cases=1, classes=("benign", "malignant"))
    desk = open_desk(make_napari_viewer())
    with qtbot.waitSignals([desk.case_opened, desk.live.settled], timeout=20_000):
        desk.adopt(session)
    panel = show_dock(desk.viewer, "Review")
    from napari_wsss.widgets._correct_panel import CorrectPanel
    from napari_wsss.widgets._show_panel import ShowPanel

    assert panel.findChild(ShowPanel).classes.count() == 2
    brush = panel.findChild(CorrectPanel)
    brush.label.activated.emit(1)
    assert desk.layers.mask_layer.selected_label == 2


def test_a_read_only_project_offers_no_changes(make_napari_viewer, session, qtbot):
    session.project.read_only_reason = "another window has it open"
    desk = open_desk(make_napari_viewer())
    with qtbot.waitSignals([desk.case_opened, desk.live.settled], timeout=20_000):
        desk.adopt(session)
    assert "another window" in dock_called(desk.viewer, "Project").about.text()
    review, maps = dock_called(desk.viewer, "Review"), dock_called(desk.viewer, "Maps")
    buttons = (review.decide.accept, review.decide.reject, maps.train, maps.compute)
    assert not any(button.isEnabled() for button in buttons)


def test_what_a_person_should_know_about_an_opened_project_is_shown(make_napari_viewer, session, qtbot):
    session.notes.append("settings left out: <gone>")
    desk = open_desk(make_napari_viewer())
    with qtbot.waitSignals([desk.case_opened, desk.live.settled], timeout=20_000):
        desk.adopt(session)
    assert "settings left out: &lt;gone&gt;" in dock_called(desk.viewer, "Project").about.text()


def test_without_a_project_docks_say_so(make_napari_viewer):
    desk = open_desk(make_napari_viewer())
    assert "No project is open" in dock_called(desk.viewer, "Project").about.text()
    assert "No case is open" in dock_called(desk.viewer, "Tune").hint.text()
    assert not dock_called(desk.viewer, "Maps").train.isEnabled()
