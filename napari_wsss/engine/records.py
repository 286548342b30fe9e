"""What is kept of a training in its folder, for people: curves and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from napari_wsss.engine import curves
from napari_wsss.engine.curves import History
from napari_wsss.engine.seldom import Seldom
from napari_wsss.engine.tensorboard import EventLog
from napari_wsss.files import write_bytes, write_text

CSV, PNG, TENSORBOARD = "curves.csv", "curves.png", "tensorboard"

_PLACE = ("epoch", "epochs", "step", "steps")
"""Where a training is; the horizontal axis tells that."""
_SHARE, _SECONDS = 100, 30
"""Drawing takes at most 1/100 of the time, flushing likewise; within an epoch that is done every 30 s at most."""


class Records:
    """The files curves.csv, curves.png and tensorboard/ of one training.

    The table grows by one row an epoch; the drawing follows when there is time for it, at last in :meth:`finish`.

    Args:
        folder: of the training.
        step: steps done so far, over all epochs; 0 begins anew.

    Raises:
        ProjectError: here and in every method: the folder cannot be written.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self._folder = folder
        self._log = EventLog(folder / TENSORBOARD, step)
        self._drawing, self._flushing = Seldom(), Seldom()

    def step(self, step: int, values: Mapping[str, float]) -> None:
        """Take up the figures of step 1, 2, … over all epochs."""
        self._log.figures(step, {f"step/{name}": value for name, value in values.items() if name not in _PLACE})
        self._flush(_SECONDS)

    def epoch(self, step: int, history: History, best_epoch: int) -> None:
        """Take up the last row of ``history``; its epoch ended with ``step``."""
        self._log.figures(step, {f"epoch/{name}": value for name, value in history[-1].items() if name != "epoch"})
        self._flush()
        write_text(self._folder / CSV, curves.as_csv(history))
        if self._drawing.due(_SHARE):
            self._draw(history, best_epoch)

    def picture(self, step: int, png: bytes) -> None:
        """Take up a picture drawn after ``step``."""
        self._log.picture(step, png)

    def finish(self, history: History, best_epoch: int) -> None:
        """Draw the curves for good."""
        self._draw(history, best_epoch)

    def close(self) -> None:
        """Write what is left; nothing may come afterwards."""
        self._log.close()

    def _draw(self, history: History, best_epoch: int) -> None:
        with self._drawing.timed():
            write_bytes(self._folder / PNG, curves.as_png(history, best_epoch))

    def _flush(self, seconds: float = 0.0) -> None:
        if self._flushing.due(_SHARE, seconds):
            with self._flushing.timed():
                self._log.flush()
