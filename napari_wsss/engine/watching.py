"""Watching a network while it learns: a picture of what it says now."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

from torch import nn

from napari_wsss.engine.predict import lent
from napari_wsss.engine.randomness import seeded
from napari_wsss.engine.seldom import Seldom
from napari_wsss.files import write_bytes
from napari_wsss.progress import Picture
from napari_wsss.types import Array

Watch = Callable[[nn.Module], tuple[Array, str]]
"""Gives a picture (H, W, 3) uint8 of what the network, in evaluation mode on its device, says, and a caption."""

PREVIEW = "preview.png"

_EPOCH_SHARE, _STEP_SHARE, _STEP_SECONDS = 50, 50, 60
"""Pictures take at most 1/50 of the time; within an epoch there is at most one a minute."""


class Watcher:
    """Keeps ``folder``/preview.png up to date without changing the training by one bit.

    Args:
        watch: draws.
        stage: name in the events.
        folder: of the training.
    """

    def __init__(self, watch: Watch, stage: str, folder: Path) -> None:
        self._watch, self._stage, self._file = watch, stage, folder / PREVIEW
        self._seldom = Seldom()

    def due(self, *, epoch_ends: bool) -> bool:
        """Whether it is time for the next picture; after the first epoch it always is."""
        if epoch_ends:
            return self._seldom.due(_EPOCH_SHARE)
        return self._seldom.due(_STEP_SHARE, _STEP_SECONDS)

    def look(self, model: nn.Module, when: str) -> tuple[Picture, bytes]:
        """Draw and write the picture; give the event, and the PNG itself.

        Args:
            model: comes back in its mode; torch's random numbers go on as if nothing had happened.
            when: ends the caption ("epoch 3").

        Raises:
            ProjectError: the folder cannot be written.
        """
        with self._seldom.timed(), seeded(0), lent(model, next(model.parameters()).device):
            pixels, caption = self._watch(model)
            png = _png(pixels)
            write_bytes(self._file, png)
        return Picture(self._stage, str(self._file), f"{caption}, {when}"), png


def _png(pixels: Array) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue()
