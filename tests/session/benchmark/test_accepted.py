"""A simulated person accepts masks of a tiny cohort: who, with what effort, and what is made of them."""

import csv

import numpy as np
import pytest
from tiny_recipe import TINY

from napari_wsss.data.simulated import TINY_SHAPE, simulate_cohort
from napari_wsss.metrics.effort import ASSUMPTION
from napari_wsss.models.card import read_card
from napari_wsss.pipeline.workspace import ModelShelf
from napari_wsss.progress import Note, Progress, drain
from napari_wsss.session import Session
from napari_wsss.session.benchmark.accepted import accepted_rows, keep_accepted
from napari_wsss.session.benchmark.branch import bare_branch
from napari_wsss.session.benchmark.run import Group
from napari_wsss.session.benchmark.simulated_person import draw_patients
from napari_wsss.session.branches import recipe_of_branch, run_branch
from napari_wsss.session.tasks import TASKS
from napari_wsss.session.workspaces import workspace_of
from napari_wsss.store.project import Project

PLACE = "benchmark/tiny"
JUDGED = Group("val patients", ("val",))
CEILING = 0.5


FOUND = {"refined.value": 0.2}
"""What calibration is made to recommend where there are two patients; of one it never recommends anything."""


class Here:
    """Does the worker's tasks in this process; calibration looks at a few settings only."""

    def __init__(self):
        self.asked = []

    def call(self, task, **arguments):
        self.asked.append(task)
        if task != "calibrate":
            return (yield from TASKS[task](**arguments))
        outcome = yield from TASKS[task](**arguments | {"minutes": 0.0})
        return outcome | {"settings": FOUND if outcome["patients"] == 2 else {}}

    def run(self, _, job, **__):
        return self.call(job.task, **job.arguments)

    def stop(self):
        pass


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("accepted")
    made = drain(simulate_cohort(folder / "scans", patients=4, shape=TINY_SHAPE))
    given = {name: made[name] for name in ("images", "labels", "split")}
    drain(Session.create(folder / "project", **given, reference=made["masks"])).close()
    with Project.open(folder / "project") as project:
        case_id = next(case.id for case in project.cases.values() if case.subset == "val")
        project.accept(case_id, project.load_reference(case_id) > 0, {})  # a person's own: no part of the benchmark
        yield project


@pytest.fixture(scope="module")
def recipe(project):
    session = Session(project, worker=Here())
    drain(session.use("mixed-unet", [*TINY, "segmenter.epochs=2"], device="cpu"))
    return session.recipe


@pytest.fixture(scope="module")
def image_only(project, recipe):
    with bare_branch(project, PLACE, recipe) as own:
        drain(run_branch(own, recipe, Here(), "cpu", []))
        yield own


@pytest.fixture(scope="module")
def again(project, recipe, image_only):
    """Give a function that does all of it, and what the first time gave."""

    def work(counts=(2, 1), ceiling=CEILING):
        events, worker = [], Here()
        found = drain(accepted_rows(project, recipe, worker, counts, "cpu", image_only, JUDGED, ceiling), events.append)
        return found, events, worker.asked

    return work


@pytest.fixture(scope="module")
def found(again):
    return again()[0]


def opened(project, number):
    return Project.open(project.folder / f"{PLACE}-accepted-{number}", read_only=True)


def reference(project, case_id):
    return (project.load_reference(case_id) > 0).astype(np.uint8)


def test_train_patients_with_a_lesion_are_drawn_once_and_for_all(image_only):
    order = draw_patients(image_only)
    ill = {
        case.patient
        for case in image_only.cases.values()
        if case.subset == "train" and reference(image_only, case.id).any()
    }
    assert len(order) == len(ill)
    assert set(order) == ill
    assert draw_patients(image_only) == order


def test_exactly_these_are_accepted_and_the_smaller_number_is_among_the_larger(project, image_only, found):
    order = draw_patients(image_only)
    assert [row["accepted"] for row in found["rows"]] == [0, 1, 2]
    for number in (1, 2):
        own = opened(project, number)
        accepted = {case.id for case in own.cases.values() if own.accepted_slices(case.id).any()}
        assert {own.cases[case_id].patient for case_id in accepted} == set(order[:number])
        for case_id in accepted:
            np.testing.assert_array_equal(own.accepted(case_id), reference(project, case_id))
    kept = {project.cases[case_id].subset for case_id in project.cases if project.accepted_slices(case_id).any()}
    assert kept == {"val"}, "the project is as it was"


def test_effort_is_counted_on_the_proposals_of_image_level_labels(project, recipe, image_only, found):
    workspace, slices, voxels = workspace_of(image_only, recipe), 0, 0
    for number, patient in enumerate(draw_patients(image_only)[:2], start=1):
        (case_id,) = (case.id for case in image_only.cases.values() if case.patient == patient)
        wrong = workspace.mask(recipe, recipe.proposal, case_id) != reference(project, case_id)
        slices, voxels = slices + int(wrong.any(axis=(1, 2)).sum()), voxels + int(wrong.sum())
        row = found["rows"][number]
        assert (row["slices_touched"], row["voxels_changed"]) == (slices, voxels)
        assert row["minutes"] == pytest.approx((20 * number + 15 * slices) / 60)
    assert slices > 0
    assert found["rows"][0]["minutes"] == 0.0
    assert ASSUMPTION in found["notes"]
    assert "the segmenter on val patients" in found["notes"][-1]


def test_the_segmenter_goes_on_from_the_image_level_one_and_the_classifier_stays(project, image_only, found):
    start = ModelShelf(image_only.models_folder).current("segmenter")
    for row in found["rows"][1:]:
        own = opened(project, row["accepted"])
        kept = recipe_of_branch(own)
        step, shelf = kept.step("segmenter"), ModelShelf(own.models_folder)
        assert (step.start, step.epochs) == (f"segmenter-{start[:12]}", 1), "fewer epochs"
        assert shelf.current("segmenter") not in (None, start)
        card = read_card(shelf.place("segmenter", shelf.current("segmenter")))
        assert card["epochs"] == 1
        assert shelf.current("classifier") == ModelShelf(image_only.models_folder).current("classifier")


def test_what_calibration_recommends_is_in_use(project, recipe, found):
    assert [row["settings"] for row in found["rows"]] == ["", "", "refined.value=0.2"]
    assert recipe_of_branch(opened(project, 1)).step("refined") == recipe.step("refined")
    own = opened(project, 2)
    kept = recipe_of_branch(own)
    assert kept.step("refined").value == 0.2
    kind, case_id = recipe.effective(recipe.proposal), min(own.cases)
    assert own.proposal_key(kind, case_id) != opened(project, 1).proposal_key(kind, case_id)


def test_rows_are_scored_on_the_same_patients_none_of_whom_is_accepted(project, recipe, image_only, found):
    unseen = {case.patient for case in project.cases.values() if case.subset == "val"}
    never = {case.patient for case in project.cases.values()} - set(draw_patients(image_only)[:2])
    by = {"proposal": never, "segmenter": unseen}
    ill = {case.patient for case in project.cases.values() if reference(project, case.id).any()}
    for row in found["rows"]:
        for mask, patients in by.items():
            scores = {
                one["patient"]: one["dice"]
                for one in found["patients"]
                if (one["accepted"], one["mask"]) == (row["accepted"], mask)
            }
            assert scores.keys() == patients & ill
            assert row[f"{mask}_patients"] == len(scores)
            assert row[mask] == pytest.approx(np.mean([*scores.values()]))
        assert row["ratio"] == pytest.approx(row["segmenter"] / CEILING)
    workspace = workspace_of(image_only, recipe)
    case_id = min(case.id for case in project.cases.values() if case.patient in never & ill)
    marked, truth = workspace.mask(recipe, recipe.proposal, case_id) > 0, reference(project, case_id) > 0
    dice = 2 * (marked & truth).sum() / (marked.sum() + truth.sum())
    score = next(one for one in found["patients"] if one["patient"] == project.cases[case_id].patient)
    assert score["dice"] == pytest.approx(dice)


def test_a_second_call_learns_nothing_again_and_searches_nothing(again, found):
    same, events, asked = again()
    assert same == found
    assert set(asked) == {"run"}, "what calibration found is kept"
    told = {event.stage.split(": ")[-1] for event in events if isinstance(event, Progress)}
    assert told <= {"share", "accept", "score"}


def test_more_than_there_are_becomes_all_there_are(again, image_only, found):
    most = len(draw_patients(image_only))
    assert most == 2, "else more is learnt here"
    more, events, _ = again(counts=(1, 30, 2), ceiling=None)
    assert [row["accepted"] for row in more["rows"]] == [0, 1, 2]
    assert more["rows"][1]["ratio"] is None
    assert any(
        isinstance(event, Note) and "30 accepted patients were asked for. 2 train" in event.text for event in events
    )
    assert [{**row, "ratio": None} for row in found["rows"]] == more["rows"]


def test_without_reference_masks_there_is_nobody_to_accept(project, recipe, image_only):
    bare = {name: case.replace(reference=None) for name, case in image_only.cases.items()}
    with Project.open(image_only.folder, read_only=True) as blind:
        blind.cases = bare
        nothing = drain(accepted_rows(project, recipe, Here(), (3,), "cpu", blind, JUDGED, None))
    assert nothing["rows"] == []
    assert "nobody's mask can be accepted" in nothing["notes"][0]
    assert keep_accepted(project.folder, nothing) == []


def test_files(tmp_path, found):
    table, patients, chart = keep_accepted(tmp_path, found)
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["accepted"]) for row in rows] == [0, 1, 2]
    assert [float(row["segmenter"]) for row in rows] == [row["segmenter"] for row in found["rows"]]
    assert patients.read_text(encoding="utf-8").startswith("accepted,mask,patient,dice")
    assert chart.read_bytes().startswith(b"\x89PNG")
