"""Time kept with a branch."""

import json
from types import SimpleNamespace

import pytest

from napari_wsss.pipeline.plan import PlannedStep
from napari_wsss.progress import Note, Progress
from napari_wsss.recipes import recipe_named
from napari_wsss.session.benchmark import time as kept_time
from napari_wsss.session.benchmark.time import FILE, Stopwatch, minutes_of


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(kept_time.time, "monotonic", lambda: now[0])
    return now


def branch(folder):
    folder.mkdir(exist_ok=True)
    return SimpleNamespace(folder=folder, models_folder=folder / "models")


def kept(folder):
    return json.loads((folder / FILE).read_text())


def hear(watch, clock, seconds, stage):
    clock[0] += seconds
    watch.hear(Progress(stage, 1, 2) if stage else Note("by the way"))


def test_time_is_counted_to_the_stage_that_tells_of_it(tmp_path, clock):
    watch = Stopwatch(branch(tmp_path))
    watch.begin([], 3)
    for seconds, stage in ((2.0, "maps"), (3.0, "maps"), (1.0, ""), (4.0, "propose")):
        hear(watch, clock, seconds, stage)
    watch.save()
    assert kept(tmp_path) == {"maps": 6.0, "propose": 4.0}
    assert minutes_of(branch(tmp_path), recipe_named("mixed-unet")) == pytest.approx(10 / 60)


def test_a_branch_that_is_gone_on_with_keeps_the_sum(tmp_path, clock):
    for seconds, units in ((2.0, 3), (5.0, 1), (7.0, 3)):  # begun, gone on with, begun anew
        watch = Stopwatch(branch(tmp_path))
        watch.begin([PlannedStep("maps", "maps", "missing", units)], 3)
        hear(watch, clock, seconds, "maps")
        watch.save()
        if units == 1:
            assert kept(tmp_path) == {"maps": 7.0}
    assert kept(tmp_path) == {"maps": 7.0}


def test_what_is_shared_costs_what_it_cost_there(tmp_path):
    source, target = branch(tmp_path / "source"), branch(tmp_path / "target")
    (source.folder / FILE).write_text('{"maps": 30.0, "propose": 9.0}')
    watch = Stopwatch(target)
    watch.take_over(source, ["maps", "slices"])
    assert kept(target.folder) == {"maps": 30.0}


def test_the_time_of_a_training_stands_on_its_card(tmp_path, monkeypatch):
    project = branch(tmp_path)
    (project.folder / FILE).write_text('{"maps": 30.0, "classifier": 1.0}')
    monkeypatch.setattr(kept_time.ModelShelf, "current", lambda _, step: "key" if step == "classifier" else None)
    monkeypatch.setattr(kept_time, "read_card", lambda _: {"seconds": 90.0})
    assert minutes_of(project, recipe_named("mixed-unet")) == 2.0


def test_a_damaged_file_is_no_time(tmp_path):
    (tmp_path / FILE).write_text("{")
    assert minutes_of(branch(tmp_path), recipe_named("mixed-unet")) == 0.0
