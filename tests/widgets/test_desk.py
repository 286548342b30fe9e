"""The desk in the real viewer: layers, live tuning, strokes that are never lost, jobs."""

import subprocess
import sys
import threading

import numpy as np
import pytest
from qtpy.QtWidgets import QMessageBox

from napari_wsss.errors import JobError, RecipeError
from napari_wsss.store.project import Project
from napari_wsss.widgets._decisions import accept, add_class, keep_settings, reject
from napari_wsss.widgets._desk import desk_of
from napari_wsss.widgets._jobs import _RUNNING
from napari_wsss.widgets._loading import load_case
from napari_wsss.widgets._warm import warm_up_once
from napari_wsss.widgets._watcher import may_leave

pytestmark = pytest.mark.gui


@pytest.fixture
def errors(monkeypatch):
    heard = []
    for place in ("_desk", "_decisions", "_long_work", "_writer"):
        monkeypatch.setattr(f"napari_wsss.widgets.{place}.tell_error", heard.append)
    return heard


def tune(desk, qtbot, step="cut", **knobs):
    with qtbot.waitSignal(desk.live.settled, timeout=10_000):
        desk.tune(step, **knobs)


def go_to(desk, qtbot, case_id):
    with qtbot.waitSignals([desk.case_opened, desk.live.settled], timeout=10_000):
        desk.show_case(case_id)


def paint(desk, z, row, column):
    desk.layers.mask_layer.data_setitem((np.array([z]), np.array([row]), np.array([column])), 1)


def test_one_desk_a_viewer(viewer, desk):
    assert desk_of(viewer) is desk


def test_a_case_comes_with_its_layers(opened, viewer):
    assert [layer.name for layer in viewer.layers] == ["image", "map", "mask"]
    assert opened.loaded.case_id == "case0"
    assert opened.layers.slice_index == 2
    np.testing.assert_allclose(viewer.layers["mask"].scale, (2.5, 1.0, 1.0))
    assert viewer.layers.selection.active is viewer.layers["mask"]


def test_the_slider_index_is_the_slice_number(opened, viewer):
    for z in range(opened.layers.depth):
        viewer.dims.set_current_step(0, z)
        assert opened.layers.slice_index == z
        np.testing.assert_array_equal(viewer.layers["image"]._slice.image.raw, opened.loaded.volume.array[0, z])


def test_a_slider_moves_map_and_mask(opened, qtbot):
    tuner = opened.tuner
    np.testing.assert_array_equal(opened.layers.mask, tuner.mask())
    np.testing.assert_array_equal(opened.layers.heat, tuner.evidence()[0])
    before = opened.layers.mask.sum()
    tune(opened, qtbot, value=0.2)
    np.testing.assert_array_equal(opened.layers.mask, (opened.layers.heat >= 0.2).astype(np.uint8))
    assert opened.layers.mask.sum() > before


def test_the_visible_slice_comes_first(opened, qtbot):
    order = []
    opened.answered.connect(lambda answer: order.append(answer.z))
    opened.layers.go_to(4)
    tune(opened, qtbot, value=0.3)
    assert order == [4, None]


def test_in_3d_the_volume_comes_first_and_is_drawn(opened, qtbot):
    opened.viewer.dims.ndisplay = 3
    order, drawn = [], []
    opened.answered.connect(lambda answer: order.append(answer.z))
    opened.layers.mask_layer.events.set_data.connect(drawn.append)
    tune(opened, qtbot, value=0.3)
    assert order == [None]
    assert len(drawn) == 1
    np.testing.assert_array_equal(opened.layers.mask_layer._slice.image.raw, opened.layers.mask_layer.data)


def test_a_cut_across_the_slices_is_answered_by_the_volume(opened):
    assert opened.layers.question == opened.layers.slice_index
    opened.viewer.dims.order = (1, 0, 2)
    assert opened.layers.question is None


def test_a_move_is_drawn_once(opened, qtbot):
    drawn = []
    opened.layers.mask_layer.events.set_data.connect(lambda _: drawn.append("mask"))
    opened.layers.map_layer.events.set_data.connect(lambda _: drawn.append("map"))
    before = opened.layers.mask[2].copy()
    tune(opened, qtbot, value=0.2)
    assert not np.array_equal(before, opened.layers.mask[2])
    assert drawn == ["mask"], "by the slice's answer; the volume shows nothing new in it, and the map is as it was"


def test_the_newest_move_wins(opened, qtbot):
    with qtbot.waitSignal(opened.live.settled, timeout=10_000):
        for percent in range(20, 80):
            opened.tune("cut", value=percent / 100)
    assert not opened.live.busy
    assert opened.tuner.recipe.steps["cut"].value == pytest.approx(0.79)
    np.testing.assert_array_equal(opened.layers.mask, opened.tuner.mask())


def test_a_step_that_fails_is_told_and_the_next_move_still_works(opened, qtbot):
    heard = []
    opened.live.failed.disconnect()
    opened.live.failed.connect(heard.append)
    tune(opened, qtbot, value=7.0)
    assert "value" in str(heard[0])
    tune(opened, qtbot, value=0.4)
    assert opened.tuner.recipe.steps["cut"].value == 0.4


def test_strokes_survive_sliders_and_other_cases(opened, qtbot):
    opened.layers.mask[:] = 0
    paint(opened, 1, 3, 4)
    assert opened.mask.edited
    drawn = opened.layers.mask.copy()
    tune(opened, qtbot, value=0.2)
    np.testing.assert_array_equal(opened.layers.mask, drawn)
    go_to(opened, qtbot, "case1")
    assert not opened.mask.edited
    go_to(opened, qtbot, "case0")
    assert opened.mask.edited
    np.testing.assert_array_equal(opened.layers.mask, drawn)
    opened.mask.choose("proposal")
    with qtbot.waitSignal(opened.live.settled):
        opened.retune()
    np.testing.assert_array_equal(opened.layers.mask, opened.tuner.mask())


def test_strokes_set_aside_can_be_chosen_again(opened):
    opened.layers.mask[:] = 0
    paint(opened, 1, 3, 4)
    first = opened.layers.mask.copy()
    opened.mask.choose("proposal")
    assert opened.mask.choices() == ["proposal", "draft"]
    paint(opened, 2, 5, 6)
    second = opened.layers.mask.copy()
    assert opened.mask.choices() == ["proposal", "edited", "draft"]
    opened.mask.choose("draft")
    assert opened.mask.edited
    np.testing.assert_array_equal(opened.layers.mask, first)
    opened.mask.choose("draft")
    np.testing.assert_array_equal(opened.layers.mask, second)


def test_strokes_set_aside_are_forgotten_once_accepted(opened, qtbot):
    paint(opened, 1, 3, 4)
    opened.mask.choose("proposal")
    opened.mask.choose("draft")
    accept(opened)
    until_written(opened, qtbot)
    assert opened.mask.choices() == ["proposal", "accepted"]
    assert opened.autosave.finish()
    assert opened.session.project.drafts.case_ids() == set()


@pytest.mark.parametrize("answer", ["Yes", "No"])
def test_leaving_asks_about_strokes_only_where_they_cannot_be_written(opened, qtbot, monkeypatch, answer):
    asked = []

    def question(_, __, words):
        asked.append(words)
        return getattr(QMessageBox.StandardButton, answer)

    monkeypatch.setattr(QMessageBox, "question", question)
    window = opened.viewer.window._qt_window
    assert may_leave(opened, window)
    assert asked == []
    paint(opened, 0, 1, 1)
    go_to(opened, qtbot, "case1")
    assert may_leave(opened, window)
    assert asked == []
    opened.session.project.read_only_reason = "The drive was taken away."
    paint(opened, 0, 1, 1)
    go_to(opened, qtbot, "case0")
    assert opened.mask.unsaved == ["case1"]
    assert may_leave(opened, window) is (answer == "Yes")
    assert "will be lost: case1" in asked[0]


def test_undo_takes_a_stroke_back(opened):
    before = opened.layers.mask.copy()
    paint(opened, 0, 1, 1)
    assert opened.layers.mask.sum() == before.sum() + 1
    opened.edits.undo()
    np.testing.assert_array_equal(opened.layers.mask, before)


def test_no_label_beyond_the_classes(opened):
    opened.layers.mask_layer.selected_label = 5
    assert opened.layers.mask_layer.selected_label == 1


def test_accept_keeps_exactly_what_is_shown(opened, session, qtbot):
    paint(opened, 0, 2, 3)
    shown = opened.layers.mask.copy()
    with qtbot.waitSignal(opened.writer.written):
        accept(opened)
    assert opened.autosave.finish()
    np.testing.assert_array_equal(session.project.accepted("case0"), shown)
    assert session.project.state("case0") == "accepted"
    assert session.project.accepted_provenance("case0")["edited"] is True
    assert opened.mask.origin == "accepted"
    go_to(opened, qtbot, "case1")
    go_to(opened, qtbot, "case0")
    np.testing.assert_array_equal(opened.layers.mask, shown)


def test_undo_and_redo_back_to_the_accepted_mask_leaves_nothing_to_accept(opened, session, qtbot):
    paint(opened, 0, 2, 3)
    paint(opened, 0, 5, 6)
    with qtbot.waitSignal(opened.writer.written):
        accept(opened)
    opened.edits.undo()
    assert opened.mask.edited
    assert opened.autosave.finish()
    assert session.project.state("case0") == "in progress"
    opened.edits.redo()
    assert opened.mask.origin == "accepted"
    assert opened.autosave.finish()
    assert session.project.state("case0") == "accepted"


def test_accept_right_after_a_move_waits_for_the_volume(opened, session, qtbot):
    with qtbot.waitSignal(opened.cases_changed, timeout=10_000):
        opened.tune("cut", value=0.25)
        accept(opened)
    expected = (opened.layers.heat >= 0.25).astype(np.uint8)
    np.testing.assert_array_equal(session.project.accepted("case0"), expected)


def test_an_accepted_slice_stays_while_sliders_move_the_rest(opened, session, qtbot):
    with qtbot.waitSignal(opened.cases_changed):
        accept(opened, [2])
    kept = opened.layers.mask[2].copy()
    assert session.project.accepted_slices("case0").tolist() == [False, False, True, False, False]
    tune(opened, qtbot, value=0.15)
    np.testing.assert_array_equal(opened.layers.mask[2], kept)
    np.testing.assert_array_equal(opened.layers.mask[3], opened.tuner.mask(3))


def until_written(desk, qtbot):
    qtbot.waitUntil(lambda: desk.writer.idle, timeout=10_000)


def test_a_waiting_accept_never_lands_on_the_next_case(opened, session, qtbot):
    opened.tune("cut", value=0.25)
    accept(opened)
    assert opened.awaited == "case0"
    go_to(opened, qtbot, "case1")
    assert opened.awaited is None
    until_written(opened, qtbot)
    assert "accepted" not in session.project.states().values()


def test_accept_pressed_twice_is_one_acceptance(opened, session, qtbot):
    opened.tune("cut", value=0.25)
    accept(opened)
    accept(opened)
    with qtbot.waitSignal(opened.cases_changed, timeout=10_000):
        qtbot.waitUntil(lambda: not opened.live.busy)
    until_written(opened, qtbot)
    assert session.project.state("case0") == "accepted"
    assert session.project.accepted_history("case0").case_ids() == set()


def test_several_slices_accepted_while_the_volume_is_computed_are_all_accepted(opened, session, qtbot):
    opened.tune("cut", value=0.25)
    accept(opened, [1])
    accept(opened, [3])
    assert opened.awaited == "case0"
    qtbot.waitUntil(lambda: not opened.live.busy and opened.writer.idle, timeout=10_000)
    assert session.project.accepted_slices("case0").tolist() == [False, True, False, True, False]
    np.testing.assert_array_equal(session.project.accepted("case0")[3], opened.tuner.mask(3))


def test_a_mask_that_could_not_be_computed_is_not_accepted(opened, session, qtbot, errors, monkeypatch):
    opened.live.failed.disconnect()
    opened.live.failed.connect(opened._on_live_failed)

    def fails(*_):
        raise RecipeError("no memory")

    monkeypatch.setattr(opened.tuner, "mask", fails)
    with qtbot.waitSignal(opened.live.settled, timeout=10_000):
        opened.tune("cut", value=0.2)
        accept(opened)
    assert opened.awaited is None
    accept(opened)
    until_written(opened, qtbot)
    assert session.project.state("case0") != "accepted"
    assert "could not be computed" in str(errors[-1])
    monkeypatch.undo()
    tune(opened, qtbot, value=0.3)
    accept(opened)
    until_written(opened, qtbot)
    assert session.project.state("case0") == "accepted"


def test_strokes_made_while_an_accept_is_written_stay(opened, session, qtbot):
    paint(opened, 0, 2, 3)
    accept(opened)
    paint(opened, 0, 5, 6)
    drawn = opened.layers.mask.copy()
    until_written(opened, qtbot)
    assert opened.mask.origin == "edited"
    assert opened.autosave.finish()
    assert session.project.drafts.case_ids() == {"case0"}
    go_to(opened, qtbot, "case1")
    go_to(opened, qtbot, "case0")
    np.testing.assert_array_equal(opened.layers.mask, drawn)
    assert session.project.accepted("case0")[0, 5, 6] == 0


def test_an_accept_written_after_leaving_leaves_no_draft(opened, session, qtbot):
    paint(opened, 0, 2, 3)
    accept(opened)
    opened._leave_case()
    until_written(opened, qtbot)
    assert opened.autosave.finish()
    assert session.project.state("case0") == "accepted"
    assert session.project.drafts.case_ids() == set()


def test_what_was_accepted_is_saved_before_the_project_closes(opened, session, qtbot, errors):
    for z in range(3):
        accept(opened, [z])
    opened.close_project()
    until_written(opened, qtbot)
    assert errors == []
    with Project.open(session.project.folder, read_only=True) as project:
        assert project.accepted_slices("case0").tolist() == [True, True, True, False, False]


def test_a_rejection_takes_accepted_slices_off_the_desk(opened, qtbot):
    paint(opened, 2, 2, 3)
    accept(opened, [2])
    until_written(opened, qtbot)
    opened.mask.choose("proposal")
    with qtbot.waitSignal(opened.live.settled, timeout=10_000):
        opened.retune()
    assert opened.layers.mask[2, 2, 3] == 1
    with qtbot.waitSignal(opened.live.settled, timeout=10_000):
        reject(opened, "blurred")
    assert opened.loaded.accepted is None
    assert not opened.loaded.accepted_slices.any()
    assert "accepted" not in opened.mask.choices()
    np.testing.assert_array_equal(opened.layers.mask, opened.tuner.mask())


def test_a_segmenters_mask_is_accepted_as_the_segmenters(opened, session, qtbot):
    facts = {"recipe": "theirs", "step": "prediction", "key": "77", "params": {"width": 8}, "weights": {"a": "b"}}
    session.project.write_prediction("prediction", "case0", np.ones((5, 24, 20), np.uint8), facts | {"seed": 3})
    go_to(opened, qtbot, "case0")
    opened.mask.choose("prediction")
    accept(opened)
    until_written(opened, qtbot)
    kept = session.project.accepted_provenance("case0")
    assert {name: kept[name] for name in facts} == facts
    assert "seed" not in kept


def test_a_label_makes_the_live_path_anew_and_keeps_the_sliders(opened, qtbot):
    tune(opened, qtbot, value=0.31)
    before = opened.tuner
    with qtbot.waitSignal(opened.live.settled, timeout=10_000):
        opened.labelling.set_in(["lesion"], 0, [1])
        opened.labelling.set_in(["lesion"], 0, [2])
    assert opened.tuner is not before
    assert opened.tuner.recipe.steps["cut"].value == 0.31
    np.testing.assert_array_equal(opened.layers.mask, opened.tuner.mask())


def test_settings_that_a_run_chose_are_told(opened, session, qtbot, monkeypatch):
    plain = session.run

    def run(*args, **kwargs):
        session.set("classifier", epochs=1)
        return (yield from plain(*args, **kwargs))

    monkeypatch.setattr(session, "run", run)
    with qtbot.waitSignal(opened.recipe_changed, timeout=10_000):
        opened.run(["maps"], "Maps")


def test_the_crf_is_compiled_once_when_a_project_opens(opened, qtbot):
    assert opened._warmer is warm_up_once()
    qtbot.waitUntil(lambda: not opened._warmer.running, timeout=60_000)


def test_reject(opened, session, qtbot):
    with qtbot.waitSignal(opened.cases_changed):
        reject(opened, "blurred")
    assert session.project.state("case0") == "rejected"


def test_labels_are_saved_at_once(opened, session, qtbot):
    with qtbot.waitSignal(opened.labels_changed):
        opened.labelling.set_in(["lesion"], 1, [1, 2])
    assert session.project.labels.slice_labels("case0")[:, 0].tolist() == [-1, 1, 1, -1, -1]
    until_written(opened, qtbot)
    assert "case0,1,1" in (session.project.folder / "labels.csv").read_text()


def test_a_new_class_gets_a_colour_and_a_label_value(opened, qtbot):
    with qtbot.waitSignals([opened.labels_changed, opened.case_opened], timeout=10_000):
        add_class(opened, "bleed")
    assert opened.layers.classes == ("lesion", "bleed")
    opened.layers.mask_layer.selected_label = 2
    assert opened.layers.mask_layer.selected_label == 2


def test_kept_settings_become_the_projects(opened, session, qtbot):
    with qtbot.waitSignal(opened.live.settled, timeout=10_000):
        opened.tuning.move("cut", value=0.31)
    assert session.recipe.steps["cut"].value == 0.5
    with qtbot.waitSignal(opened.recipe_changed):
        keep_settings(opened)
    assert session.recipe.steps["cut"].value == 0.31


def test_only_the_case_asked_for_last_appears(opened, qtbot):
    shown = []
    opened.case_opened.connect(lambda: shown.append(opened.loaded.case_id))
    opened.show_case("case1")
    opened.show_case("case2")
    qtbot.waitUntil(lambda: opened.loaded is not None and opened.loaded.case_id == "case2" and not opened.loading)
    assert shown == ["case2"]


def test_next_and_previous_go_round(opened, qtbot):
    for by, expected in ((-1, "case2"), (1, "case0"), (1, "case1")):
        with qtbot.waitSignal(opened.case_opened, timeout=10_000):
            opened.step_case(by)
        assert opened.loaded.case_id == expected


def test_the_way_follows_what_was_done(opened, qtbot):
    qtbot.waitUntil(lambda: opened.way.next == "Label")
    with qtbot.waitSignal(opened.way_changed):
        opened.labelling.set_in(["lesion"], 1, [1])
        opened.labelling.set_in(["lesion"], 0, [3])
    assert opened.way.next == "Train"
    assert "train the classifier" in opened.way.sentence
    with qtbot.waitSignal(opened.way_changed, timeout=10_000):
        assert opened.run(["train-classifier"], "Train")
    assert {"Label", "Train"} <= opened.way.done


def test_one_job_and_one_run_at_a_time(opened, session, qtbot, errors):
    assert opened.run(["maps"], "Maps")
    assert not opened.run(["predict"], "Predict")
    assert opened.start(session.evaluate(), "Score")
    assert not opened.start(session.evaluate(), "Score again")
    assert [str(error).split(" is")[0] for error in errors] == ["'Maps'", "'Score'"]
    qtbot.waitUntil(lambda: opened.idle)


def test_an_error_of_a_job_is_told(opened, session, qtbot, errors):
    session.fails = JobError("out of memory: lower batch_size")
    opened.run(["train-classifier"], "Train")
    qtbot.waitUntil(lambda: opened.idle)
    assert [str(error) for error in errors] == ["out of memory: lower batch_size"]


def test_a_case_without_maps_shows_its_kept_proposal(desk, session, qtbot):
    session.has_maps = False
    kept = np.zeros((5, 24, 20), np.uint8)
    kept[1, 2, 3] = 1
    session.project.write_proposal("cut", "case0", kept, {"key": "1"})
    with qtbot.waitSignals([desk.case_opened, desk.live.settled], timeout=10_000):
        desk.adopt(session)
    assert not desk.tuner.has_maps
    np.testing.assert_array_equal(desk.layers.mask, kept)


def test_closing_the_viewer_ends_threads_and_closes_the_project(opened, session):
    opened.viewer.close()
    assert session.closed
    assert not _RUNNING


def test_the_window_never_imports_torch():
    code = (
        "import sys; from napari_wsss.widgets import (MapsDock, ProjectDock, ReviewDock, TrainDock, TuneDock,"
        " get_reader, load_sample, open_desk); import napari_wsss.session;"
        " bad = {'torch', 'monai', 'lightning', 'torchvision'} & set(sys.modules); assert not bad, bad"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)


def test_the_next_case_comes_in_the_same_layers(opened, qtbot):
    before = list(opened.viewer.layers)
    opened.layers.map_layer.visible = False
    go_to(opened, qtbot, "case1")
    assert list(opened.viewer.layers) == before
    assert not opened.layers.map_layer.visible
    assert np.shares_memory(opened.layers.images[0].data, opened.loaded.volume.array)
    assert np.shares_memory(opened.layers.mask_layer.data, opened.layers.mask)
    np.testing.assert_array_equal(opened.layers.mask, opened.tuner.mask())
    opened.viewer.layers.remove("map")
    go_to(opened, qtbot, "case2")
    assert [layer.name for layer in opened.viewer.layers] == ["image", "map", "mask"]


def test_slices_are_right_beside_another_layer(opened):
    opened.viewer.add_image(np.zeros((40, 24, 20)), scale=(0.5, 1.0, 1.0))
    for z in range(opened.layers.depth):
        opened.layers.go_to(z)
        assert opened.layers.slice_index == z


def test_a_case_accepted_while_it_is_read_again_shows_as_accepted(opened, qtbot, monkeypatch):
    written = threading.Event()
    opened.writer.written.connect(written.set)

    def slow(session, case_id):
        found = yield from load_case(session, case_id)
        written.wait(10)
        return found

    monkeypatch.setattr("napari_wsss.widgets._case_loader.load_case", slow)
    opened.show_case("case0", keep_slice=True)
    with qtbot.waitSignal(opened.case_opened):
        accept(opened)
    qtbot.waitUntil(lambda: not opened.loading)
    assert opened.mask.origin == "accepted"
    assert opened.loaded.accepted is not None
