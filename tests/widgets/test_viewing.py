"""Looking: linked views, crosshair, letters, window and level, channels — with a real viewer and a real mouse."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from fake import FakeSession, write_scan
from napari.qt import QtViewer
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from napari_wsss.data.cohort import scan_cohort
from napari_wsss.data.labels import LabelTable
from napari_wsss.data.view import view_of
from napari_wsss.data.volume import Geometry, Source, Volume
from napari_wsss.data.windows import CT_WINDOWS, Window, robust_window
from napari_wsss.progress import drain
from napari_wsss.store.project import Project
from napari_wsss.widgets._canvas import Canvas
from napari_wsss.widgets._desk import desk_of
from napari_wsss.widgets._letters import letters_of
from napari_wsss.widgets._look_panel import LookPanel
from napari_wsss.widgets._preferences import preferences_here
from napari_wsss.widgets._show_panel import ShowPanel

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(autouse=True)
def _usual_convention():
    yield
    preferences_here().set(convention="radiological")


@pytest.fixture
def seen(make_napari_viewer, qtbot):
    """Open a desk over a session, without docks; the mouse needs a window that is really shown."""

    def open_(session, *, show=False):
        viewer = make_napari_viewer(show=show)
        viewer.window.resize(900, 600)
        desk = desk_of(viewer)
        with qtbot.waitSignals([desk.case_opened, desk.live.settled], timeout=60_000):
            desk.adopt(session)
        qtbot.waitUntil(lambda: not desk.loading)
        return desk

    return open_


def session_of(folder, channels=(), cases=2, **scan) -> FakeSession:
    """Make a project of small scans, of one channel or of several."""
    for case in range(cases):
        for number, name in enumerate(channels or [""]):
            write_scan(folder / "scans" / name / f"case{case}.nii.gz", seed=10 * number + case, **scan)
    folders = {name: folder / "scans" / name for name in channels}
    found = drain(scan_cohort(None, folders) if channels else scan_cohort(folder / "scans", None))
    labels = LabelTable.empty(("lesion",), {case.id: case.geometry.shape[0] for case in found})
    return FakeSession(Project.create(folder / "project", "Sample", found, labels))


def pixel(canvas: Canvas, row: float, column: float) -> QPoint:
    """Give the pixel where a (row, column) in mm is seen."""
    x, y = canvas.pixel(row, column)
    return QPoint(round(x), round(y))


def drag(canvas: Canvas, start: QPoint, by: tuple[int, int], button=LEFT, held=NONE) -> None:
    """Drag with the mouse in four moves."""
    native = canvas.native
    QTest.mousePress(native, button, held, start)
    for part in (0.25, 0.5, 0.75, 1.0):
        _move(native, start + QPoint(round(by[0] * part), round(by[1] * part)), button, held)
    QTest.mouseRelease(native, button, held, start + QPoint(*by))


def _move(native, at, button, held):
    """Move with a button down, which QTest.mouseMove leaves out."""
    from qtpy.QtCore import QEvent, QPointF
    from qtpy.QtGui import QMouseEvent
    from qtpy.QtWidgets import QApplication

    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(at),
        QPointF(native.mapToGlobal(at)),
        Qt.MouseButton.NoButton,
        button,
        held,
    )
    QApplication.sendEvent(native, event)


def painted(qtbot, panes):
    """Wait until every canvas has been drawn at its final size."""
    qtbot.waitUntil(lambda: all(pane.widget.isVisible() and pane.canvas.size[0] > 60 for pane in panes))


# ---- linked views --------------------------------------------------------------------------------------------------


def test_views_share_arrays_point_and_look(seen, session, qtbot):
    desk = seen(session)
    viewing, layers = desk.viewing, desk.layers
    assert viewing.panes is None
    viewing.toggle_views()
    coronal, sagittal = viewing.panes.panes
    for pane in (coronal, sagittal):
        image, heat, mask = pane.model.layers
        assert np.shares_memory(image.data, layers.volume.array)
        assert np.shares_memory(heat.data, layers.heat)
        assert np.shares_memory(mask.data, layers.mask)
    np.testing.assert_allclose(coronal.model.layers[0].scale, (1.0, 2.5, 1.0))  # thick slices keep their shape

    letters = [viewing.letters.shown, coronal.letters.shown, sagittal.letters.shown]
    assert [[shown[edge] for edge in ("top", "bottom", "left", "right")] for shown in letters] == [
        ["A", "P", "R", "L"],
        ["S", "I", "R", "L"],
        ["S", "I", "A", "P"],
    ]

    layers.point = (3, 7, 11)
    assert [pane.model.dims.current_step[0] for pane in (coronal, sagittal)] == [7, 11]
    desk.viewer.dims.set_point(0, 1 * 2.5)  # napari's own slider
    assert layers.point == (1, 7, 11)
    # LPS on disk: z grows to the head, which is on top, so z is mirrored; y and x grow as on the screen
    assert coronal.crosshair == ((4 - 1) * 2.5, 11.0)
    assert sagittal.crosshair == ((4 - 1) * 2.5, 7.0)

    coronal.model.dims.set_point(0, 9.0)  # the wheel with Ctrl
    qtbot.waitUntil(lambda: layers.point == (1, 9, 11))

    image, heat, mask = coronal.model.layers
    layers.mask_layer.contour = 2
    layers.map_layer.visible = False
    layers.images[0].contrast_limits = (-20.0, 60.0)
    assert (mask.contour, heat.visible, list(image.contrast_limits)) == (2, False, [-20.0, 60.0])
    layers.mask_layer.contour = 0

    layers.point = (2, 12, 10)
    layers.show_mask(np.zeros((5, 24, 20), np.uint8))
    with qtbot.waitSignal(mask.events.set_data):
        layers.mask_layer.paint((2, 12, 10), 1)
    assert mask._slice.image.raw[4 - 2, 10] == 1
    with qtbot.waitSignal(mask.events.set_data):  # in a slice that the desk's own canvas does not show
        layers.show_mask(np.ones((24, 20), np.uint8), z=0)
    assert mask._slice.image.raw[4 - 0].all()


def test_click_and_drag_in_a_view_move_all(seen, session, qtbot):
    desk = seen(session, show=True)
    desk.viewing.toggle_views()
    coronal, sagittal = desk.viewing.panes.panes
    painted(qtbot, [coronal, sagittal])
    with qtbot.waitSignal(desk.layers.moved):
        QTest.mouseClick(coronal.canvas.native, LEFT, NONE, pixel(coronal.canvas, 1 * 2.5, 13.0))
    assert desk.layers.point == (3, 12, 13)  # second row from the top: slice 3 of 0 … 4
    assert desk.layers.slice_index == 3
    assert sagittal.model.dims.current_step[0] == 13
    start, end = pixel(sagittal.canvas, 2 * 2.5, 5.0), pixel(sagittal.canvas, 4 * 2.5, 9.0)
    drag(sagittal.canvas, start, (end.x() - start.x(), end.y() - start.y()))
    qtbot.waitUntil(lambda: desk.layers.point == (0, 9, 13))
    assert coronal.model.dims.current_step[0] == 9
    QTest.mouseClick(coronal.canvas.native, LEFT, NONE, pixel(coronal.canvas, -4.0, -9.0))  # beside the scan
    qtbot.waitUntil(lambda: desk.layers.point == (4, 9, 0))

    layer = desk.layers.images[0]
    layer.contrast_limits = (0.0, 80.0)
    zoom = coronal.model.scene.camera.zoom
    drag(coronal.canvas, pixel(coronal.canvas, 4.0, 4.0), (0, 20), RIGHT)
    assert layer.contrast_limits == [8.0, 88.0]
    assert coronal.model.scene.camera.zoom == zoom


def test_views_go_with_case_and_project_and_leave_no_trace(seen, session, qtbot):
    desk = seen(session)
    viewing, layers = desk.viewing, desk.layers
    window = desk.viewer.window._qt_window
    listeners = [len(emitter.callbacks) for emitter in layers.mask_layer.events.emitters.values()]
    viewing.toggle_views()
    panes = viewing.panes
    with qtbot.waitSignal(desk.case_opened):
        desk.show_case("case1")
    assert viewing.panes is panes
    assert np.shares_memory(panes.panes[0].model.layers[0].data, layers.volume.array)
    gone = [weakref.ref(thing) for pane in panes.panes for thing in (pane, pane.model, *pane.model.layers)]
    del panes
    viewing.toggle_views()
    assert viewing.panes is None
    assert len(desk.viewer.layers) == 3

    def collected():
        gc.collect()
        return not any(thing() for thing in gone)

    qtbot.waitUntil(collected)
    assert len(window.findChildren(QtViewer)) == 1
    assert [len(emitter.callbacks) for emitter in layers.mask_layer.events.emitters.values()] == listeners
    desk.close_project()
    assert viewing.letters.shown == {}
    assert not viewing._lines.visible


def test_in_3d_the_slices_get_a_view_of_their_own_and_nothing_is_mirrored(opened):
    viewer, viewing = opened.viewer, opened.viewing
    viewing.views = True
    assert viewing._kinds() == ((1, None), (2, None))
    # to the right L, down P: the head is away from whoever looks; a volume with the head towards them is a mirror image
    assert [str(way) for way in viewer.scene.camera.orientation] == ["away", "down", "right"]
    preferences_here().set(convention="neurological")
    assert [str(way) for way in viewer.scene.camera.orientation] == ["towards", "down", "right"]
    viewing.views = False
    viewer.dims.ndisplay = 3
    viewing.views = True
    assert viewing._kinds() == ((0, None), (1, None), (2, None))


def test_a_single_slice_says_why_not(seen, tmp_path):
    desk = seen(session_of(tmp_path, shape=(1, 24, 20)))
    desk.viewing.toggle_views()
    assert not desk.viewing.views
    assert "single slice" in desk.viewing.why_no_views


# ---- crosshair -----------------------------------------------------------------------------------------------------


def test_crosshair_in_the_main_canvas(seen, session, qtbot):
    desk = seen(session, show=True)
    canvas, layers = Canvas.of(desk.viewer), desk.layers
    desk.viewing.toggle_crosshair()
    layers.show_mask(np.zeros((5, 24, 20), np.uint8))
    layers.point = (2, 5, 6)
    assert desk.viewing._lines.place == (5.0, 6.0)
    QTest.mouseClick(canvas.native, LEFT, NONE, pixel(canvas, 8.0, 15.0))
    qtbot.waitUntil(lambda: layers.point == (2, 8, 15))
    layers.mask_layer.mode = "paint"
    layers.mask_layer.brush_size = 1
    QTest.mouseClick(canvas.native, LEFT, SHIFT, pixel(canvas, 3.0, 4.0))
    qtbot.waitUntil(lambda: layers.point == (2, 3, 4))
    assert not layers.mask.any()
    QTest.mouseClick(canvas.native, LEFT, NONE, pixel(canvas, 8.0, 15.0))  # the brush paints as ever
    assert np.argwhere(layers.mask).tolist() == [[2, 8, 15]]
    assert layers.point == (2, 3, 4)
    desk.viewing.toggle_crosshair()
    assert not desk.viewing._lines.visible


# ---- letters and convention ----------------------------------------------------------------------------------------


def test_convention_switches_at_once_and_strokes_land_where_they_are_drawn(seen, session, qtbot):
    desk = seen(session, show=True)
    canvas, layers = Canvas.of(desk.viewer), desk.layers
    layers.mask_layer.mode = "paint"
    layers.mask_layer.brush_size = 1
    for convention, edge, column in (("radiological", "left", 15), ("neurological", "right", 19 - 15)):
        layers.point, desk.viewer.scene.camera.center = (1, 4, 3), (8.0, 5.0)
        if convention == "neurological":
            with qtbot.waitSignal(desk.viewing.turned):
                preferences_here().set(convention=convention)
            assert tuple(desk.viewer.scene.camera.center[-2:]) == (8.0, 19 - 5.0)
        assert layers.point == (1, 4, 3)
        assert desk.viewing.letters.shown[edge] == "R"
        layers.show_mask(np.zeros((5, 24, 20), np.uint8))
        QTest.mouseClick(canvas.native, LEFT, NONE, pixel(canvas, 8.0, 15.0))
        assert np.argwhere(layers.mask).tolist() == [[1, 8, column]]  # LPS: x grows to the patient's left
    assert np.shares_memory(layers.mask_layer.data, layers.mask)
    np.testing.assert_array_equal(layers.images[0].data, layers.volume.array[0][..., ::-1])

    desk.viewer.dims.order = (1, 0, 2)  # napari's "roll": slices run down the screen
    shown = desk.viewing.letters.shown
    assert [shown[edge] for edge in ("top", "bottom", "left", "right")] == ["I", "S", "L", "R"]
    desk.viewer.dims.ndisplay = 3
    assert desk.viewing.letters.shown == {}


@pytest.mark.parametrize(("degrees", "left", "top"), [(20, "~R", "~A"), (0.5, "R", "A"), (0, "R", "A")])
def test_oblique_scans_get_the_nearest_letters_with_a_mark(degrees, left, top):
    turn, affine = np.radians(degrees), np.diag([-1.0, -1.0, 2.5, 1.0])
    affine[1:3, 1:3] = [[-np.cos(turn), -2.5 * np.sin(turn)], [-np.sin(turn), 2.5 * np.cos(turn)]]
    geometry = Geometry((5, 24, 20), affine)
    scan = Volume(np.zeros((1, 5, 24, 20), np.uint8), geometry, ("image",), Source("nifti", Path("scan.nii")))
    shown = letters_of(scan, view_of(scan))
    assert (shown["left"], shown["top"]) == (left, top)


def test_pictures_have_no_letters(seen, tmp_path):
    from PIL import Image

    folder = tmp_path / "scans"
    folder.mkdir()
    colours = np.random.default_rng(0).integers(0, 255, (24, 20, 3), dtype=np.uint8)
    Image.fromarray(colours).save(folder / "one.png")
    found = drain(scan_cohort(folder, None))
    labels = LabelTable.empty(("lesion",), {case.id: 1 for case in found})
    desk = seen(FakeSession(Project.create(tmp_path / "project", "Pictures", found, labels)))
    assert desk.viewing.letters.shown == {}
    window = desk.viewing.window
    assert (window.target, window.window) == (None, None)
    window.toggle()
    assert not window.on
    assert "colour picture" in window.why_not


# ---- window and level ----------------------------------------------------------------------------------------------


def test_window_by_dragging(seen, session):
    desk = seen(session, show=True)
    canvas, layer, window = Canvas.of(desk.viewer), desk.layers.images[0], desk.viewing.window
    layer.contrast_limits = (0.0, 80.0)
    desk.layers.mask_layer.mode = "paint"
    zoom, before = desk.viewer.scene.camera.zoom, desk.layers.mask.copy()
    drag(canvas, pixel(canvas, 10.0, 10.0), (40, -20), RIGHT)
    width, level = 80 * np.exp(40 / 200), 40 - 80 * 20 / 200
    np.testing.assert_allclose(layer.contrast_limits, (level - width / 2, level + width / 2))
    assert layer.contrast_limits[0] < 0  # below zero without complaint
    assert desk.viewer.scene.camera.zoom == zoom
    np.testing.assert_array_equal(desk.layers.mask, before)
    assert window.chosen == "by hand"

    heard, limits = [], list(layer.contrast_limits)
    desk.layers.mask_layer.mode = "pan_zoom"
    desk.viewer.mouse_drag_callbacks.append(lambda _, event: heard.append(event.button))
    QTest.mouseClick(canvas.native, RIGHT, NONE, pixel(canvas, 10.0, 10.0))  # without moving it is napari's
    assert heard == [2]
    assert list(layer.contrast_limits) == limits

    window.set(Window(80, 40))
    window.toggle()
    readout = desk.viewer.canvas.overlays["wsss_window"]
    assert (readout.visible, readout.text) == (True, "W 80 L 40")
    center = tuple(desk.viewer.scene.camera.center)
    drag(canvas, pixel(canvas, 10.0, 10.0), (0, 50))
    assert window.window == Window(80, 60)  # downwards: darker
    assert readout.text == "W 80 L 60"
    assert tuple(desk.viewer.scene.camera.center) == center
    window.toggle()
    assert not readout.visible


def test_ct_windows_are_offered_and_kept(seen, tmp_path, qtbot):
    for number, air in enumerate((-1000, -1000, 0)):  # of the last the skull and all around it was cut away
        rng = np.random.default_rng(number)
        array = np.full((20, 24, 5), air, np.int16)
        array[4:16, 4:20] = rng.integers(max(air, -100), 900 if air else 80, (12, 16, 5))
        (tmp_path / "scans").mkdir(exist_ok=True)
        nib.save(nib.Nifti1Image(array, np.diag([-1.0, -1.0, 2.5, 1.0])), tmp_path / "scans" / f"case{number}.nii.gz")
    found = drain(scan_cohort(tmp_path / "scans", None))
    labels = LabelTable.empty(("lesion",), {case.id: 5 for case in found})
    desk = seen(FakeSession(Project.create(tmp_path / "project", "CT", found, labels)))
    window = desk.viewing.window
    assert window.choices == ("auto", "brain", "subdural", "blood", "bone")
    window.choose("subdural")
    assert desk.layers.images[0].contrast_limits == [-25.0, 175.0]
    with qtbot.waitSignal(desk.case_opened):
        desk.show_case("case1")
    assert (window.chosen, window.window) == ("subdural", CT_WINDOWS["subdural"])
    window.set(Window(10, -60))
    with qtbot.waitSignal(desk.case_opened):
        desk.show_case("case0")
    assert window.window == Window(10, -60)  # Hounsfield units mean the same in every scan
    for case_id, chosen in (("case2", "auto"), ("case0", "by hand")):
        with qtbot.waitSignal(desk.case_opened):
            desk.show_case(case_id)
        assert window.chosen == chosen
    assert window.window == Window(10, -60)
    window.choose("auto")
    assert window.chosen == "auto"


def test_mr_windows_are_kept_relative_to_auto(seen, session, qtbot):
    desk = seen(session)
    window = desk.viewing.window
    assert window.choices == ("auto",)
    auto = window.window
    window.set(Window(auto.width / 2, auto.level + auto.width / 4))
    with qtbot.waitSignal(desk.case_opened):
        desk.show_case("case1")
    fresh = robust_window(desk.layers.volume.array[0])
    assert fresh != auto
    np.testing.assert_allclose(window.window.width, fresh.width / 2)
    np.testing.assert_allclose(window.window.level, fresh.level + fresh.width / 4)


# ---- channels ------------------------------------------------------------------------------------------------------


def test_channels_one_blended_and_beside(seen, tmp_path, qtbot):
    desk = seen(session_of(tmp_path, channels=("a", "b")))
    channels, (first, second) = desk.viewing.channels, desk.layers.images
    assert channels.names == ("a", "b")
    channels.choose(1)
    assert (first.visible, second.visible) == (False, True)
    channels.go("blended")
    channels.weigh(0, 0.25)
    assert [(layer.visible, str(layer.blending), layer.opacity) for layer in (first, second)] == [
        (True, "additive", 0.25),
        (True, "additive", 1.0),
    ]
    assert (first.colormap.name, second.colormap.name) == ("green", "magenta")
    channels.go("beside")
    (pane,) = desk.viewing.panes.panes
    assert (pane.through, pane.channel) == (0, 0)
    assert np.shares_memory(pane.model.layers[0].data, desk.layers.volume.array[0])
    assert pane.model.layers[0].visible
    assert (first.visible, second.visible, first.colormap.name, first.opacity) == (False, True, "gray", 1.0)
    desk.layers.point = (4, 0, 0)
    assert pane.model.dims.current_step[0] == 4
    desk.viewer.scene.camera.center = (6.0, 7.0)
    assert tuple(pane.model.scene.camera.center[-2:]) == (6.0, 7.0)
    with qtbot.waitSignal(desk.case_opened):
        desk.show_case("case1")
    assert channels.way == "beside"
    assert [layer.visible for layer in desk.layers.images] == [False, True]
    channels.go("one")
    assert desk.viewing.panes is None
    with pytest.raises(ValueError, match="no way to show channels"):
        channels.go("mixed")


# ---- map and mask --------------------------------------------------------------------------------------------------


def test_looks_are_kept_where_layers_are_made_anew(seen, tmp_path, qtbot):
    desk = seen(session_of(tmp_path))
    layers = desk.layers
    layers.map_layer.opacity, layers.mask_layer.contour, layers.map_layer.visible = 0.3, 3, False
    desk.layers.fits = lambda *_: False
    with qtbot.waitSignal(desk.case_opened):
        desk.show_case("case1")
    assert desk.layers is not layers
    assert (desk.layers.map_layer.opacity, desk.layers.mask_layer.contour) == (0.3, 3)
    assert not desk.layers.map_layer.visible


def test_show_panel_follows_and_leads(desk, session, qtbot):
    panel = ShowPanel(desk)
    qtbot.addWidget(panel)
    with qtbot.waitSignals([desk.case_opened, desk.live.settled], timeout=60_000):
        desk.adopt(session)
    panel.map_opacity.setValue(40)
    panel.outline.setChecked(True)
    panel.width_.setValue(3)
    assert (desk.layers.map_layer.opacity, desk.layers.mask_layer.contour) == (0.4, 3)
    desk.layers.mask_layer.opacity = 0.2
    desk.layers.mask_layer.contour = 0
    assert (panel.mask_opacity.value(), panel.outline.isChecked(), panel.width_.isEnabled()) == (20, False, False)


def test_look_panel_follows_and_leads(desk, session, qtbot):
    panel = LookPanel(desk)
    qtbot.addWidget(panel)
    with qtbot.waitSignals([desk.case_opened, desk.live.settled], timeout=60_000):
        desk.adopt(session)
    panel.crosshair.click()
    assert desk.viewing.crosshair
    desk.viewing.toggle_crosshair()
    assert not panel.crosshair.isChecked()
    panel.side.setCurrentIndex(panel.side.findData("neurological"))
    panel.side.activated.emit(panel.side.currentIndex())
    assert preferences_here().value.convention == "neurological"
    assert desk.viewing.letters.shown["left"] == "L"
    desk.viewing.window.set(Window(50, 25))
    assert panel.readout.text() == "W 50 L 25"
    assert panel.window_.currentData() == "by hand"
    panel.window_.setCurrentIndex(panel.window_.findData("auto"))
    panel.window_.activated.emit(panel.window_.currentIndex())
    assert desk.viewing.window.chosen == "auto"
    assert panel.channels.isHidden()
