"""kill -9 at random moments of editing and accepting: no accepted mask lost or damaged, at most one stroke lost.

Five kills by default; WSSS_KILLS=50 (``make soak``) for more. Each goes on with the project that the one before left.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fake import make_session
from hands import digest

from napari_wsss.store.project import Project

pytestmark = [
    pytest.mark.gui,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no such way to begin and to die here"),
]
KILLS = int(os.environ.get("WSSS_KILLS", "5"))
PAUSE = 25
"""Milliseconds between two deeds: several times as fast as a person."""


class Story:
    """What the hands said they did, case by case."""

    def __init__(self) -> None:
        self.states: dict[str, list[str]] = {}
        self.begun: dict[str, str] = {}
        self.asked: dict[str, list[str]] = {}
        self.accepted: dict[str, str] = {}
        self.parts: set[str] = set()

    def hear(self, line: dict[str, str]) -> None:
        """Take what was said."""
        case_id, kind = line["case"], line["kind"]
        if kind == "opened":
            self.states.setdefault(case_id, []).append(line["digest"])
            if not line["edited"]:
                self.begun[case_id] = line["digest"]
        elif kind == "edit":
            self.states[case_id].append(line["digest"])
            if line["untouched"]:
                self.begun[case_id] = line["digest"]
        elif kind == "accept":
            self.asked.setdefault(case_id, []).append(line["digest"])
        elif kind == "accepted":
            self.accepted[case_id] = line["digest"]
            asked = self.asked[case_id]
            self.asked[case_id] = asked[asked.index(line["digest"]) + 1 :]
        else:
            self.parts.add(case_id)


@pytest.fixture
def hands(tmp_path: Path) -> Iterator[Hands]:
    session = make_session(tmp_path)
    session.project.close()
    made = Hands(session.project.folder)
    yield made
    made.end()


class Hands:
    """The program with somebody at it, run again and again in the same project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        command = [sys.executable, str(Path(__file__).with_name("hands.py")), str(folder), str(PAUSE)]
        self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def work(self, seed: int, lines: int) -> list[dict[str, str]]:
        """Let it run and kill it after some lines; gives all that it said."""
        self._server.stdin.write(f"{seed}\n")
        self._server.stdin.flush()
        process, told = self._next()["process"], []
        while (line := self._next())["kind"] != "ended":
            told.append(line)
            if len(told) == lines:
                os.kill(process, signal.SIGKILL)
        assert line["signal"] == -signal.SIGKILL
        return told

    def end(self) -> None:
        """End the server of the forks."""
        self._server.stdin.close()
        self._server.wait()
        self._server.stdout.close()

    def _next(self) -> dict[str, str]:
        """Give the next line; napari's own words are left out."""
        line = next(line for line in self._server.stdout if line.startswith("{"))
        return json.loads(line)


def check(folder: Path, story: Story) -> None:
    """Open the project as the next start would, and compare it with the story."""
    with Project.open(folder) as project:
        assert project.left_by
        for case_id in project.cases:
            whole = check_accepted(project, case_id, story)
            check_work(project, case_id, story, whole)


def check_accepted(project: Project, case_id: str, story: Story) -> str | None:
    """The accepted mask is the last one said to be, or one that was just being written; earlier ones can be read."""
    mask, past = project.accepted(case_id), project.accepted_history(case_id)
    for number in past.case_ids():
        assert past.read(number) is not None
    if mask is None:
        assert case_id not in story.accepted
        return None
    project.accepted_provenance(case_id)
    if case_id not in story.parts:
        assert digest(mask) in {story.accepted.get(case_id), *story.asked.get(case_id, ())}
    return digest(mask) if project.accepted_slices(case_id).all() else None


def check_work(project: Project, case_id: str, story: Story, whole: str | None) -> None:
    """What the next start offers is the last state that was said, or the one before it."""
    numbers, said = project.drafts.numbers(case_id), story.states.get(case_id, [])
    if numbers:
        draft = project.drafts.read(case_id, numbers[-1])
        assert digest(draft.mask) in said[-2:]
        assert np.array_equal(replayed(draft), draft.mask)
    elif said:
        assert {story.begun.get(case_id), whole, *story.asked.get(case_id, ())} & set(said[-2:])


def replayed(draft: object) -> np.ndarray:
    """Undo everything and do it again."""
    mask, edits = draft.mask.copy(), len(draft.history.done)
    for _ in range(edits):
        draft.history.undo(mask)
    assert draft.history.undo(mask) is None
    for _ in range(edits):
        draft.history.redo(mask)
    return mask


def test_nothing_is_lost_however_it_ends(hands: Hands) -> None:
    rng, deeds, story = random.Random(KILLS), 0, Story()  # noqa: S311 (a game of chance)
    for seed in range(KILLS):
        told = hands.work(seed, rng.randrange(3, 40))
        for line in told:
            story.hear(line)
        deeds += len(told)
        check(hands.folder, story)
    assert deeds > 10 * KILLS
