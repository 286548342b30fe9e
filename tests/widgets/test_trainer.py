"""A real training from the dock, killed in the middle and gone on with; the command line sees what the dock shows."""

import json
import os
import signal

import nibabel
import numpy as np
import pytest
from fake import write_scan
from person import Person

from napari_wsss.cli import main
from napari_wsss.data.masks import read_mask
from napari_wsss.progress import Progress, drain
from napari_wsss.report.columns import cell
from napari_wsss.session import Session
from napari_wsss.session.launching import kill
from napari_wsss.widgets import open_desk

pytestmark = pytest.mark.gui
SHAPE = (4, 32, 32)
TINY = [
    "slices.size=32",
    "segmenter.network=unet",
    "segmenter.width=4",
    "segmenter.epochs=40",
    "segmenter.batch_size=4",
]


@pytest.fixture
def project(tmp_path):
    """A project of three scans with a bright square; experts' masks of all, accepted for all but the last."""
    for number in range(3):
        write_scan(tmp_path / "images" / f"case{number}.nii.gz", SHAPE, seed=number)
        mask = np.zeros(SHAPE[::-1], np.uint8)
        mask[8:20, 10:22, 1:3] = 1
        (tmp_path / "masks").mkdir(exist_ok=True)
        affine = nibabel.load(tmp_path / "images" / f"case{number}.nii.gz").affine
        nibabel.save(nibabel.Nifti1Image(mask, affine), tmp_path / "masks" / f"case{number}.nii.gz")
    (tmp_path / "split.csv").write_text("image,split\ncase0,train\ncase1,val\ncase2,test\n")
    given = {"images": tmp_path / "images", "reference": tmp_path / "masks", "split": tmp_path / "split.csv"}
    with drain(Session.create(tmp_path / "project", **given)) as session:
        drain(session.use("mixed-unet", TINY, device="cpu"))
        session.choose(session.choice().replace(learn_from="accepted"))
        for case_id in ("case0", "case1"):
            session.accept(case_id, read_mask(tmp_path / "masks" / f"{case_id}.nii.gz")[0])
    yield session.project.folder
    for run in session.runs():
        kill(run)  # which would go on without a window


@pytest.fixture
def person(project, make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(1280, 720)
    desk = open_desk(viewer)
    with qtbot.waitSignal(desk.case_opened, timeout=60_000):
        desk.open(project)
    made = Person(desk, lambda condition: qtbot.waitUntil(condition, timeout=240_000))
    made.wait_for_case()
    return made


def test_a_training_that_was_killed_goes_on_and_its_scores_are_those_of_the_command_line(person, project, capsys):
    desk, heard = person.desk, []
    desk.run_heard.connect(heard.append)
    dock = person.dock("Train")
    person.click(dock.train)
    person.wait(lambda: any(isinstance(event, Progress) and "step" in event.values for event in heard))
    os.kill(desk.session.last_run().living.pid, signal.SIGKILL)
    person.wait(lambda: desk.running.job is None)
    assert desk.session.last_run().state == "died"
    person.click(dock.job.run.resume)
    person.wait(lambda: desk.session.last_run().state == "done" and desk.idle)
    assert desk.session.prediction("case2") is not None

    scores = []
    person.click(dock.evaluate)
    desk.job.returned.connect(scores.append)
    person.wait(lambda: desk.job is None)
    columns = [dock.table.horizontalHeaderItem(column).text() for column in range(dock.table.columnCount())]
    models = {entry.folder.name: dict(entry.scores) for entry in person.dock("Models").models.entries}
    desk.close_project()
    capsys.readouterr()
    assert main(["evaluate", str(project), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    for here, there in zip(scores[0]["masks"], again["masks"], strict=True):
        assert here == pytest.approx(there, abs=1e-6, nan_ok=True)
    shown = [dock.table.item(row, columns.index("Dice")).text() for row in range(dock.table.rowCount())]
    assert shown == [cell("dice", row["dice"]) for row in again["masks"]]
    assert main(["models", str(project), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {model["folder"].rpartition("/")[2]: model["scores"] for model in listed} == models
