"""A project from labels to exported masks, through the worker process, with two classes."""

import json

import numpy as np
import pytest
import yaml
from tiny_recipe import TINY

from napari_wsss.data.masks import read_mask
from napari_wsss.data.simulated import TINY_SHAPE, simulate_cohort
from napari_wsss.errors import InputError, ModelError, ProjectError, RecipeError
from napari_wsss.progress import Note, drain
from napari_wsss.session import Session
from napari_wsss.session.uncertainty import mean_entropy


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Six heads of 7 slices with infarcts and bleeds."""
    folder = tmp_path_factory.mktemp("cohort")
    return folder, drain(simulate_cohort(folder, patients=6, shape=TINY_SHAPE, classes=2))


def create(cohort, folder, **more):
    source, made = cohort
    given = {"images": source / "images", "labels": source / "labels.csv", "reference": source / "masks"}
    assert made["classes"] == ["infarct", "bleed"]
    return drain(Session.create(folder, **(given | {"split": source / "split.csv"} | more)))


@pytest.fixture(scope="module")
def finished(cohort, tmp_path_factory):
    """A project after all stages of system 1."""
    session = create(cohort, tmp_path_factory.mktemp("finished") / "project")
    drain(session.use("mixed-unet", TINY, device="cpu"))
    drain(session.run(device="cpu"))
    yield session
    session.close()


def test_every_stage_works_for_two_classes_and_a_second_run_redoes_nothing(finished):
    scores = drain(finished.evaluate(("train", "val", "test")))
    assert {(row["mask"], row["class"]) for row in scores["masks"]} == {
        (mask, name) for mask in ("Empty", "origin", "refined", "crf", "prediction") for name in ("infarct", "bleed")
    }
    assert [row["class"] for row in scores["classifier"]] == ["infarct", "bleed"]
    assert json.loads((finished.project.metrics_folder / "train-val-test.json").read_text()) == scores
    assert {step.state for step in finished.plan()} == {"valid"}
    done = drain(finished.run(device="cpu"))
    assert not done["classifier"]["trained"]
    assert done["crf"]["made"] == 0


def test_a_proposal_carries_its_provenance(finished):
    facts = finished.project.proposal_provenance("crf", "sim-001")
    assert (facts["recipe"], facts["step"]) == ("mixed-unet", "crf")
    assert facts["params"]["refined"]["value"] == 0.35
    assert facts["params"]["slices"]["size"] == 32
    assert set(facts["versions"]) >= {"napari_wsss", "numpy", "torch"}
    predicted = finished.project.prediction_provenance("prediction", "sim-001")
    (folder,) = finished.project.models_folder.glob("segmenter-*")
    card = yaml.safe_load((folder / "model.yaml").read_text())
    assert predicted["weights"][folder.name] == card["weights_sha256"]
    assert set(card["versions"]) >= {"napari_wsss", "numpy", "torch"}
    assert card["time"].startswith("20")


def test_the_tuner_gives_the_proposal_and_follows_its_knobs(finished):
    tuner = finished.tuner("sim-001")
    assert tuner.has_maps
    assert not tuner.stale
    assert [name for name, step in tuner.steps.items() if step.passes is None and step.gives != "region"] == [
        "refined-map",
        "refined",
        "kernel",
        "crf",
    ]
    mask = tuner.mask()
    np.testing.assert_array_equal(mask, finished.proposal("sim-001"))
    np.testing.assert_array_equal(np.stack([tuner.mask(z) for z in range(len(mask))]), mask)
    before = tuner.key()
    tuner.set("refined", value=1.0)
    assert tuner.key() != before
    assert (tuner.mask() > 0).sum() <= (mask > 0).sum()
    tuner.set("refined", value=0.35)
    assert tuner.key() == before
    with pytest.raises(RecipeError, match="no knob 'valu'"):
        tuner.set("refined", valu=1)


def test_the_worklist_has_the_evidence_of_the_proposal(finished):
    rows = {row.case_id: row for row in drain(finished.worklist("uncertainty"))}
    known = [row.uncertainty for row in rows.values()]
    assert known == sorted(known, reverse=True), "the most uncertain first"
    tuner = finished.tuner("sim-001")
    expected = np.mean(
        [mean_entropy(tuner.value(name)) for name in ("origin-map", "refined-map") if name in tuner.steps]
    )
    assert rows["sim-001"].uncertainty == pytest.approx(float(expected))
    assert rows["sim-001"].masks.kind == "proposal"
    key = finished.evidence()("sim-001").key
    finished.set_case("sim-001", "refined-map", gate="none")
    try:
        assert finished.evidence()("sim-001").key != key, "a case's own settings count"
    finally:
        finished.clear_case("sim-001")
    assert finished.evidence()("sim-001").key == key


def test_the_worker_proposes_a_case_with_its_own_settings(finished):
    finished.set_case("sim-001", "crf", iterations=2)
    try:
        done = drain(finished.run(["propose"], device="cpu"))
        assert {name: row["made"] for name, row in done.items()} == {"origin": 0, "refined": 0, "crf": 1}
        made = {
            case: finished.project.proposal_provenance("crf", case)["params"]["crf"] for case in ("sim-001", "sim-002")
        }
        assert {case: knobs["iterations"] for case, knobs in made.items()} == {"sim-001": 2, "sim-002": 5}
        assert {step.step: step.state for step in finished.plan()}["segmenter"] == "stale"
    finally:
        finished.clear_case("sim-001")
        drain(finished.run(["propose"], device="cpu"))
    assert {step.state for step in finished.plan()} == {"valid"}


def test_accepting_exporting_and_scoring_again(finished, tmp_path):
    mask = finished.project.case("sim-001").load_reference()
    finished.accept("sim-001", mask, edited=True, made=finished.tuner("sim-001").provenance())
    assert finished.project.state("sim-001") == "accepted"
    facts = finished.project.accepted_provenance("sim-001")
    assert facts["edited"] is True
    assert facts["params"]["refined"]["value"] == 0.35
    assert [name.split("-")[0] for name in facts["weights"]] == ["classifier"]
    (path,) = drain(finished.export(tmp_path / "out"))
    again, geometry = read_mask(path)
    np.testing.assert_array_equal(again, mask)
    assert geometry.fits(finished.project.case("sim-001").geometry)
    assert {step.step: step.state for step in finished.plan()}["segmenter"] == "stale", "an accepted mask came in"

    scores = drain(finished.worker.call("evaluate-folders", pred=str(tmp_path / "out"), ref=str(path.parent)))
    assert [row["dice"] for row in scores["masks"]] == [1.0] * len(scores["masks"])
    with pytest.raises(InputError, match="'crff' is no kind of mask here"):
        drain(finished.export(tmp_path / "out", what="crff"))
    finished.project.unaccept("sim-001")


def test_the_report_is_one_file_with_pictures(finished):
    page = drain(finished.report()).read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") > 10
    assert "Not for diagnosis" in page
    assert str(finished.project.folder) not in page


def test_a_model_file_cut_in_half_is_one_line_and_harms_nothing(finished):
    (folder,) = finished.project.models_folder.glob("classifier-*")
    weights = folder / "weights.safetensors"
    whole = weights.read_bytes()
    proposal = finished.proposal("sim-001")
    weights.write_bytes(whole[: len(whole) // 2])
    finished.set("maps", batch_size=4)
    try:
        assert {step.step: step.state for step in finished.plan()}["classifier"] != "valid"
        with pytest.raises(ModelError, match=r"classifier-\w+: the model is cut short") as caught:
            drain(finished.run(["maps"], device="cpu"))
    finally:
        weights.write_bytes(whole)
        finished.set("maps", batch_size=16)
    assert "\n" not in str(caught.value)
    np.testing.assert_array_equal(finished.proposal("sim-001"), proposal)


def test_settings_are_kept_in_the_project(cohort, tmp_path):
    with create(cohort, tmp_path / "p") as session:
        events = []
        work = session.use("mixed-unet", ["segmenter.width=8"], device="cpu")
        taken = drain(work, events.append)
        assert "slices.size=128" in taken
        assert "segmenter.width=16" not in taken, "what the person sets wins over the smaller settings"
        assert any(isinstance(event, Note) and "No GPU" in event.text for event in events)
        session.set("refined", value=0.7)
        drain(session.use(None, ["crf.iterations=2"], device="cpu", keep=False))
        assert session.recipe.step("crf").iterations == 2
    with Session.open(tmp_path / "p") as session:
        assert session.recipe.step("segmenter").width == 8
        assert session.recipe.step("slices").size == 128
        assert session.recipe.step("refined").value == 0.7
        assert session.recipe.step("crf").iterations == 5, "keep=False stores nothing"


def test_a_persons_own_recipe_is_copied_into_the_project(cohort, tmp_path):
    from napari_wsss.recipes import recipe_named

    own = recipe_named("mixed-unet").model_copy(update={"name": "mine"}).with_knobs("refined", value=0.6)
    (tmp_path / "mine.yaml").write_text(own.to_yaml(), encoding="utf-8")
    with create(cohort, tmp_path / "p") as session:
        drain(session.use(tmp_path / "mine.yaml", device="cuda"))
    (tmp_path / "mine.yaml").unlink()
    with Session.open(tmp_path / "p") as session:
        assert session.recipe == own


def test_labels_are_saved_at_once_and_a_project_without_table_starts_unlabelled(cohort, tmp_path):
    with create(cohort, tmp_path / "p", labels=None, classes=["infarct"]) as session:
        assert session.project.state("sim-001") == "unlabelled"
        session.label("sim-001", "infarct", 1, [2, 3])
        with Session.open(tmp_path / "p") as second:
            assert second.project.read_only
            assert second.project.labels.slice_labels("sim-001")[:, 0].tolist() == [-1, -1, 1, 1, -1, -1, -1]
            with pytest.raises(ProjectError):
                second.label("sim-001", "infarct", 0)
            with pytest.raises(ProjectError):
                drain(second.run(device="cpu"))


def test_both_or_neither_of_images_and_channels_is_refused(cohort, tmp_path):
    source, _ = cohort
    for given in ({}, {"images": source / "images", "channels": {"flair": source / "images"}}):
        with pytest.raises(InputError, match="either --images or --channel"):
            drain(Session.create(tmp_path / "p", **given))


def test_a_folder_with_a_project_is_not_overwritten(finished, cohort):
    source, _ = cohort
    with pytest.raises(ProjectError, match="holds a project already"):
        drain(Session.create(finished.project.folder, images=source / "images"))


def test_the_same_recipe_again_keeps_the_projects_settings_and_another_starts_afresh(cohort, tmp_path):
    with create(cohort, tmp_path / "p") as session:
        drain(session.use("mixed-unet", TINY, device="cpu"))
        session.set("refined", value=0.6)
        drain(session.use("mixed-unet", ["crf.iterations=2"], device="cpu"))
        assert session.recipe.step("refined").value == 0.6
        assert session.recipe.step("slices").size == 32


def test_a_new_project_gets_the_settings_that_fit_the_machine_at_its_first_run(cohort, tmp_path):
    with create(cohort, tmp_path / "p") as session:
        with pytest.raises(ProjectError, match="not trained yet"):
            drain(session.run(["maps"], device="cpu"))
        assert session.recipe.step("segmenter").width == 8, "32 with a GPU"


def test_a_tuner_keeps_to_the_labels_it_was_made_with(finished):
    tuner = finished.tuner("sim-001")
    before = tuner.key()
    table = finished.project.labels
    z = int(np.flatnonzero(table.slice_labels("sim-001")[:, 0] == 1)[0])
    table.set("sim-001", "infarct", 0, [z])
    try:
        assert tuner.key() == before
        tuner.set("refined", value=0.2)
        fresh = finished.tuner("sim-001")
        fresh.set("refined", value=0.2)
        assert fresh.key() != tuner.key()
        tuner.mask()
        assert not (fresh.evidence(z)[0] > 0).any(), "the gate follows the new label, not what an older tuner cached"
    finally:
        table.set("sim-001", "infarct", 1, [z])


def test_maps_of_fewer_classes_are_refused_after_a_class_was_added(finished):
    from napari_wsss.pipeline.scan import Scan

    step = finished.recipe.step("refined-map")
    maps = {"logits": np.zeros((2, 1), np.float32), "size": np.asarray(32)}
    scan = Scan(np.zeros((1, 2, 8, 8), np.float32), (1.0, 1.0, 1.0), np.ones((2, 2), np.int8))
    with pytest.raises(RecipeError, match="maps are of 1 classes, but the project has 2"):
        step.compute({"maps": maps}, scan)


def test_a_scale_without_maps_is_named_with_those_there_are(finished):
    tuner = finished.tuner("sim-001")
    computed = ", ".join(f"{scale:g}" for scale in sorted(finished.recipe.step("maps").scales))
    tuner.set("refined-map", scales=[0.25])
    with pytest.raises(RecipeError, match=rf"No maps at scale 0\.25; computed are {computed}\. "):
        tuner.mask()


def test_nothing_is_learnt_from_a_rejected_proposal(finished):
    before = {step.step: step.state for step in finished.plan()}
    finished.reject("sim-001", "the maps look at the skull")
    try:
        assert before["segmenter"] == "valid"
        assert {step.step: step.state for step in finished.plan()}["segmenter"] == "stale"
        assert finished.workspace.rejected == ["sim-001"]
    finally:
        finished.project.unreject("sim-001")


def test_masks_whose_axes_run_another_way_are_not_compared(finished, tmp_path):
    import nibabel as nib

    mask = np.zeros((4, 4, 4), np.uint8)
    mask[0] = 1
    for folder, sign in (("a", 1.0), ("b", -1.0)):
        (tmp_path / folder).mkdir()
        nib.save(nib.Nifti1Image(mask, np.diag([sign, 1.0, 1.0, 1.0])), tmp_path / folder / "x.nii.gz")
    with pytest.raises(InputError, match=r"its axes run RAS, those of its reference .* LAS"):
        drain(finished.worker.call("evaluate-folders", pred=str(tmp_path / "a"), ref=str(tmp_path / "b")))
