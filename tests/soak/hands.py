"""A person at the real viewer who paints, undoes, operates and accepts at random, and says so on standard output.

Every line is told before the program writes anything about it: the mask after each edit, every mask about to be
accepted, every acceptance that was written. Started with project folder and milliseconds between deeds; for every seed
on standard input the program is run anew in a process of its own, forked, because importing everything takes longer.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "widgets"))

import napari
import numpy as np
from fake import FakeSession
from napari._qt import qt_main_window  # noqa: F401 (imported before the fork)
from qtpy.QtCore import QTimer

from napari_wsss.store.project import Project
from napari_wsss.widgets._decisions import accept
from napari_wsss.widgets._desk import Desk, desk_of


def digest(mask: np.ndarray) -> str:
    """Give a short name of a mask (Z, Y, X)."""
    return hashlib.sha256(np.ascontiguousarray(mask).tobytes()).hexdigest()[:16]


def say(**facts: Any) -> None:
    """Write a line to standard output, at once."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


class Hands:
    """Does one thing after another."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self._desk = desk
        self._rng = random.Random(seed)  # noqa: S311 (a game of chance)
        self._told: set[str] = set()
        desk.case_opened.connect(self._on_case)
        self.timer = QTimer()
        self.timer.timeout.connect(self.act)

    def tell(self, kind: str, **facts: Any) -> None:
        """Say what happens, at once."""
        say(kind=kind, case=self._desk.loaded.case_id, **facts)

    def act(self) -> None:
        """Do something, if the case is there and no answer of the sliders is awaited."""
        desk = self._desk
        if desk.loaded is None or desk.loading or desk.live.busy:
            return
        deeds = [self._paint] * 10 + [desk.edits.undo] * 3 + [desk.edits.redo] * 2 + [self._operate] * 2
        deeds += [self._accept, self._accept_slice, self._leave]
        self._rng.choice(deeds)()

    def _on_case(self) -> None:
        layers = self._desk.layers
        self.tell("opened", digest=digest(layers.mask), edited=self._desk.mask.edited)
        if layers not in self._told:
            self._told.add(layers)
            layers.painted.connect(self._on_edit)

    def _on_edit(self) -> None:
        untouched = not self._desk.edits.history.summary()
        self.tell("edit", digest=digest(self._desk.layers.mask), untouched=untouched)

    def _paint(self) -> None:
        layer = self._desk.layers.mask_layer
        layer.mode, layer.brush_size = "paint", self._rng.choice((1, 3, 5))
        z, y, x = (self._rng.randrange(size) for size in self._desk.layers.mask.shape)
        layer.paint((z, y, x), self._rng.randrange(2))

    def _operate(self) -> None:
        after = self._desk.layers.mask.copy()
        after[:] = np.roll(after, self._rng.choice((1, 3, -2)), axis=self._rng.randrange(3))
        self._desk.edits.do("roll", after)

    def _accept(self) -> None:
        mask = digest(self._desk.layers.mask)
        self.tell("accept", digest=mask)
        accept(self._desk, then=lambda: self.tell("accepted", digest=mask))

    def _accept_slice(self) -> None:
        z = self._desk.layers.slice_index
        self.tell("accept slice", z=z)
        accept(self._desk, [z])

    def _leave(self) -> None:
        self._desk.show_case(self._rng.choice(list(self._desk.session.project.cases)))


def work(folder: Path, seed: int, pause: int) -> None:
    """Open the viewer and begin; ends only by being killed."""
    viewer = napari.Viewer(show=False)
    desk = desk_of(viewer)
    hands = Hands(desk, seed)
    desk.adopt(FakeSession(Project.open(folder)))
    hands.timer.start(pause)
    napari.run(force=True)


def main(folder: str, pause: str) -> None:
    """Let the hands work once for every seed, and say with which signal they ended."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            work(Path(folder), int(line), int(pause))
            os._exit(0)
        say(kind="begun", process=child)
        say(kind="ended", signal=os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


if __name__ == "__main__":
    main(*sys.argv[1:])
