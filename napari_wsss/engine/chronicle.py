"""Chronicle: what a training tells, kept in its folder and shown in pictures while it goes on."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

from napari_wsss.engine.records import Records
from napari_wsss.engine.training import Training
from napari_wsss.engine.watching import Watcher
from napari_wsss.progress import Event, Picture, Progress, Work


class Chronicle:
    """Listens to a training; a context, which writes all that is left at its end.

    Args:
        training: resumed already, where there was something to resume.
        watcher: draws the pictures, if there are to be any.
        folder: of the training.

    Raises:
        ProjectError: here and in every method: the folder cannot be written.
    """

    def __init__(self, training: Training, watcher: Watcher | None, folder: Path) -> None:
        self._training, self._watcher = training, watcher
        self._records = Records(folder, training.steps_done)
        self._epochs = training.standing.epoch

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._records.close()

    def heard(self, work: Work[None]) -> Work[None]:
        """Pass on the events of a part of the training, with pictures in between; each is kept before it is told."""
        with closing(work):
            for event in work:
                epoch_ends = self._keep(event)
                yield event
                if self._watcher and self._watcher.due(epoch_ends=epoch_ends):
                    yield self._look(self._watcher, f"epoch {self._training.standing.epoch + (not epoch_ends)}")

    def finish(self) -> Work[None]:
        """Let the model hold its best weights, and show them; until now the training could have gone on."""
        standing = self._training.standing
        if self._watcher:
            self._training.save()  # what follows may be closed, and the model no longer is as training left it
        self._training.take_best()
        self._records.finish(standing.history, standing.best_epoch)
        if self._watcher:
            yield self._look(self._watcher, f"best epoch: {standing.best_epoch}")

    def _keep(self, event: Event) -> bool:
        """Keep what an event tells; give whether it ends an epoch."""
        standing = self._training.standing
        if standing.epoch > self._epochs:
            self._epochs = standing.epoch
            self._records.epoch(self._training.steps_done, standing.history, standing.best_epoch)
            return True
        if isinstance(event, Progress) and "loss" in event.values:
            self._records.step(self._training.steps_done, event.values)
        return False

    def _look(self, watcher: Watcher, when: str) -> Picture:
        picture, png = watcher.look(self._training.model, when)
        self._records.picture(self._training.steps_done, png)
        return picture
