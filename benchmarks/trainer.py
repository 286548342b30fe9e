"""A person trains a segmenter at the desk while everything goes wrong that can; each step is pictured.

    xvfb-run -a -s "-screen 0 1600x1200x24" python benchmarks/trainer.py PROJECT PICTURES [--set segmenter.width=8 …]

PROJECT is a copy of a project folder with accepted masks: it is changed. By mouse and keys alone, from the Train dock:
train, cancel, continue, pause, go on, close the window, open it again, kill the training with -9, continue, take its
memory away (a limit on its address space), continue, to the end. Then: the scores that the dock shows are those of
`napari-wsss evaluate` to 1e-6 and those of the Models dock are those of `napari-wsss models`, and a second copy of the
project, trained without any of this on the command line, has the same weights to the bit.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import napari
import psutil
from napari.utils.notifications import notification_manager
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QScrollArea

from napari_wsss.models.card import weights_digest
from napari_wsss.progress import Note, Progress, drain
from napari_wsss.report.columns import cell
from napari_wsss.session import Session
from napari_wsss.widgets import open_desk

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "widgets"))
from person import Person

PATIENCE_SECONDS = 900.0
GRACE_SECONDS = 2.0
"""Within this a training that is cancelled is to be gone."""
ROOM = 64 * 2**20
"""Bytes that the training may still take when its memory is taken away."""


class Trainer(Person):
    """A person in front of the Train dock of one window.

    Attributes:
        steps: what the training told, one a step.
        notes: what it said.
    """

    def __init__(self, project: Path, pictures: Path, theme: str) -> None:
        viewer = napari.Viewer(show=True)
        viewer.theme = theme
        viewer.window.resize(1280, 720)
        super().__init__(open_desk(viewer), wait, pictures)
        self.steps: list[Progress] = []
        self.notes: list[str] = []
        self.desk.run_heard.connect(self._hear)
        self.desk.open(project)
        wait(lambda: self.desk.session is not None)
        self.wait_for_case()
        self.train = self.dock("Train")

    @property
    def run(self) -> Any:
        """The run under way, or else the last."""
        return self.desk.session.last_run()

    @property
    def furthest(self) -> int:
        """How many steps the training has taken, as far as this window heard."""
        return max((event.done for event in self.steps), default=0)

    def see_steps(self, more: int = 3) -> None:
        """Wait until the training takes some more steps."""
        before = self.furthest  # what was told before is told again to a window that joins
        self.wait(lambda: self.furthest >= before + more or self.desk.running.job is None)
        must(self.desk.running.job is not None, f"it trains (last told: {self.words()})")

    def see_end(self) -> None:
        """Wait until nothing runs."""
        self.wait(lambda: self.desk.idle)
        self.rest()

    def words(self) -> str:
        """Give what the window last told."""
        return notification_manager.records[-1].message if notification_manager.records else "nothing was told"

    def _hear(self, event: object) -> None:
        if isinstance(event, Progress) and "step" in event.values:
            self.steps.append(event)
        elif isinstance(event, Note):
            self.notes.append(event.text)


def wait(condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Let the window work until ``condition`` holds."""
    end = perf_counter() + seconds
    while not condition():
        if perf_counter() > end:
            raise TimeoutError(f"waited {seconds:g} s in vain")
        QTest.qWait(5)


def must(true: bool, words: str) -> None:
    """End here if something is not as it should be."""
    if not true:
        raise RuntimeError(f"not so: {words}")
    print(f"  {words}", flush=True)


def begin(person: Trainer) -> None:
    """Choose, and press the one big button."""
    person.picture("01-before")
    person.choose(person.train.choice.form.editor("learn_from").widget.native, "accepted")
    person.rest()
    person.picture("02-chosen")
    person.click(person.train.train)
    person.see_steps()
    person.rest()
    person.picture("03-trains")


def cancel_and_continue(person: Trainer) -> None:
    """Cancel; the process is gone; continue from where it was."""
    process, begun = person.run.living, perf_counter()
    person.click(person.train.job.run.stop)
    wait(lambda: not process.is_running(), 10)
    took = perf_counter() - begun
    late = "" if took <= GRACE_SECONDS else f"  <-- the goal is {GRACE_SECONDS:g} s (load {psutil.getloadavg()[0]:.0f})"
    print(f"  cancelled: the process was gone after {took:.1f} s{late}", flush=True)
    person.see_end()
    must(person.run.state == "stopped", "the run counts as stopped")
    person.picture("04-cancelled")
    person.click(person.train.job.run.resume)
    person.see_steps()
    person.picture("05-continued")


def pause_and_go_on(person: Trainer) -> None:
    """Pause; no processor time is spent; go on."""
    process = person.run.living
    person.click(person.train.job.run.wait)
    person.wait(lambda: person.desk.running.paused)
    QTest.qWait(1500)
    before, steps = sum(process.cpu_times()[:2]), len(person.steps)
    QTest.qWait(2000)
    spent = sum(process.cpu_times()[:2]) - before
    must(spent < 0.2 and len(person.steps) == steps, f"paused: {spent:.2f} s of processor time in 2 s, no step")
    person.picture("06-paused")
    person.click(person.train.job.run.wait)
    person.see_steps()


def leave_and_come_back(person: Trainer, project: Path, pictures: Path, theme: str) -> Trainer:
    """Close the window; the training goes on; open it again; the same process is found with its curves."""
    process, begun = person.run.living, perf_counter()
    person.desk.viewer.close()
    print(f"  the window closed in {perf_counter() - begun:.1f} s", flush=True)
    QTest.qWait(1000)
    must(process.is_running(), "the training goes on without a window")
    again = Trainer(project, pictures, theme)
    again.wait(lambda: again.desk.running.job is not None)
    again.see_steps()
    again.rest()
    must(again.run.living == process, "the window finds the same process")
    must(again.steps[0].values["step"] == 1 or len(again.steps) > 3, "and what it told before")
    again.picture("07-window-opened-again")
    return again


def kill_and_continue(person: Trainer) -> None:
    """Kill the process with -9; the window says so; continue."""
    os.kill(person.run.living.pid, signal.SIGKILL)
    person.see_end()
    must(person.run.state == "died", "killed: the run counts as died")
    must("killed" in person.words(), f"the window said: {person.words()}")
    person.picture("08-killed")
    person.click(person.train.job.run.resume)
    person.see_steps()


def starve_and_continue(person: Trainer) -> None:
    """Leave the process hardly any memory; it does with less or says what to do; continue with memory to the end."""
    process, notes = person.run.living, len(person.notes)
    limit = process.memory_info().vms + ROOM
    process.rlimit(psutil.RLIMIT_AS, (limit, limit))
    person.wait(lambda: person.desk.running.job is None or any("memory" in text for text in person.notes[notes:]))
    told = next((text for text in person.notes[notes:] if "memory" in text), person.words())
    must("memory" in told, f"out of memory: {told}")
    person.rest()
    person.picture("09-out-of-memory")
    if person.desk.running.job is not None:  # it went on with less
        person.click(person.train.job.run.stop)
        person.see_end()
    # A run that failed is begun again by the big button, and goes on from its checkpoint all the same.
    person.click(person.train.train if person.run.state == "failed" else person.train.job.run.resume)


def finish(person: Trainer) -> dict[str, Any]:
    """Wait for the end, and score."""
    person.see_steps(1)
    person.wait(lambda: person.run.state != "running" and person.desk.idle)
    must(person.run.state == "done", f"the training came to its end ({person.run.state}; {person.words()})")
    person.rest()
    person.see_end()  # the comparison with the model before
    person.picture("10-trained")
    heard: list[Mapping[str, Any]] = []
    person.click(person.train.evaluate)
    person.desk.job.returned.connect(heard.append)
    person.see_end()
    person.train.findChild(QScrollArea).verticalScrollBar().setValue(10_000)
    person.rest()
    person.picture("11-scores")
    models = person.dock("Models")
    person.rest()
    person.picture("12-models")
    entries = {entry.folder.name: dict(entry.scores) for entry in models.models.entries}
    return {"scores": dict(heard[0]), "shown": shown(person.train.table), "models": entries}


def shown(table: Any) -> list[list[str]]:
    """Give the texts of a table, row by row, without its heading."""
    columns = range(table.columnCount())
    return [[table.item(row, column).text() for column in columns] for row in range(table.rowCount())]


def command(*words: object) -> Any:
    """Do a command of the command line and read its JSON."""
    program = [str(Path(sys.executable).with_name("napari-wsss")), *map(str, words), "--json"]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    must(done.returncode == 0, f"napari-wsss {words[0]} ends well {done.stderr[-300:] if done.returncode else ''}")
    return json.loads(done.stdout)


def close_to(one: Any, other: Any) -> bool:
    """Whether two JSON values agree, numbers to 1e-6."""
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(close_to(one[name], other[name]) for name in one)
    if isinstance(one, Sequence) and not isinstance(one, str):
        return len(one) == len(other) and all(map(close_to, one, other))
    return abs(one - other) <= 1e-6 if isinstance(one, float) and isinstance(other, float) else one == other


def compare(project: Path, seen: Mapping[str, Any]) -> None:
    """Set the command line beside the docks."""
    scores = command("evaluate", project)
    must(
        close_to(scores["masks"], json.loads(json.dumps(seen["scores"]["masks"]))),
        "evaluate: the dock's scores to 1e-6",
    )
    dice = [cell("dice", row["dice"]) if row.get("dice") is not None else "–" for row in scores["masks"]]
    must(all(any(text in row for row in seen["shown"]) for text in dice), f"the table shows them: {', '.join(dice)}")
    listed = {Path(model["folder"]).name: model["scores"] for model in command("models", project)}
    must(close_to(listed, seen["models"]), "models: the Models dock's scores to 1e-6")


def same_weights(project: Path, untouched: Path) -> None:
    """Train the copy that nothing happened to, and compare weights."""
    command("run", untouched, "--stages", "train-segmenter", "--device", "cpu")
    found = []
    for folder in (project, untouched):
        with Session.open(folder) as session:
            entry = session.segmenter()
            found.append(weights_digest(entry.folder))
    must(found[0] == found[1], f"the same weights as without interruptions: {found[0][:12]}")


def prepare(project: Path, settings: Sequence[str]) -> Path:
    """Set what makes it quick, and copy the project; gives the copy."""
    untouched = project.with_name(f"{project.name}-untouched")
    with Session.open(project) as session:
        drain(session.use(None, settings, device="cpu"))
        session.choose(session.choice().replace(learn_from="all"))
    shutil.rmtree(untouched, ignore_errors=True)
    shutil.copytree(project, untouched)
    with Session.open(untouched) as session:
        session.choose(session.choice().replace(learn_from="accepted"))
    return untouched


def main() -> None:
    """Do it all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--theme", default="dark", choices=["dark", "light"])
    parser.add_argument("--set", nargs="+", default=["segmenter.width=8", "segmenter.epochs=12"], dest="settings")
    asked = parser.parse_args()
    untouched = prepare(asked.project, asked.settings)
    person = Trainer(asked.project, asked.pictures, asked.theme)
    begin(person)
    cancel_and_continue(person)
    pause_and_go_on(person)
    person = leave_and_come_back(person, asked.project, asked.pictures, asked.theme)
    kill_and_continue(person)
    starve_and_continue(person)
    seen = finish(person)
    person.desk.viewer.close()
    compare(asked.project, seen)
    same_weights(asked.project, untouched)


if __name__ == "__main__":
    main()
