"""The model library: what is listed, put to use, renamed, removed; masks come back with their model."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "made"))

from shelved import STEP, brighter, make_model, make_project

from napari_wsss.errors import InputError, ModelError, ProjectError
from napari_wsss.files import read_yaml, write_json
from napari_wsss.pipeline.runner import run
from napari_wsss.progress import drain
from napari_wsss.session import Session
from napari_wsss.session.detached import RUNS
from napari_wsss.session.run_folder import RunFolder, RunJob
from napari_wsss.store.processes import facts_of
from napari_wsss.store.provenance import clock


@pytest.fixture
def session(tmp_path):
    made = make_project(tmp_path)
    yield made
    made.close()


def predict(session):
    return drain(run(session.recipe, session.workspace, ["predict"], device="cpu"))["prediction"]["made"]


def predictions(session):
    return {case_id: session.prediction(case_id) for case_id in session.project.cases}


def test_models_are_listed_with_all_that_is_known_of_them(session):
    assert session.models() == []
    make_model(session, 100.0, learnt_from=["case0"], accepted=["case0"])
    (entry,) = session.models()
    assert (entry.step, entry.role, entry.network, entry.current) == (STEP, "segmenter", "unet, width 4", True)
    assert (entry.data, entry.scores) == ("1 accepted scans", {"dice_to_targets": 0.5})
    assert entry.settings["width"] == 4
    assert [row["dice_to_targets"] for row in entry.curves] == [0.4, 0.5]
    assert entry.name == f"unet {clock(entry.made)[:16]}"
    assert session.model(entry.folder.name[:14]) == session.model(entry.name) == session.segmenter() == entry
    with pytest.raises(ModelError, match="no model called 'unnet'"):
        session.model("unnet")


def test_what_is_incomplete_is_no_model(session):
    folder = make_model(session, 100.0)
    (folder / "weights.safetensors").write_bytes(b"cut short")
    assert session.models() == []
    assert session.segmenter() is None


def test_the_masks_of_a_model_come_back_with_it(session):
    first = make_model(session, 100.0, name="a")
    assert predict(session) == 4
    of_first = predictions(session)
    second = make_model(session, 60.0, name="b")
    assert predict(session) == 4
    of_second = predictions(session)
    assert all(of_second[name].sum() > of_first[name].sum() for name in of_first)
    assert session.model_before().folder == first
    brought = session.use_model(first.name)
    assert (brought.there, brought.missing) == (4, 0)
    for name, mask in predictions(session).items():
        np.testing.assert_array_equal(mask, of_first[name])
    assert predict(session) == 0, "they are as valid as they were"
    assert session.model_before().folder == second


def test_masks_of_another_model_are_not_shown_as_this_ones(session):
    first = make_model(session, 100.0, name="a")
    make_model(session, 60.0, name="b")
    predict(session)
    brought = session.use_model(first.name)
    assert (brought.there, brought.missing) == (0, 4)
    assert brought.words == "4 scans have none of this model yet: segment all scans to make them."
    assert all(mask is None for mask in predictions(session).values())


def test_the_prediction_tells_its_model_and_how_unsure_it_is(session):
    folder = make_model(session, 100.0)
    predict(session)
    made = session.project.prediction_provenance("prediction", "case0")
    assert made["model"] == folder.name
    unsure = made["uncertainty"]
    assert len(unsure["slices"]) == 5
    assert unsure["mean"] == pytest.approx(np.mean(unsure["slices"]), abs=1e-8)
    mask = session.prediction("case0")
    assert np.count_nonzero(mask != brighter(session, "case0", 100.0)) < 0.05 * mask.sum()


def test_names(session):
    first, second = make_model(session, 100.0, name="a"), make_model(session, 60.0, name="b")
    session.rename_model(first.name, "  first   try ")
    assert session.model("first try").folder == first
    with pytest.raises(ModelError, match="called 'first try' already"):
        session.rename_model(second.name, "first try")
    session.rename_model(first.name, "")
    assert session.model(first.name).name.startswith("unet 20")


def test_models_made_in_the_same_minute_are_told_apart(session):
    time = "2026-01-01T10:00:00+00:00"
    make_model(session, 100.0, name="a", time=time)
    make_model(session, 60.0, name="b", time=time)
    names = [entry.name for entry in session.models()]
    assert len(set(names)) == 2
    with pytest.raises(ModelError, match="give more of the name"):
        session.model("segmenter-")


def test_a_model_in_use_is_not_removed_another_is_with_all_it_made(session):
    first, second = make_model(session, 100.0, name="a"), make_model(session, 60.0, name="b")
    session.rename_model(first.name, "old")
    with pytest.raises(ModelError, match="is the model in use"):
        session.remove_model(second.name)
    session.remove_model("old")
    assert not first.exists()
    assert [entry.folder for entry in session.models()] == [second]
    assert first.name not in read_yaml(session.project.models_folder / "names.yaml")
    assert session.model_before() is None


def test_while_a_run_is_under_way_models_stay_as_they_are(session):
    """The run works with the models in use, and writes the masks that would be exchanged."""
    first, second = make_model(session, 100.0, name="a"), make_model(session, 60.0, name="b")
    busy = RunFolder.make(session.project.folder / RUNS, RunJob("run", {}, "Train the segmenter"))
    write_json(busy.folder / "process.json", facts_of())
    for change in (session.use_model, session.remove_model):
        with pytest.raises(ProjectError, match="'Train the segmenter' is under way and works with the models"):
            change(first.name)
    assert session.segmenter().folder == second
    write_json(busy.folder / "ending.json", {"result": {}})
    session.use_model(first.name)
    assert session.segmenter().folder == first


def test_a_model_prepares_scans_as_it_was_trained_whatever_the_recipe_says(session):
    folder = make_model(session, 100.0)
    predict(session)
    before = predictions(session)
    session.set("slices", size=64)
    assert predict(session) == 4
    for name, mask in predictions(session).items():
        np.testing.assert_array_equal(mask, before[name])
    assert folder.name == session.segmenter().folder.name


def test_a_project_opened_for_reading_changes_nothing(session):
    make_model(session, 100.0)
    with Session.open(session.project.folder, read_only=True) as reader:
        (entry,) = reader.models()
        for change in (
            lambda: reader.use_model(entry.name),
            lambda: reader.rename_model(entry.name, "x"),
            lambda: reader.remove_model(entry.name),
            lambda: reader.set_start_from("segmenter"),
            lambda: drain(reader.compare_models(entry.name, entry.name)),
        ):
            with pytest.raises(ProjectError):
                change()


# ---- what a person starts from


def test_scans_start_from_the_proposals_or_from_the_segmenters_masks(session):
    make_model(session, 100.0)
    predict(session)
    proposal = np.zeros((5, 24, 20), np.uint8)
    proposal[0, :2, :2] = 1
    session.project.write_proposal("margin", "case0", proposal, {"key": "k"})
    kind = session.recipe_for("case0").effective(session.recipe.proposal)
    session.project.write_proposal(kind, "case0", proposal, {"key": "k", "recipe": "r"})
    assert (session.start_from, session.offers("case0")) == ("proposals", "proposal")
    np.testing.assert_array_equal(session.offered("case0"), proposal)
    session.set_start_from("segmenter")
    np.testing.assert_array_equal(session.offered("case0"), session.prediction("case0"))
    session.accept("case0", session.offered("case0"))
    assert session.project.accepted_provenance("case0")["step"] == "prediction"
    session.project.prediction_shelf("prediction").remove("case1")
    assert session.offers("case1") == "proposal", "the segmenter has made none there"
    session.set_start_from("proposals")
    assert session.offers("case0") == "proposal"
    with pytest.raises(InputError, match="'segmenters' is nothing to start from"):
        session.set_start_from("segmenters")


def test_the_worklist_speaks_of_the_segmenters_masks_and_its_uncertainty(session):
    make_model(session, 100.0, learnt_from=["case0"])
    predict(session)
    session.set_start_from("segmenter")
    for name in ("case0", "case2"):
        mask = session.prediction(name)
        mask[2] = 0
        session.project.accept(name, mask, {})
    rows = {row.case_id: row for row in drain(session.worklist("uncertainty"))}
    for name, row in rows.items():
        told = session.project.prediction_provenance("prediction", name)["uncertainty"]["mean"]
        assert row.uncertainty == pytest.approx(told)
    assert rows["case1"].masks.kind == "prediction"
    assert rows["case2"].masks.gain > 0
    assert rows["case0"].masks.gain is None, "it learnt from that one"
    unsure = [row.uncertainty for row in drain(session.worklist("uncertainty"))]
    assert unsure == sorted(unsure, reverse=True)


def test_a_draft_begins_with_the_mask_offered(session):
    make_model(session, 100.0)
    predict(session)
    session.set_start_from("segmenter")
    session.edit("case0", "margin", {"distance": 3.0})
    (note,) = session.drafts()
    assert session.project.drafts.read("case0", note.number).started_from == "prediction"


def test_a_model_that_went_on_from_another_learnt_from_both(session):
    make_model(session, 60.0, learnt_from=["case1"], learnt_before=["case0"])
    assert session.learnt_from() == {"case0", "case1"}
