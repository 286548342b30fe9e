"""The whole way at the desk, by keys and mouse alone: label, look, correct, undo, accept, next, export."""

import nibabel as nib
import numpy as np
import pytest
from fake import make_session
from person import Person
from qtpy.QtWidgets import QFileDialog

from napari_wsss.session.exporting import export_from
from napari_wsss.session.kept_masks import mask_source
from napari_wsss.widgets import open_desk
from napari_wsss.widgets._notify import notification_manager

pytestmark = pytest.mark.gui


@pytest.fixture
def person(make_napari_viewer, tmp_path, qtbot, request):
    session = make_session(tmp_path, cases=request.param)
    session.export = lambda folder, **words: export_from(
        session.project,
        mask_source("accepted", session.project, session.recipe, str),
        folder,
        words["cases"],
        **without(words),
    )
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(1280, 720)
    desk = open_desk(viewer)
    with qtbot.waitSignals([desk.case_opened, desk.live.settled, desk.way_changed], timeout=60_000):
        desk.adopt(session)
    made = Person(desk, lambda condition: qtbot.waitUntil(condition, timeout=20_000))
    made.wait_for_case()
    return made


def brush_box(desk):
    """Give the box that napari draws behind the brush's circle."""
    canvas = desk.viewer.window._qt_viewer.canvas
    overlay = desk.viewer.canvas.overlays._brush_circle
    (visual,) = canvas._viewer_overlay_to_visual[overlay]
    return visual.box


def without(words):
    return {name: word for name, word in words.items() if name not in {"what", "cases"}}


def accept_and_go_on(person):
    """Accept by key, and wait until it is on the disk; then the next case."""
    here = person.desk.loaded.case_id
    person.key("A")
    person.wait(lambda: person.desk.session.project.state(here) == "accepted" and person.desk.writer.idle)
    person.key("N")
    person.wait(lambda: person.desk.loaded is not None and person.desk.loaded.case_id != here)
    person.wait_for_case()


@pytest.mark.parametrize("person", [3], indirect=True)
def test_from_labels_to_accepted_and_exported_masks_by_keys_and_mouse_alone(person, tmp_path, monkeypatch):
    desk, project = person.desk, person.desk.session.project
    notification_manager.records.clear()
    person.dock("Review")
    expected: dict[str, np.ndarray] = {}
    for _ in range(3):
        case, layers = desk.loaded.case_id, desk.layers
        z = layers.slice_index
        # what is on the slice
        person.key("1")
        person.wait(lambda case=case, z=z: project.labels.slice_labels(case)[z, 0] == 1)
        person.key("PageDown")
        assert layers.slice_index == z + 1
        person.key("PageUp")
        # look
        person.key("H")
        assert not layers.map_layer.visible
        person.key("H")
        # correct: a stroke, another one taken back and made again, some of it erased
        before = layers.mask.copy()
        person.key("P")
        assert layers.mask_layer.mode == "paint"
        person.stroke([(16, 4), (16, 12)])
        first = layers.mask.copy()
        assert first[z, 16, 4:13].all(), "all along the stroke"
        assert desk.mask.edited
        np.testing.assert_array_equal(np.delete(first, z, axis=0), np.delete(before, z, axis=0))
        person.stroke([(20, 4), (20, 12)])
        second = layers.mask.copy()
        assert (second != first).any()
        person.key("Ctrl+Z")
        np.testing.assert_array_equal(layers.mask, first)
        person.key("Ctrl+Shift+Z")
        np.testing.assert_array_equal(layers.mask, second)
        person.key("E")
        person.stroke([(20, 12), (20, 10)])
        assert (layers.mask < second).any()
        assert not (layers.mask > second).any()
        # what it changed
        person.key("D")
        person.wait(lambda: sum(desk.difference.counts) > 0)
        person.key("D")
        person.key("Z")
        assert not brush_box(desk).parent, "nothing of the brush is left on the scan"
        expected[case] = layers.mask.copy()
        accept_and_go_on(person)
    assert set(expected) == set(project.cases)
    # out of the project
    folder = tmp_path / "out"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    export = person.dock("Export")
    export.names.setChecked(True)
    person.click(export.export)
    person.wait(lambda: desk.idle)
    files = {path.name.removesuffix(".nii.gz"): path for path in folder.rglob("*.nii.gz")}
    for case, mask in expected.items():
        np.testing.assert_array_equal(project.accepted(case), mask)
        assert project.accepted_provenance(case)["edited"]
        out = nib.load(files[case])
        np.testing.assert_array_equal(np.asarray(out.dataobj).T, mask)
        np.testing.assert_array_equal(out.affine, project.cases[case].geometry.affine)
    assert not [n for n in notification_manager.records if str(n.severity) in {"error", "warning"}]


@pytest.mark.parametrize("person", [1], indirect=True)
@pytest.mark.parametrize("convention", ["radiological", "neurological"])
def test_strokes_land_where_they_are_drawn(person, convention):
    """In both conventions; the voxel under the mouse is the voxel painted."""
    layers = person.desk.layers
    layers.turn(convention)
    layers.mask_layer.brush_size = 1
    before, z = layers.mask.copy(), layers.slice_index
    person.key("P")
    for y, x in ((3, 5), (21, 16), (12, 1)):
        person.stroke([(y, x), (y, x)])
        before[z, y, x] = 1
        np.testing.assert_array_equal(layers.mask, before)


@pytest.mark.parametrize("person", [1], indirect=True)
def test_a_right_click_and_going_round_a_lesion_fills_it(person):
    """A drag with the right button moves the window; a click with it must still be napari's."""
    layers, z = person.desk.layers, person.desk.layers.slice_index
    layers.mask_layer.brush_size = 1
    person.key("P")
    limits, before = list(layers.images[0].contrast_limits), layers.mask.copy()
    person.round([(14, 3), (14, 13), (22, 13), (22, 3), (14, 3)])
    person.wait(lambda: person.desk.edits.names[0] is not None)
    painted = layers.mask != before
    assert layers.mask[z, 14:23, 3:14].all()
    painted[z, 13:24, 2:15] = False  # how wide napari's outline is, is its own affair
    assert not painted.any()
    assert list(layers.images[0].contrast_limits) == limits
    person.key("Ctrl+Z")
    np.testing.assert_array_equal(layers.mask, before)
