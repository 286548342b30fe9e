"""Two models on the accepted masks: Dice by hand, what evaluate says too, what was seen in training, honest words."""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "made"))

from shelved import make_model, make_project

from napari_wsss.data.masks import read_mask, write_mask
from napari_wsss.errors import InputError, ModelError
from napari_wsss.pipeline.runner import run
from napari_wsss.pipeline.workspace import ModelShelf
from napari_wsss.progress import Note, drain
from napari_wsss.session.comparing import compare
from napari_wsss.session.evaluation import evaluate_project
from napari_wsss.session.kept_predictions import predictions_with
from napari_wsss.session.verdict_on_models import EVERYBODY, UNSEEN, gist, summary_of, surely_worse


def dice(mask, truth):
    return 2 * np.count_nonzero(mask & truth) / (np.count_nonzero(mask) + np.count_nonzero(truth))


@pytest.fixture
def session(tmp_path):
    """Two models, the second in use; three scans accepted as the first model marks what is brighter than 90."""
    made = make_project(tmp_path)
    make_model(made, 100.0, name="a", learnt_from=["case0"])
    make_model(made, 60.0, name="b", learnt_from=["case0", "case1"])
    for number in range(3):
        made.accept(f"case{number}", (made.load(f"case{number}").array[0] > 90).astype(np.uint8))
    yield made
    made.close()


def folders(session):
    newer, older = session.models()
    return older, newer


def test_dice_of_both_patient_by_patient(session):
    older, newer = folders(session)
    events = []
    result = drain(
        compare(session.project, session.recipe, (older.folder.name, newer.folder.name), "cpu"), events.append
    )
    assert next(event.text for event in events if isinstance(event, Note)).endswith("segments 3 scans to be compared.")
    assert [row["patient"] for row in result["rows"]] == ["case0", "case1", "case2"]
    for row in result["rows"]:
        truth = session.project.accepted(row["patient"]) > 0
        for place, entry in (("first", older), ("second", newer)):
            mask = predictions_with(entry.folder).read(row["patient"]) > 0
            assert row[place] == pytest.approx(dice(mask, truth), abs=1e-12)
        assert row["difference"] == row["second"] - row["first"] < 0
    assert [(row["first_saw"], row["second_saw"]) for row in result["rows"]] == [
        (True, True),
        (False, True),
        (False, False),
    ]
    assert session.prediction("case0") is None, "the project's own predictions stay as they are"
    again = []
    drain(compare(session.project, session.recipe, (older.folder.name, newer.folder.name), "cpu"), again.append)
    assert not any(isinstance(event, Note) for event in again), "what was made is kept"


def test_tables_and_plot_are_kept(session):
    older, newer = folders(session)
    result = drain(compare(session.project, session.recipe, (older.name, newer.name), "cpu"))
    kept = {Path(name).suffix: Path(name) for name in result["files"]}
    table = json.loads(Path(result["files"][0]).read_text())
    assert table["rows"] == result["rows"]
    rows = list(csv.DictReader(Path(result["files"][1]).read_text().splitlines()))
    assert float(rows[2]["second"]) == result["rows"][2]["second"]
    assert kept[".png"].read_bytes().startswith(b"\x89PNG")


def test_evaluate_says_the_same(session, tmp_path):
    """Reference masks that are the accepted ones: the scores of the model in use are those of `evaluate`."""
    for name in session.project.cases:
        mask = (session.load(name).array[0] > 90).astype(np.uint8)
        path = tmp_path / "reference" / f"{name}.nii.gz"
        write_mask(mask, session.project.case(name).geometry, path)
        session.project.cases[name] = session.project.case(name).replace(reference=path)
    older, newer = folders(session)
    result = drain(compare(session.project, session.recipe, (older.name, newer.name), "cpu"))
    drain(run(session.recipe, session.workspace, ["predict"], device="cpu"))
    scores = drain(evaluate_project(session.project, session.workspace, session.recipe, ("train", "val")))
    told = {row["patient"]: row["dice"] for row in scores["patients"] if row["mask"] == "prediction"}
    for row in result["rows"]:
        assert row["second"] == pytest.approx(told[row["patient"]], abs=1e-9)
    ModelShelf(session.project.models_folder).use(older.step, older.key)  # trained, say, and not yet let loose
    events = []
    drain(evaluate_project(session.project, session.workspace, session.recipe, ("train", "val")), events.append)
    assert any("4 of 4 scans were segmented by another model" in note.text for note in events if isinstance(note, Note))


def test_only_accepted_slices_count(session):
    truth = session.project.accepted("case2")
    session.project.unaccept("case2")
    session.project.accept("case2", truth, {}, slices=[2, 3])
    older, newer = folders(session)
    result = drain(compare(session.project, session.recipe, (older.name, newer.name), "cpu"))
    mask = read_mask(predictions_with(newer.folder).path("case2"))[0][2:4] > 0
    assert result["rows"][2]["second"] == pytest.approx(dice(mask, truth[2:4] > 0))


def test_what_cannot_be_compared(session):
    older, newer = folders(session)
    for name in ("case0", "case1", "case2"):
        session.project.unaccept(name)
    with pytest.raises(InputError, match="no mask is accepted yet"):
        drain(compare(session.project, session.recipe, (older.name, newer.name), "cpu"))
    with pytest.raises(ModelError, match="no model called 'x'"):
        drain(session.compare_models("x", newer.name))


def test_the_round_ends_with_the_new_masks_unless_they_are_worse(session, monkeypatch):
    """The comparison itself is made in the worker; here it is handed in."""
    asked = []

    def compared(first, second, *, device):
        yield Note("comparing")
        asked.append((first, second, device))
        return result

    monkeypatch.setattr(session, "compare_models", compared)
    older, newer = folders(session)
    result = {"rows": ROWS, "summary": summary_of(ROWS)}
    assert drain(session.end_round(device="cpu"))["start_from"] == "segmenter"
    assert asked == [(older.folder.name, newer.folder.name, "cpu")]
    session.set_start_from("proposals")
    worse = [row | {"difference": -0.2} for row in ROWS]
    result = {"rows": worse, "summary": summary_of(worse)}
    ended = drain(session.end_round())
    assert (ended["worse"], ended["start_from"]) == (True, "proposals")


# ---- what it says


def row(patient, first, second, *, saw=(False, False), cls="lesion"):
    seen = {"first_saw": saw[0], "second_saw": saw[1]}
    return {"patient": patient, "class": cls, "first": first, "second": second, "difference": second - first, **seen}


ROWS = [row("p0", 0.5, 0.7), row("p1", 0.6, 0.9), row("p2", 0.4, 0.5), row("p3", 0.9, 0.99, saw=(False, True))]


def test_the_summary_by_hand():
    everybody, unseen = summary_of(ROWS)
    assert (everybody["patients"], everybody["compared"], everybody["first"]) == (EVERYBODY, 4, 0.6)
    assert (unseen["patients"], unseen["compared"]) == (UNSEEN, 3)
    assert unseen["second"] == pytest.approx(0.7)
    assert unseen["difference"] == pytest.approx(0.2)
    assert unseen["low"] == pytest.approx(0.1)
    assert unseen["high"] == pytest.approx(0.3)


def test_the_gist_speaks_of_unseen_patients_where_there_are_any():
    def said(rows):
        return gist({"rows": rows, "summary": summary_of(rows)})

    assert said(ROWS) == (
        "Dice 0.700, before 0.500, in 3 patients that neither model learnt from. It is better: difference +0.200 "
        "(+0.100 to +0.300)."
    )
    assert "all of them seen in training: this says little about new scans" in said(ROWS[3:] * 2)
    assert "They may be equally good" in said([row("p0", 0.5, 0.6), row("p1", 0.5, 0.4)])
    assert "One patient is too few" in said(ROWS[:1])
    assert "nothing to compare yet" in said([])


def test_worse_is_said_only_of_unseen_patients():
    def worse(rows):
        return surely_worse({"rows": rows, "summary": summary_of(rows)})

    fallen = [row("p0", 0.7, 0.5), row("p1", 0.9, 0.6)]
    assert worse(fallen)
    assert not worse([one | {"first_saw": True} for one in fallen])
    assert not worse(ROWS)
    assert not worse([])
