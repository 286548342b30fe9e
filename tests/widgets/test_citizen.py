"""napari citizenship: the plugin as napari finds it — writer, preferences page, commands, docks."""

import nibabel as nib
import numpy as np
import pytest
from fake import write_scan
from napari.settings import get_plugin_settings
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication, QDialogButtonBox

from napari_wsss.errors import InputError
from napari_wsss.session.preferences import Preferences, preferences_path, read_preferences, write_preferences
from napari_wsss.widgets import change_keys, change_preferences, show_export, show_numbers
from napari_wsss.widgets._keys_dialog import KeysDialog
from napari_wsss.widgets._napari_settings import PLUGIN, NapariSettings
from napari_wsss.widgets._numbers_panel import NumbersPanel
from napari_wsss.widgets._open_desk import DOCKS, dock_called, open_desk
from napari_wsss.widgets._preferences import preferences_here
from napari_wsss.widgets._preferences_dialog import PreferencesDialog

pytestmark = pytest.mark.gui

OBLIQUE = np.array([[-0.9, 0.1, 0.4, 30], [0.0, -0.8, 0.3, -12.5], [0.2, 0.2, 2.3, 7], [0, 0, 0, 1.0]])


@pytest.fixture(autouse=True)
def _usual_preferences():
    yield
    preferences_here().set(**{name: knob.default for name, knob in Preferences.knobs().items()})
    preferences_path().unlink(missing_ok=True)


@pytest.fixture
def page():
    """napari's own page of the preferences."""
    return get_plugin_settings(PLUGIN).preferences


def press_in(kind, button, before=None):
    """Answer the next dialog of a kind, as a person does while the window waits for it."""

    def answer():
        dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible())
        if before is not None:
            before(dialog)
        dialog.buttons.button(button).click()

    QTimer.singleShot(0, answer)


# ---- writer --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("convention", ["radiological", "neurological"])
def test_the_mask_of_the_case_is_saved_on_its_scans_grid(opened, session, tmp_path, convention):
    preferences_here().set(convention=convention)
    opened.layers.turn(convention)
    opened.layers.mask[:] = np.random.default_rng(0).integers(0, 2, opened.layers.mask.shape)
    (path,) = opened.layers.mask_layer.save(str(tmp_path / "out.nii.gz"))
    saved, scan = nib.load(path), session.project.load("case0")
    np.testing.assert_array_equal(np.asarray(saved.dataobj).T, opened.layers.mask)
    np.testing.assert_allclose(saved.affine, scan.geometry.affine)


@pytest.mark.parametrize("convention", ["radiological", "neurological"])
def test_labels_drawn_on_a_scan_that_napari_opened_are_saved_on_its_grid(make_napari_viewer, tmp_path, convention):
    preferences_here().set(convention=convention)
    scan = write_scan(tmp_path / "head.nii.gz", affine=OBLIQUE)
    viewer = make_napari_viewer()
    (image,) = viewer.open(str(scan), plugin=PLUGIN)
    array = np.asarray(nib.load(scan).dataobj)
    drawn = viewer.add_labels((image.data > 100).astype(np.int32), name="mine", scale=image.scale)
    (path,) = drawn.save(str(tmp_path / "mine.nrrd"))
    (again,) = viewer.open(path, plugin=PLUGIN)
    np.testing.assert_array_equal(again.data, drawn.data)
    drawn.save(str(tmp_path / "mine.nii.gz"))
    saved = nib.load(tmp_path / "mine.nii.gz")
    np.testing.assert_array_equal(np.asarray(saved.dataobj), array > 100)
    np.testing.assert_array_equal(saved.affine, nib.load(scan).affine)


def test_labels_that_lie_nobody_knows_where_are_not_saved(make_napari_viewer, tmp_path):
    viewer = make_napari_viewer()
    layer = viewer.add_labels(np.zeros((3, 4, 5), np.uint8))
    with pytest.raises(InputError, match="no scan of this size is open"):
        layer.save(str(tmp_path / "mask.nii.gz"))
    for number, affine in enumerate((OBLIQUE, np.eye(4))):
        viewer.open(str(write_scan(tmp_path / f"{number}.nii.gz", (3, 4, 5), affine)), plugin=PLUGIN)
    layer = viewer.add_labels(np.zeros(viewer.layers[-1].data.shape, np.uint8))
    with pytest.raises(InputError, match="at different places"):
        layer.save(str(tmp_path / "mask.nii.gz"))
    assert not (tmp_path / "mask.nii.gz").exists()


def test_labels_that_no_mask_file_holds_are_refused(opened, tmp_path):
    shown = np.full(opened.layers.mask_layer.data.shape, 300, np.uint16)
    layer = opened.viewer.add_labels(shown)
    with pytest.raises(InputError, match="0 to 255"):
        layer.save(str(tmp_path / "mask.nii.gz"))


# ---- preferences ---------------------------------------------------------------------------------------------------


def test_naparis_page_and_the_preferences_are_the_same(desk, page, qtbot):
    write_preferences(Preferences(reader="first"))
    settings = NapariSettings(desk)
    assert page.reader == "first"
    preferences_here().set(convention="neurological")
    assert page.convention == "neurological"
    with qtbot.waitSignal(preferences_here().changed):
        page.reader = "second"
    assert read_preferences() == Preferences(reader="second", convention="neurological")
    settings.end()
    page.reader = "third"
    assert read_preferences().reader == "second"


def test_at_the_start_what_was_written_last_counts(desk, page):
    write_preferences(Preferences(reader="before"))
    page.reader = "with no desk open"
    NapariSettings(desk).end()
    assert read_preferences().reader == "with no desk open"


@pytest.mark.usefixtures("viewer")
def test_the_dialog_keeps_what_is_changed_and_leaves_the_keys():
    preferences_here().set(own_keys={"accept": "Alt+Y"})
    kinds = QDialogButtonBox.StandardButton

    def rename(dialog):
        dialog.form.editor("reader").widget.value = "Dr. Who"

    press_in(PreferencesDialog, kinds.Cancel, rename)
    change_preferences()
    assert read_preferences().reader == ""
    press_in(PreferencesDialog, kinds.Ok, rename)
    change_preferences()
    assert read_preferences() == Preferences(reader="Dr. Who", own_keys={"accept": "Alt+Y"})


def test_preferences_that_cannot_be_written_are_told_and_the_window_goes_on(monkeypatch):
    from napari_wsss.errors import ProjectError
    from napari_wsss.widgets import _preferences

    said = []
    monkeypatch.setattr(_preferences, "tell_error", said.append)

    def full(_):
        raise ProjectError("disk full")

    monkeypatch.setattr(_preferences, "write_preferences", full)
    preferences_here().set(reader="me")
    assert [str(error) for error in said] == ["disk full"]
    assert preferences_here().value == Preferences()
    monkeypatch.undo()


# ---- commands and docks --------------------------------------------------------------------------------------------


def test_commands_open_the_desk_where_it_is_not_open(make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=True)
    show_export()
    qtbot.waitUntil(dock_called(viewer, "Export").isVisible)
    show_numbers()
    qtbot.waitUntil(dock_called(viewer, "Review").findChild(NumbersPanel).isVisible)
    press_in(KeysDialog, QDialogButtonBox.StandardButton.Cancel)
    change_keys()
    assert len(viewer.window.dock_widgets) == len(DOCKS) + 1


def test_the_plugins_menu_finds_the_docks_of_the_desk_and_adds_none(make_napari_viewer):
    from napari._app_model import get_app_model

    viewer = make_napari_viewer()
    open_desk(viewer)
    before = dict(viewer.window.dock_widgets)
    for name in DOCKS:
        get_app_model().commands.execute_command(f"{PLUGIN}.{name.lower()}").result()
    assert dict(viewer.window.dock_widgets) == before


def test_a_dock_that_was_closed_comes_back(make_napari_viewer):
    viewer = make_napari_viewer(show=True)
    open_desk(viewer)
    for name in DOCKS:
        dock = dock_called(viewer, name)
        dock.parent().title.close_button.click()
        again = dock_called(viewer, name)
        assert again is not dock
        assert again.parent().windowTitle() == name
