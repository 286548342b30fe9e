"""Runs on the command line: listed, followed, paused and stopped, whoever began them and has the project open."""

import json
from pathlib import Path

import pytest

from napari_wsss.cli import main
from napari_wsss.data.cohort import scan_cohort
from napari_wsss.data.labels import LabelTable
from napari_wsss.data.simulated import TINY_SHAPE, simulate_cohort
from napari_wsss.progress import drain
from napari_wsss.session.launching import kill, launch
from napari_wsss.session.run_folder import RunFolder, RunJob
from napari_wsss.store.project import Project


@pytest.fixture
def project(tmp_path):
    """A project that somebody has open for writing, with a run that has ended."""
    made = drain(simulate_cohort(tmp_path / "scans", patients=1, shape=TINY_SHAPE))
    cases = drain(scan_cohort(made["images"], None))
    labels = LabelTable.empty(("lesion",), {case.id: case.geometry.shape[0] for case in cases})
    with Project.create(tmp_path / "project", "", cases, labels) as opened:
        run = RunFolder.make(opened.folder / "runs", RunJob("run", {}, "Compute maps"))
        (run.folder / "ending.json").write_text(json.dumps({"result": {}}))
        event = {"event": "progress", "stage": "maps", "done": 3, "total": 3, "message": "", "values": {}}
        (run.folder / "events.jsonl").write_text(json.dumps({"call": 1, "event": event}) + "\n")
        yield opened.folder


def test_list_and_follow(project, capsys):
    assert main(["runs", str(project)]) == 0
    assert "1    Compute maps  done" in capsys.readouterr().out
    assert main(["runs", str(project), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["run"], row["what"], row["state"]) == (1, "Compute maps", "done")
    assert main(["runs", str(project), "--follow"]) == 0
    assert "maps 3/3" in capsys.readouterr().err


def test_what_is_over_cannot_be_paused(project, capsys):
    assert main(["runs", str(project), "--pause"]) == 5
    assert "run 1, 'Compute maps', is not under way: done" in capsys.readouterr().err
    assert main(["runs", str(project), "--number", "7", "--stop"]) == 5
    assert "there is no such run" in capsys.readouterr().err
    assert main(["runs", str(project), "--pause", "--stop"]) == 2


def test_pause_go_on_stop(project, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1] / "session"))
    job = RunJob("forever", {"started": str(tmp_path / "started"), "closed": str(tmp_path / "closed")}, "Train")
    run = launch(project / "runs", job, "sample_tasks:TASKS")
    try:
        assert main(["runs", str(project), "--pause"]) == 0
        assert run.state == "paused"
        assert main(["runs", str(project), "--go-on"]) == 0
        assert run.state == "running"
        assert main(["runs", str(project), "--stop"]) == 0
        assert "Run 2, 'Train': stopped." in capsys.readouterr().out
        assert run.state == "stopped"
    finally:
        kill(run)


def test_a_job_is_written_for_others_to_start(session, capsys):
    for words in (["train-classifier", "p"], ["run", "p", "--stages", "train-segmenter"], ["train-segmenter", "p"]):
        assert main([*words, "--write-job", "--device", "cuda"]) == 0
        assert capsys.readouterr().out == f"{Path('p', 'runs', '0001-train')}\n"
    written = [call[1:] for call in session.calls if call[0] == "write job"]
    assert written == [(("train-classifier",), "cuda"), (("train-segmenter",), "cuda"), (("train-segmenter",), "cuda")]
    assert not [call for call in session.calls if call[0] == "run"]
