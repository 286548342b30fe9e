"""A benchmark of a tiny cohort: what is run, what is shared, what the tables and files say."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from here import Here
from tiny_recipe import TINY

from napari_wsss.data.simulated import TINY_SHAPE, simulate_cohort
from napari_wsss.errors import InputError, ProjectError, RecipeError
from napari_wsss.pipeline.keys import Keys
from napari_wsss.progress import Note, Progress, drain
from napari_wsss.recipes import recipe_named
from napari_wsss.session import Session
from napari_wsss.session.benchmark.branch import run_timed
from napari_wsss.session.benchmark.ceiling import STAGES, ceiling_recipe, examples_of_epoch
from napari_wsss.session.benchmark.notes import NOBODY_APART
from napari_wsss.session.branches import recipe_of_branch
from napari_wsss.session.tasks import TASKS
from napari_wsss.session.workspaces import workspace_of
from napari_wsss.store.project import Project

PATIENTS = 6
GIVEN = {"overrides": TINY, "device": "cpu"}


class Estimating(Here):
    """Knows how long each step takes."""

    def call(self, task, **arguments):
        if task == "estimate":
            yield from ()
            return {"classifier": 10.0, "maps": 1.0, "segmenter": 20.0}
        return (yield from super().call(task, **arguments))


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    return drain(simulate_cohort(tmp_path_factory.mktemp("scans"), patients=PATIENTS, shape=TINY_SHAPE))


def project_of(scans, folder, **more):
    given = {name: scans[name] for name in ("images", "labels", "split")}
    drain(Session.create(folder, **given, **more)).close()
    return Session(Project.open(folder), worker=Estimating())


@pytest.fixture(scope="module")
def session(scans, tmp_path_factory):
    with project_of(scans, tmp_path_factory.mktemp("with") / "project", reference=scans["masks"]) as session:
        case_id = next(case.id for case in session.project.cases.values() if case.subset == "train")
        session.project.accept(case_id, session.project.load_reference(case_id) > 0, {})
        yield session


@pytest.fixture(scope="module")
def failing(tmp_path_factory):
    """A recipe that wants accepted masks, of which a benchmark has none."""
    recipe = recipe_named("mixed-unet").replace(name="nothing").with_overrides(["segmenter.learn_from=accepted"])
    path = tmp_path_factory.mktemp("recipes") / "nothing.yaml"
    path.write_text(recipe.to_yaml())
    return path


@pytest.fixture(scope="module")
def heard():
    return []


@pytest.fixture(scope="module")
def tables(session, failing, heard):
    return drain(session.benchmark(["mixed-unet", failing], **GIVEN), heard.append)


def row_of(tables, recipe, masks, group):
    wanted = {"recipe": recipe, "masks": masks, "group": group}
    (row,) = [row for row in tables["rows"] if wanted.items() <= row.items()]
    return row


def test_what_stands_in_the_table(tables):
    assert [(row["recipe"], row["masks"], row["group"]) for row in tables["rows"]] == [
        ("–", "Empty", "val patients"),
        ("–", "Empty", "test patients"),
        ("mixed-unet", "proposal", "train patients"),
        ("mixed-unet", "proposal", "val patients"),
        ("mixed-unet", "proposal", "test patients"),
        ("mixed-unet", "segmenter", "val patients"),
        ("mixed-unet", "segmenter", "test patients"),
        ("nothing", "proposal", "train patients"),
        ("nothing", "proposal", "val patients"),
        ("nothing", "proposal", "test patients"),
        ("mixed-unet", "ceiling", "val patients"),
        ("mixed-unet", "ceiling", "test patients"),
    ]
    empty = tables["rows"][0]
    assert (empty["dice"], empty["own_metric"]) == (0.0, "mean_iou")
    assert row_of(tables, "mixed-unet", "proposal", "train patients")["auc"] is not None


def test_rows_are_made_of_the_patients(tables, session):
    for row in tables["rows"][2:]:
        wanted = {name: row[name] for name in ("recipe", "masks", "group")}
        of_row = [one for one in tables["patients"] if wanted.items() <= one.items()]
        dice = [one["dice"] for one in of_row if one["dice"] is not None]
        assert row["shown"] == len(of_row)
        assert row["dice"] == pytest.approx(np.mean(dice))
        assert {f"{one['subset']} patients" for one in of_row} == {row["group"]}
    assert {one["patient"] for one in tables["patients"]} == {case.patient for case in session.project.cases.values()}


def test_a_recipe_that_fails_says_why_and_the_others_go_on(tables, heard):
    row = row_of(tables, "nothing", "proposal", "train patients")
    assert "no mask of a training patient is accepted" in row["note"]
    assert any("no mask of a training patient is accepted" in note for note in tables["notes"])
    assert any(isinstance(event, Note) and "The others go on" in event.text for event in heard)
    assert row_of(tables, "mixed-unet", "ceiling", "test patients")["note"] == ""


@pytest.mark.usefixtures("tables")
def test_what_a_person_accepted_takes_no_part(session):
    with Project.open(session.project.folder / "benchmark" / "mixed-unet" / "split", read_only=True) as own:
        assert not any(own.accepted_path(case_id).exists() for case_id in own.cases)
    with Project.open(session.project.folder / "benchmark" / "mixed-unet-ceiling" / "split", read_only=True) as own:
        taught = {case.subset for case in own.cases.values() if own.accepted_path(case.id).exists()}
    assert taught == {"train", "val"}
    assert "recipe" not in session.project.settings, "the project stays as it is"


@pytest.mark.usefixtures("tables")
def test_the_ceiling_is_not_taught_for_less_time(session):
    counts = {}
    for name in ("mixed-unet", "mixed-unet-ceiling"):
        folder = session.project.folder / "benchmark" / name / "split"
        with Project.open(folder, read_only=True) as own:
            recipe = recipe_of_branch(own)
        counts[name] = examples_of_epoch(folder, recipe), recipe.step("segmenter").least_examples
    (learnt, least), (taught, at_least) = counts["mixed-unet"], counts["mixed-unet-ceiling"]
    assert learnt > least == 0, "the recipe itself repeats nothing"
    assert at_least == learnt <= taught


@pytest.mark.parametrize(("own", "learnt", "least"), [(1000, 1924, 1924), (1000, 60, 1000), (0, 0, 0)])
def test_the_ceilings_least_examples(own, learnt, least):
    recipe = recipe_named("default").with_knobs("segmenter", least_examples=own)
    step = ceiling_recipe(recipe, learnt).step("segmenter")
    assert (step.least_examples, step.learn_from) == (least, "accepted")


def test_recipes_are_held_against_the_first_and_against_the_ceiling(tables):
    found = [(row["recipe"], row["against"], row["masks"], row["group"]) for row in tables["differences"]]
    assert found == [
        ("nothing", "mixed-unet", "proposal", "train patients"),
        ("nothing", "mixed-unet", "proposal", "val patients"),
        ("nothing", "mixed-unet", "proposal", "test patients"),
        ("mixed-unet", "mixed-unet ceiling", "segmenter", "val patients"),
        ("mixed-unet", "mixed-unet ceiling", "segmenter", "test patients"),
    ]
    for row in tables["differences"][3:]:
        dice = [row_of(tables, "mixed-unet", masks, row["group"])["dice"] for masks in ("segmenter", "ceiling")]
        assert [row["second"], row["first"]] == pytest.approx(dice)


def test_files(session, tables):
    folder = session.project.folder / "benchmark"
    assert json.loads((folder / "table.json").read_text())["rows"] == tables["rows"]
    with (folder / "table.csv").open(encoding="utf-8", newline="") as file:
        assert [row["masks"] for row in csv.DictReader(file)] == [row["masks"] for row in tables["rows"]]
    page, text = ((folder / name).read_text(encoding="utf-8") for name in ("report.html", "table.md"))
    assert "mixed-unet, proposal, best" in page
    assert "## Notes" in text
    for case in session.project.cases.values():
        assert case.id not in page
        assert case.id not in text
    assert {path.name for path in (folder / "pictures").iterdir()} >= {
        f"mixed-unet-{what}-{place}.png" for what in ("proposal", "segmenter") for place in ("best", "worst")
    }
    assert all(row["minutes"] > 0 for row in tables["rows"][2:])


def test_a_second_call_learns_nothing_again(session, tables):
    events, folder = [], session.project.folder / "benchmark"
    (folder / "accepted.csv").touch()
    (folder / "mine.csv").touch()
    again = drain(session.benchmark(["mixed-unet"], **GIVEN), events.append)
    stages = {event.stage.split(": ")[-1] for event in events if isinstance(event, Progress)}
    assert stages <= {"share", "score", "pictures", "accept", "mixed-unet"}
    kept = [row for row in tables["rows"] if row["recipe"] == "mixed-unet"]
    assert [row for row in again["rows"] if row["recipe"] == "mixed-unet"] == kept
    assert (folder / "mine.csv").exists()
    assert not (folder / "accepted.csv").exists(), "of an earlier benchmark"
    assert not [*(folder / "pictures").glob("nothing-*")]


def test_what_an_earlier_run_left_is_not_scored(session, tables, monkeypatch):
    def without_segmenter(own, recipe, worker, device, stages, *more):
        yield from run_timed(own, recipe, worker, device, [name for name in stages if name not in STAGES], *more)
        raise ProjectError("the disk is full.")

    def at_once(*_):
        yield from ()
        raise ProjectError("the disk is full.")

    monkeypatch.setattr("napari_wsss.session.benchmark.benchmark.run_timed", without_segmenter)
    given = {"ceilings": (), "device": "cpu"}
    found = drain(session.benchmark(["mixed-unet"], overrides=[*TINY, "segmenter.epochs=2"], **given))
    assert [row["masks"] for row in found["rows"]] == ["Empty"] * 2 + ["proposal"] * 3
    for row in found["rows"][2:]:
        before = row_of(tables, "mixed-unet", "proposal", row["group"])
        assert (row["dice"], row["auc"], row["note"]) == (
            before["dice"],
            before["auc"],
            "mixed-unet: the disk is full.",
        )
    with Project.open(session.project.folder / "benchmark" / "mixed-unet" / "split", read_only=True) as own:
        workspace, recipe = workspace_of(own, recipe_of_branch(own)), recipe_of_branch(own)
        assert all(workspace.mask(recipe, recipe.giving("prediction")[-1], name) is not None for name in own.cases)

    monkeypatch.setattr("napari_wsss.session.benchmark.benchmark.run_timed", at_once)
    found = drain(session.benchmark(["mixed-unet"], overrides=[*TINY, "classifier.epochs=2"], **given))
    assert [(row["masks"], row["note"]) for row in found["rows"]] == [("–", "mixed-unet: the disk is full.")]
    assert "mixed-unet: the disk is full." in found["notes"]


def test_a_budget_scales_the_epochs_and_stays_decided(scans, tmp_path, monkeypatch):
    monkeypatch.setattr("napari_wsss.session.benchmark.benchmark.run_timed", lambda *_: iter(()))
    with project_of(scans, tmp_path / "project") as session:
        settings = [*TINY, "classifier.epochs=10", "segmenter.epochs=10"]
        # Six cases of a second each, and 30 seconds for an epoch of both.
        for _ in range(2):
            found = drain(session.benchmark(["mixed-unet"], minutes=2.6, overrides=settings, device="cpu"))
            assert "classifier 5, segmenter 5 (its own: classifier 10, segmenter 10)" in found["notes"][-1]
            monkeypatch.setattr(Estimating, "call", _no_estimate)


def marked_corners(project, recipe, *_):
    """Stand for a run: propose the same corner of every case."""
    step, keys = recipe.effective(recipe.proposal), Keys(recipe, workspace_of(project, recipe))
    for case in project.cases.values():
        mask = np.zeros(case.geometry.shape, np.uint8)
        mask[:, :9, :9] = 1
        project.write_proposal(step, case.id, mask, {"key": keys.key(recipe.proposal, case.id)})
    yield from ()


def _no_estimate(_, task, **arguments):
    assert task != "estimate", "what was decided stays decided"
    return (yield from TASKS[task](**arguments))


def test_without_references_it_says_what_cannot_be_known(scans, tmp_path, monkeypatch):
    with project_of(scans, tmp_path / "project") as session:
        monkeypatch.setattr("napari_wsss.session.benchmark.benchmark.run_timed", marked_corners)
        tables = drain(session.benchmark(["mixed-unet"], accepted=[3], **GIVEN))
    assert [row["masks"] for row in tables["rows"]] == ["proposal"] * 3
    assert all(row["dice"] is None and row["marked_positive"] == 1.0 for row in tables["rows"])
    assert all(row["area"] == pytest.approx(100 * 81 / np.prod(TINY_SHAPE[1:])) for row in tables["rows"])
    assert "No case has a reference mask" in tables["notes"][0]
    assert (tables["accepted"], tables["differences"]) == (None, [])
    assert tables["notes"][-1].endswith("is not known. No segmenter of mixed-unet could be scored without them.")


def test_with_train_patients_alone_only_proposals_are_scored(scans, tmp_path, monkeypatch):
    split = tmp_path / "split.csv"
    split.write_text(Path(scans["split"]).read_text().replace(",val,", ",train,").replace(",test,", ",train,"))
    monkeypatch.setattr("napari_wsss.session.benchmark.benchmark.run_timed", marked_corners)
    with project_of(scans | {"split": split}, tmp_path / "project", reference=scans["masks"]) as session:
        tables = drain(session.benchmark(["mixed-unet"], **GIVEN))
    assert [(row["masks"], row["group"]) for row in tables["rows"]] == [
        ("Empty", "train patients"),
        ("proposal", "train patients"),
    ]
    assert tables["rows"][0]["patients"] == tables["rows"][1]["patients"] == PATIENTS - 1
    assert NOBODY_APART in tables["notes"]
    assert not any("ceiling" in note and note != NOBODY_APART for note in tables["notes"])


def test_a_reference_that_is_gone_leaves_the_other_scores(scans, tmp_path, monkeypatch):
    masks = shutil.copytree(scans["masks"], tmp_path / "masks")
    monkeypatch.setattr("napari_wsss.session.benchmark.benchmark.run_timed", marked_corners)
    with project_of(scans, tmp_path / "project", reference=masks) as session:
        case = next(case for case in session.project.cases.values() if case.subset == "train")
        case.reference.unlink()
        tables = drain(session.benchmark(["mixed-unet"], ceilings=(), **GIVEN))
    row = row_of(tables, "mixed-unet", "proposal", "train patients")
    assert row["shown"] == sum(other.subset == "train" for other in session.project.cases.values()) - 1
    assert row["dice"] is not None
    assert row["note"].startswith(f"Not scored: {case.id}. Case '{case.id}': its reference mask")
    assert row["note"] in tables["notes"]
    for name in ("report.html", "table.md"):
        text = (session.project.folder / "benchmark" / name).read_text(encoding="utf-8")
        assert "Not scored: " in text
        assert case.id not in text


def test_accepted_masks_that_cannot_be_done_leave_the_other_tables(session, tables, monkeypatch):
    def broken(*_):
        yield from ()
        raise ProjectError("the disk is full.")

    monkeypatch.setattr("napari_wsss.session.benchmark.benchmark.accepted_rows", broken)
    found = drain(session.benchmark(["mixed-unet"], accepted=[1], **GIVEN))
    assert found["accepted"] is None
    assert found["notes"][-1] == "What accepted masks bring is not known. mixed-unet, accepted masks: the disk is full."
    assert found["rows"] == [row for row in tables["rows"] if row["recipe"] != "nothing"]
    assert "the disk is full" in (session.project.folder / "benchmark" / "table.md").read_text(encoding="utf-8")


def test_the_segmenter_that_learns_from_accepted_masks_is_judged_on_test_patients(session, tables, monkeypatch):
    def nobody(*given):
        yield from ()
        asked.extend(given[-2:])
        return {"rows": [], "notes": ["Nobody's mask can be accepted."]}

    asked = []
    monkeypatch.setattr("napari_wsss.session.benchmark.benchmark.accepted_rows", nobody)
    found = drain(session.benchmark(["mixed-unet"], accepted=[1], **GIVEN))
    assert asked[0].subsets == ("test",)
    assert asked[1] == row_of(tables, "mixed-unet", "ceiling", "test patients")["dice"]
    assert found["notes"][-1] == "Nobody's mask can be accepted."


def test_folds_score_every_patient_where_it_was_left_out(session, monkeypatch):
    monkeypatch.setattr("napari_wsss.session.benchmark.benchmark.run_timed", marked_corners)
    tables = drain(session.benchmark(["mixed-unet"], folds=2, ceilings=(), **GIVEN))
    learnt = row_of(tables, "mixed-unet", "proposal", "patients learnt from")
    apart = row_of(tables, "mixed-unet", "proposal", "patients kept apart")
    assert learnt["shown"] == apart["shown"] == PATIENTS
    left_out = [row for row in tables["patients"] if row["group"] == "patients kept apart"]
    assert len(left_out) == PATIENTS
    assert {row["fold"] for row in left_out} == {"1", "2"}


def test_what_cannot_be_done_is_said(session):
    with pytest.raises(RecipeError, match=r"Did you mean 'mixed-unet'\?"):
        drain(session.benchmark(["mixed-unit"], device="cpu"))
    with pytest.raises(InputError, match="9 folds of 6 patients"):
        drain(session.benchmark(["mixed-unet"], folds=9, device="cpu"))
    with (
        Project.open(session.project.folder, read_only=True) as second,
        pytest.raises(ProjectError, match="opened for reading"),
    ):
        drain(Session(second, worker=Estimating()).benchmark(["mixed-unet"]))
