"""Differential prediction in the window: the worker is asked, live."""

import numpy as np
import pytest

from napari_wsss.data.simulated import TINY_SHAPE, simulate_cohort
from napari_wsss.errors import Cancelled, JobError, ProjectError
from napari_wsss.pipeline.classify import ask_model
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.runner import pinned_models
from napari_wsss.progress import drain
from napari_wsss.session import Session
from napari_wsss.session.classify import askers

TINY = [
    "slices.size=32",
    "classifier.backbone=resnet18",
    "classifier.weights=random",
    "classifier.epochs=1",
    "maps.scales=[1.0]",
    "refined-map.scales=[1.0]",
    "refined-map.gate=none",
]


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """A project of four heads of 7 slices with maps."""
    folder = tmp_path_factory.mktemp("classify")
    drain(simulate_cohort(folder, patients=4, shape=TINY_SHAPE))
    files = {"images": folder / "images", "labels": folder / "labels.csv", "split": folder / "split.csv"}
    session = drain(Session.create(folder / "project", **files))
    drain(session.use("mixed-unet", TINY, device="cpu"))
    drain(session.run(["train-classifier", "maps"], device="cpu"))
    yield session
    session.close()


def test_the_worker_answers_as_the_model_does(session):
    models = pinned_models(session.recipe, session.workspace)
    ask = askers(session.worker, session.project.folder, session.recipe, models, "sim-002")["classifier"]
    regions = np.random.default_rng(0).random((3, *TINY_SHAPE[1:])) < 0.3
    slices = np.array([4, 2, 4])
    job = Job("clusters", session.recipe, session.workspace, Keys(session.recipe, session.workspace, models), "cpu")
    direct = ask_model(job, "classifier", "sim-002")(regions, slices)
    np.testing.assert_allclose(ask(regions, slices), direct, atol=1e-4)


def test_a_tuner_keeps_the_cluster_that_the_classifier_misses_most(session):
    tuner = session.tuner("sim-002")
    before = tuner.mask()
    tuner.set("clusters", on=True, choose="differential", k=3)
    tuner.set("crf", iterations=0, gt_prob=0.9)
    after = tuner.mask()
    assert after.any()
    assert after.sum() < before.sum()
    np.testing.assert_array_equal(tuner.mask(3), after[3])


def test_the_same_mask_is_proposed_by_the_worker(session):
    live = session.tuner("sim-001")
    live.set("clusters", on=True, choose="differential", k=2)
    expected = np.array(live.mask())
    session.set("clusters", on=True, choose="differential", k=2)
    drain(session.run(["propose"], device="cpu", cases=["sim-001"]))
    np.testing.assert_array_equal(session.proposal("sim-001"), expected)
    assert session.project.proposal_key("crf", "sim-001") == live.key()


def test_a_busy_worker_is_one_clear_error(session):
    ask = askers(session.worker, session.project.folder, session.recipe, {"classifier": "0" * 64}, "sim-001")
    with (
        session.worker._one_job("run"),
        pytest.raises(JobError, match=r"busy with run; wait for it or cancel it first\. Or choose brightest"),
    ):
        ask["classifier"](np.zeros((1, *TINY_SHAPE[1:]), dtype=bool), np.array([0]))


def test_a_call_that_was_stopped_is_an_error_and_no_sign_that_a_newer_question_waits(session, monkeypatch):
    def stopped(*_, **__):
        yield from ()
        raise Cancelled("classify was stopped.")

    monkeypatch.setattr(session.worker, "call", stopped)
    models = pinned_models(session.recipe, session.workspace)
    ask = askers(session.worker, session.project.folder, session.recipe, models, "sim-001")["classifier"]
    with pytest.raises(JobError, match="classify was stopped"):
        ask(np.zeros((1, *TINY_SHAPE[1:]), dtype=bool), np.array([0]))


def test_a_classifier_that_is_not_trained(session):
    ask = askers(session.worker, session.project.folder, session.recipe, {}, "sim-001")["classifier"]
    with pytest.raises(ProjectError, match="'classifier', which is not trained yet"):
        ask(np.zeros((1, *TINY_SHAPE[1:]), dtype=bool), np.array([0]))
