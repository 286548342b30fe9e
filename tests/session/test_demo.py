"""The sample and the demo, on a cohort small enough for a test."""

import pytest

from napari_wsss.data.simulated import TINY_SHAPE, simulate_cohort
from napari_wsss.progress import Progress, drain
from napari_wsss.session import demo
from napari_wsss.store.project import Project, is_project


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(
        demo, "simulate_cohort", lambda folder, patients: simulate_cohort(folder, patients=patients, shape=TINY_SHAPE)
    )
    monkeypatch.setattr(demo, "PATIENTS", 6)
    settings = [text for text in demo.SETTINGS if ".epochs" not in text and "size" not in text]
    monkeypatch.setattr(
        demo,
        "SETTINGS",
        [*settings, "slices.size=128", "classifier.epochs=1", "segmenter.width=4", "segmenter.epochs=1"],
    )


@pytest.mark.usefixtures("small")
def test_the_sample_comes_with_model_and_maps_and_opens_at_once_the_second_time(tmp_path):
    with drain(demo.open_sample(tmp_path)) as session:
        assert session.tuner("sim-001").has_maps
        assert session.proposal("sim-001") is not None
    events = []
    with drain(demo.open_sample(tmp_path), events.append) as session:
        assert session.tuner("sim-001").has_maps
    assert not [event for event in events if isinstance(event, Progress)]


@pytest.mark.usefixtures("small")
def test_a_sample_given_up_half_way_is_left_free(tmp_path):
    work = demo.open_sample(tmp_path)
    while not is_project(tmp_path / "project"):
        next(work)
    work.close()
    with Project.open(tmp_path / "project") as project:
        assert not project.read_only


@pytest.mark.usefixtures("small")
def test_the_demo_does_the_whole_job(tmp_path):
    result = drain(demo.run_demo(tmp_path, "cpu"))
    assert {row["mask"] for row in result["masks"]} == {"Empty", "origin", "refined", "crf", "prediction"}
    assert (tmp_path / "project" / "report.html").stat().st_size > 10_000


def test_settings_of_the_demo_are_valid():
    from napari_wsss.recipes import recipe_named

    recipe = recipe_named("mixed-unet").with_overrides(demo.SETTINGS)
    assert recipe.step("maps").layers == ("trunk.features.1",)
