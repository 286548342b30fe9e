"""Calibration finds what was planted, never gets worse, and never scores a patient by its own masks."""

import numpy as np
import pytest
from planted import make_workspace, one_threshold, plant, two_thresholds

from napari_wsss.errors import InputError, RecipeError
from napari_wsss.metrics.overlap import class_counts, confusion, dice
from napari_wsss.pipeline.calibrate import FOLDS, calibrate, leave_out
from napari_wsss.pipeline.scan import load_scan
from napari_wsss.pipeline.truths import truths_of
from napari_wsss.progress import Progress, drain


def cohort(folder, thresholds, **more):
    """Accept one case of each patient, cut at its own threshold; the names are a, b, c, …"""
    names = [chr(ord("a") + place) for place in range(len(thresholds))]
    workspace = make_workspace(folder, dict.fromkeys(names, "train"))
    for name, threshold in zip(names, thresholds, strict=True):
        plant(workspace, name, threshold, **more)
    return workspace


def scored(workspace, case_id, threshold, rows=24):
    """Dice of the scan cut at a threshold, counted by hand."""
    mask, slices = workspace.accepted.kept[case_id]
    cut = (load_scan(one_threshold(), workspace, case_id).image[0] >= np.float32(threshold)).astype(np.uint8)
    cut[:, rows:] = 0
    return dice(class_counts(confusion(cut[slices], mask[slices], 1), 0))


def test_the_planted_optimum_is_found(tmp_path):
    workspace = cohort(tmp_path, [0.62] * 4, rows=17)
    outcome = drain(calibrate(one_threshold(filter_on=True), workspace, minutes=None))
    assert outcome["knobs"] == ["cut.value", "keep.rows"]
    assert outcome["present"] == {"cut.value": 0.35, "keep.rows": 24}
    assert outcome["settings"] == outcome["found"]
    assert outcome["found"]["keep.rows"] == 17
    assert outcome["found"]["cut.value"] == pytest.approx(0.62, abs=0.011)
    assert outcome["trusted"]
    assert outcome["finished"]
    for figures in ("after", "unseen"):
        assert outcome[figures]["dice"] > 0.97 > outcome["before"]["dice"]
    assert outcome["text"] == "calibrated with 4 accepted masks of 4 patients"
    for row in outcome["rows"]:
        assert row["before"] == pytest.approx(scored(workspace, row["case"], 0.35))
        assert row["after"] == pytest.approx(scored(workspace, row["case"], outcome["found"]["cut.value"], 17))
    assert outcome["before"]["dice"] == pytest.approx(np.mean([row["before"] for row in outcome["rows"]]))


def test_two_thresholds_and_how_they_are_combined(tmp_path):
    workspace = cohort(tmp_path, [0.55] * 3)
    outcome = drain(calibrate(two_thresholds("and"), workspace, minutes=None))
    assert outcome["after"]["dice"] > 0.95, "the second map says nothing: its threshold must not get in the way"


def test_a_patient_is_scored_with_settings_that_never_saw_its_masks(tmp_path):
    # The trap: patient c's masks ask for another threshold than those of a and b.
    workspace = cohort(tmp_path, [0.5, 0.5, 0.8])
    first = drain(calibrate(one_threshold(), workspace, minutes=None))
    plant(workspace, "c", 0.2)
    second = drain(calibrate(one_threshold(), workspace, minutes=None))
    assert first["rows"][2]["before"] != second["rows"][2]["before"], "the masks of c do matter"
    for outcome in (first, second):
        (fold,) = [fold for fold in outcome["folds"] if fold["patients"] == ["c"]]
        assert fold["settings"] == {"cut.value": pytest.approx(0.5, abs=0.011)}
    assert [fold for fold in first["folds"] if fold["patients"] == ["c"]] == [
        fold for fold in second["folds"] if fold["patients"] == ["c"]
    ]
    row = second["rows"][2]
    assert row["unseen"] == pytest.approx(scored(workspace, "c", fold["settings"]["cut.value"]))
    assert row["unseen"] < scored(workspace, "c", 0.2)


def test_what_does_not_hold_on_unseen_patients_is_not_recommended(tmp_path):
    # Two patients pull apart; the present setting lies between them.
    workspace = cohort(tmp_path, [0.3, 0.8])
    outcome = drain(calibrate(one_threshold(value=0.55), workspace, minutes=None))
    assert outcome["unseen"]["dice"] < outcome["before"]["dice"] <= outcome["after"]["dice"]
    assert outcome["settings"] == {}
    assert not outcome["trusted"]


def test_a_gain_no_larger_than_its_standard_error_is_not_recommended(tmp_path):
    # Three patients of five gain much, two lose more: the mean rises, and says nothing of the next patient.
    workspace = cohort(tmp_path, [0.62, 0.62, 0.62, 0.4, 0.3])
    outcome = drain(calibrate(one_threshold(value=0.35), workspace, minutes=None))
    gains = np.array([row["unseen"] - row["before"] for row in outcome["rows"]])
    assert 0.001 < gains.mean() <= gains.std(ddof=1) / np.sqrt(5)
    assert outcome["settings"] == {}
    assert outcome["reason"].endswith(f"{gains.std(ddof=1) / np.sqrt(5):.3f}. Accept masks of more patients.")


def test_one_patient_cannot_be_checked_so_the_settings_stay(tmp_path):
    workspace = cohort(tmp_path, [0.6])
    outcome = drain(calibrate(one_threshold(), workspace, minutes=None))
    assert outcome["found"] == {"cut.value": pytest.approx(0.6, abs=0.011)}
    assert outcome["settings"] == {}
    assert outcome["unseen"] is None
    assert outcome["rows"][0]["unseen"] is None
    assert "second patient" in outcome["reason"]


def test_cases_of_one_patient_are_left_out_together(tmp_path):
    workspace = make_workspace(tmp_path, dict.fromkeys("abcd", "train"), {"a": "p", "b": "p", "c": "q", "d": "r"})
    for case_id in "abcd":
        plant(workspace, case_id, 0.5)
    without = leave_out(truths_of(workspace, "accepted"), {"cut.value": 0.35})
    assert {patient: climber.cases for patient, climber in without.items()} == {
        "p": ["c", "d"],
        "q": ["a", "b", "d"],
        "r": ["a", "b", "c"],
    }


def test_many_patients_are_left_out_in_groups_that_depend_on_the_seed_alone(tmp_path):
    workspace = cohort(tmp_path, [0.5] * 12)
    truths = truths_of(workspace, "accepted")
    without = leave_out(truths, {}, seed=1)
    groups = {id(climber): [name for name in without if without[name] is climber] for climber in without.values()}
    assert sorted(map(len, groups.values())) == [2, 2, 2, 3, 3]
    assert len(groups) == FOLDS
    for name, climber in without.items():
        assert name not in climber.cases
    again = leave_out(truths, {}, seed=1)
    assert {name: climber.cases for name, climber in again.items()} == {
        name: climber.cases for name, climber in without.items()
    }
    other = leave_out(truths, {}, seed=2)
    assert [climber.cases for climber in other.values()] != [climber.cases for climber in without.values()]


def test_it_is_never_worse_on_its_own_masks_and_keeps_what_is_best_already(tmp_path):
    workspace = cohort(tmp_path, [0.44, 0.44, 0.45])
    outcome = drain(calibrate(one_threshold(value=0.44), workspace, minutes=None))
    assert outcome["found"] == outcome["settings"] == {}
    assert outcome["after"] == outcome["before"]
    assert outcome["reason"] == "Nothing better was found than what is set."
    rng = np.random.default_rng(3)
    for value in rng.random(6):
        recipe = one_threshold(filter_on=True, value=round(value, 2)).with_knobs("keep", rows=int(rng.integers(25)))
        outcome = drain(calibrate(recipe, workspace, minutes=None))
        assert outcome["after"]["dice"] >= outcome["before"]["dice"]


def test_a_knob_that_does_not_matter_stays(tmp_path):
    workspace = cohort(tmp_path, [0.6, 0.6, 0.6], rows=6)
    for case_id in "abc":  # nothing below row 6 shows in the scan
        mask, _ = workspace.accepted.kept[case_id]
        assert not mask[:, 6:].any()
    recipe = one_threshold(filter_on=True).with_knobs("keep", rows=6)
    assert set(drain(calibrate(recipe, workspace, minutes=None))["found"]) == {"cut.value"}


def test_accepted_slices_alone_decide(tmp_path):
    workspace = cohort(tmp_path, [0.6, 0.6, 0.6], slices=[2])
    before = drain(calibrate(one_threshold(), workspace, minutes=None))
    for case_id in "abc":
        workspace.accepted.kept[case_id][0][[0, 1, 3]] = 1  # lies there, but nobody accepted it
    after = drain(calibrate(one_threshold(), workspace, minutes=None))
    assert [outcome.pop("seconds") >= 0 for outcome in (before, after)] == [True, True]
    assert before == after
    assert before["slices"] == 3


def test_the_same_masks_give_the_same_outcome_also_when_cut_short(tmp_path):
    workspace = cohort(tmp_path, [0.4, 0.6, 0.7])
    recipe = one_threshold(filter_on=True)
    short = [drain(calibrate(recipe, workspace, minutes=None, evaluations=30)) for _ in range(2)]
    assert [outcome.pop("seconds") >= 0 for outcome in short] == [True, True]
    assert short[0] == short[1]
    assert not short[0]["finished"]
    assert short[0]["after"]["dice"] >= short[0]["before"]["dice"]


def test_when_no_time_is_given_the_present_settings_are_scored(tmp_path):
    workspace = cohort(tmp_path, [0.6, 0.6])
    outcome = drain(calibrate(one_threshold(), workspace, minutes=0))
    assert outcome["found"] == {}
    assert not outcome["finished"]
    assert outcome["after"] == outcome["unseen"] == outcome["before"]


def test_progress_tells_the_best_so_far_and_it_can_be_cancelled(tmp_path):
    workspace = cohort(tmp_path, [0.6, 0.6, 0.6])
    events = []
    drain(calibrate(one_threshold(), workspace, minutes=None), events.append)
    best = [event.values["best"] for event in events if isinstance(event, Progress) and event.values]
    assert best == sorted(best)
    assert best[-1] > best[0]
    assert [event.done for event in events] == sorted(event.done for event in events)
    assert events[-1].done == events[-1].total
    work = calibrate(one_threshold(), workspace, minutes=None)
    next(work)
    work.close()
    assert list(work) == []


def test_errors_say_what_to_do(tmp_path):
    workspace = make_workspace(tmp_path, {"a": "train"})
    with pytest.raises(InputError, match="no accepted mask of a train or val patient yet"):
        drain(calibrate(one_threshold(), workspace))
    plant(workspace, "a", 0.5)
    with pytest.raises(RecipeError, match=r"'cut\.much' is no knob"):
        drain(calibrate(one_threshold(), workspace, knobs=["cut.much"]))
