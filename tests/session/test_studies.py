"""Cross-validation and ablation of a tiny cohort: what is learnt, what is shared, what the tables say."""

import json

import numpy as np
import pytest
from here import Here
from scipy.stats import ttest_rel
from tiny_recipe import TINY

from napari_wsss.data.simulated import TINY_SHAPE, simulate_cohort
from napari_wsss.errors import InputError, ProjectError, RecipeError
from napari_wsss.progress import Progress, drain
from napari_wsss.session import Session
from napari_wsss.session.ablation import wanted_variants
from napari_wsss.store.project import Project

PATIENTS, ILL = 6, 5


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studies")
    made = drain(simulate_cohort(folder / "scans", patients=PATIENTS, shape=TINY_SHAPE))
    given = {name: made[name] for name in ("images", "labels", "split")}
    drain(Session.create(folder / "project", **given, reference=made["masks"])).close()
    with Session(Project.open(folder / "project"), worker=Here()) as session:
        drain(session.use("mixed-unet", TINY, device="cpu"))
        yield session


@pytest.fixture(scope="module")
def folds(session):
    return drain(session.cross_validate(2, device="cpu"))


@pytest.fixture(scope="module")
def ablated(session):
    return drain(session.ablate(subsets=("train", "val", "test"), device="cpu"))


def opened(session, *place):
    return Project.open(session.project.folder.joinpath(*place), read_only=True)


def test_every_patient_is_scored_once_in_the_fold_that_left_it_out(session, folds):
    left_out = []
    for number in ("1", "2"):
        cases = opened(session, "folds", number).cases.values()
        assert {case.id for case in cases} == set(session.project.cases)
        left_out.append({case.patient for case in cases if case.subset == "test"})
    assert left_out[0].isdisjoint(left_out[1])
    assert left_out[0] | left_out[1] == {case.patient for case in session.project.cases.values()}
    scored = [row["case"] for row in folds["cases"] if row["mask"] == "crf"]
    assert sorted(scored) == sorted(session.project.cases)


def test_all_patients_together_weigh_alike_and_folds_are_averaged(folds):
    masks = ("Empty", "origin", "refined", "crf", "prediction")
    assert [row["mask"] for row in folds["masks"]] == list(masks)
    for mask, row in zip(masks, folds["masks"], strict=True):
        by_patient = [one["dice"] for one in folds["patients"] if one["mask"] == mask]
        assert row["patients"] == len(by_patient) == ILL
        assert row["dice"] == pytest.approx(np.mean(by_patient))
        of_mask = {one["fold"]: one for one in folds["by_fold"] if one["mask"] == mask}
        assert list(of_mask) == ["1", "2", "mean", "SD"]
        first, second = of_mask["1"]["mean_iou"], of_mask["2"]["mean_iou"]
        assert of_mask["mean"]["mean_iou"] == pytest.approx((first + second) / 2)
        assert of_mask["SD"]["mean_iou"] == pytest.approx(abs(first - second) / 2)
    assert folds["masks"][0]["dice"] == 0.0
    assert folds["masks"][0]["mean_iou"] > 0.45, "nearly all of a head is no lesion"
    assert [row["fold"] for row in folds["classifier"]] == ["1", "2"]


def test_tables_are_kept_and_reported(session, folds, ablated):
    kept = session.project.metrics_folder
    assert json.loads((kept / "cross-validation.json").read_text()) == folds
    assert json.loads((kept / "ablation.json").read_text()) == ablated
    page = drain(session.report()).read_text(encoding="utf-8")
    assert "Cross-validation, mixed-unet, 2 folds by patient: all patients" in page
    assert "Ablation, mixed-unet, train and val and test patients: tests" in page


def test_a_second_call_learns_nothing_again(session, folds, ablated):
    def stages(work):
        events = []
        result = drain(work, events.append)
        told = {event.stage.split(": ")[-1] for event in events if isinstance(event, Progress)}
        return result, told - {"share", "evaluate"}

    assert stages(session.cross_validate(2, device="cpu")) == (folds, set())
    assert stages(session.ablate(subsets=("train", "val", "test"), device="cpu")) == (ablated, set())


def test_a_variant_takes_over_what_does_not_differ(session, ablated):
    def models(*place):
        folder = session.project.folder.joinpath(*place, "models")
        return {path.parent.name: path.stat().st_ino for path in folder.glob("*/weights.safetensors")}

    def inputs(step, *place):
        folder = session.project.folder.joinpath(*place, "cache", step, "sim-001")
        return {path.name: path.stat().st_ino for path in folder.glob("*.npy")}

    whole = models()
    assert inputs("maps")
    assert list(ablated["variants"]) == ["without-crf", "one-scale"]
    for name in ablated["variants"]:
        own = models("ablations", name)
        assert {model for model in own if model.startswith("classifier")} <= set(whole)
        assert {model for model in own if model.startswith("segmenter")}.isdisjoint(whole)
        for step in ("slices", "maps"):
            assert inputs(step, "ablations", name) == inputs(step)


def test_variants_are_compared_by_patient(ablated):
    assert [(row["variant"], row["mask"]) for row in ablated["masks"]] == [
        ("full", "Empty"),
        *((name, mask) for name in ("full", "without-crf", "one-scale") for mask in ("proposal", "prediction")),
    ]
    values = {
        variant: [row["dice"] for row in ablated["patients"] if (row["variant"], row["mask"]) == (variant, "proposal")]
        for variant in ("full", "without-crf")
    }
    (row,) = [
        row
        for row in ablated["tests"]
        if (row["variant"], row["mask"], row["figure"]) == ("without-crf", "proposal", "dice")
    ]
    expected = ttest_rel(values["without-crf"], values["full"])
    assert row["compared"] == ILL
    assert (row["first"], row["second"]) == pytest.approx([np.mean(values[name]) for name in ("full", "without-crf")])
    assert (row["t"], row["p"]) == pytest.approx((expected.statistic, expected.pvalue))


@pytest.mark.usefixtures("ablated")
def test_a_branch_follows_the_project(session):
    case_id = "sim-001"
    session.accept(case_id, session.project.case(case_id).load_reference())
    session.set_case(case_id, "crf", iterations=2)
    try:
        work = session.ablate(["one-scale"], subsets=("val",), device="cpu")
        next(event for event in work if isinstance(event, Progress) and event.stage == "one-scale: share")
        work.close()
        variant = opened(session, "ablations", "one-scale")
        np.testing.assert_array_equal(variant.accepted(case_id), session.project.accepted(case_id))
        assert variant.settings["cases"] == session.project.settings["cases"]
    finally:
        session.project.unaccept(case_id)
        session.clear_case(case_id)
    with Session.open(session.project.folder / "ablations" / "one-scale") as one:
        assert one.recipe.step("refined-map").scales == (1.0,)
        assert one.recipe.step("segmenter").width == 4
        drain(one.use(None, ["refined.value=0.5"], device="cpu", keep=False))
        assert one.recipe.step("segmenter").width == 4, "smaller settings are not put over those of the project"


def test_what_cannot_be_done_is_said(session):
    with pytest.raises(InputError, match="9 folds of 6 patients"):
        drain(session.cross_validate(9, device="cpu"))
    with pytest.raises(RecipeError, match=r"no variant 'without-crff'. Did you mean 'without-crf'\?"):
        drain(session.ablate(["without-crff"], device="cpu"))
    outside = session.recipe.model_copy(update={"ablations": {"../../elsewhere": ()}})
    with pytest.raises(ProjectError, match=r"'\.\./\.\./elsewhere' cannot name a file"):
        wanted_variants(outside, None)
    with pytest.raises(RecipeError, match="has no ablations"):
        wanted_variants(session.recipe.model_copy(update={"ablations": {}}), None)
    with pytest.raises(RecipeError, match="give this variant another name"):
        wanted_variants(session.recipe.model_copy(update={"ablations": {"full": ()}}), None)
    with opened(session) as second, pytest.raises(ProjectError, match="opened for reading"):
        drain(Session(second, worker=Here()).cross_validate(2))
