"""Search and calibration through the worker process, on real maps of two classes, and the settings applied."""

import json

import numpy as np
import pytest

from napari_wsss.data.simulated import TINY_SHAPE, simulate_cohort
from napari_wsss.errors import InputError, ProjectError, RecipeError
from napari_wsss.metrics.foreground import foreground_dice
from napari_wsss.metrics.overlap import confusion
from napari_wsss.progress import Note, drain
from napari_wsss.refine.threshold import Threshold, threshold
from napari_wsss.session import Session

TINY = [
    "slices.size=32",
    "classifier.backbone=resnet18",
    "classifier.weights=random",
    "classifier.epochs=1",
    "maps.scales=[1.0]",
    "refined-map.scales=[1.0]",
]


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """A project with maps; one train and one val case have accepted masks of some slices."""
    source = tmp_path_factory.mktemp("cohort")
    drain(simulate_cohort(source, patients=6, shape=TINY_SHAPE, classes=2))
    inputs = {"images": source / "images", "labels": source / "labels.csv", "split": source / "split.csv"}
    made = drain(Session.create(tmp_path_factory.mktemp("p") / "p", reference=source / "masks", **inputs))
    with made as opened:
        drain(opened.use("mixed-unet", TINY, device="cpu"))
        with pytest.raises(InputError, match="no accepted mask"):
            drain(opened.search_thresholds())
        with pytest.raises(ProjectError, match="run `napari-wsss maps PROJECT` first"):
            drain(opened.search_thresholds("reference"))
        drain(opened.run(["train-classifier", "maps"], device="cpu"))
        for subset in ("train", "val"):
            case_id = opened.workspace.subset(subset)[0]
            mask = opened.tuner(case_id).mask()
            mask = np.where(np.arange(mask.shape[2]) < mask.shape[2] * 0.6, mask, 0).astype(np.uint8)
            opened.accept(case_id, mask, slices=range(1, 6), edited=True)
        yield opened


def test_the_search_gives_what_the_tuner_gives(session):
    table = drain(session.search_thresholds(step=0.2))
    assert json.loads((session.project.metrics_folder / "threshold-search.json").read_text()) == table
    assert (table["at"], table["n"], table["slices"]) == ("refined", 2, 10)
    scores = []
    for case_id in table["cases"]:
        mask = threshold(session.tuner(case_id).evidence(), Threshold(value=0.6))
        accepted = session.project.accepted(case_id)
        scores.append(foreground_dice(confusion(mask[1:6], accepted[1:6], 2)))
    assert table["dice"][3] == pytest.approx(np.mean(scores))
    later = drain(session.search_thresholds(at=session.recipe.proposal, step=0.2))
    assert later["at"] == session.recipe.proposal
    assert len(later["dice"]) == 6


def test_maps_made_with_other_settings_are_used_and_it_says_so(session):
    before = session.recipe.step("maps").scales
    session.set("maps", scales=[1.0, 2.0])
    events = []
    table = drain(session.search_thresholds(step=0.5), events.append)
    session.set("maps", scales=before)
    assert [event.text for event in events if isinstance(event, Note)] == [
        "the maps of 2 cases were made with other labels or settings than now."
    ]
    assert table["n"] == 2


def test_calibrate_and_apply(session):
    outcome = drain(session.calibrate(knobs=["refined.value", "kernel.srgb"], minutes=None))
    assert json.loads((session.project.metrics_folder / "calibration.json").read_text()) == outcome
    assert outcome["after"]["dice"] >= outcome["before"]["dice"]
    assert {row["case"] for row in outcome["rows"]} == set(outcome["cases"])
    session.apply({"refined.value": 0.62, "kernel.srgb": [20.0]})
    assert session.recipe.step("refined").value == 0.62
    assert session.recipe.step("kernel").srgb == (20.0,)
    with pytest.raises(RecipeError):
        session.apply({"refined.value": 0.7, "crf.compat": -1})
    assert session.recipe.step("refined").value == 0.62, "all or none"
    session.apply({})
    assert session.recipe.step("refined").value == 0.62


def test_the_classifier_can_be_asked_while_calibrating_though_it_is_not_in_the_present_settings(session):
    assert session.recipe.step("clusters").choose == "brightest"
    session.set("clusters", on=True, k=2)
    outcome = drain(session.calibrate(knobs=["clusters.choose"], minutes=None))
    session.set("clusters", on=False)
    assert outcome["finished"]
    assert outcome["present"] == {"clusters.choose": "brightest"}


def test_the_report_shows_both_and_its_tables_of_scores_still(session):
    drain(session.run(["propose"], device="cpu"))
    drain(session.evaluate(("val",)))
    page = drain(session.report()).read_text(encoding="utf-8")
    assert "Threshold search" in page
    assert "Calibration" in page
    assert "Masks, val patients" in page
    scores = session.project.metrics_folder / "val.json"
    scores.write_text(scores.read_text().replace(f'"{session.recipe.name}"', '"another-one"'))
    assert "Masks, val patients, recipe another-one" in drain(session.report()).read_text(encoding="utf-8")
