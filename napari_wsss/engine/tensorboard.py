"""Figures and pictures of a training, as TensorBoard reads them."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from napari_wsss.files import cannot_write


class EventLog:
    """The event files in a folder: ``tensorboard --logdir FOLDER`` shows them while they grow.

    Written with tensorboardX, but without its queue and its second process, which a full disk would hang.

    Args:
        folder: created if missing.
        step: steps done so far. 0 removes what an earlier training left; else a file is begun that tells TensorBoard
            to forget what an interrupted training wrote of later steps, so that each shows once.

    Raises:
        ProjectError: the folder cannot be written.
    """

    def __init__(self, folder: Path, step: int) -> None:
        from tensorboardX.event_file_writer import EventsWriter
        from tensorboardX.proto.event_pb2 import SessionLog

        self._folder = folder
        try:
            if not step:
                shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True, exist_ok=True)
            self._writer = EventsWriter(str(folder / "events"), f".{len(list(folder.iterdir()))}")
        except OSError as error:
            raise cannot_write(folder, error) from error
        if step:
            self._write(step + 1, session_log=SessionLog(status=SessionLog.START))

    def figures(self, step: int, values: Mapping[str, float]) -> None:
        """Write figures of step 1, 2, …; those that are not finite are left out. Raises ProjectError."""
        from tensorboardX.proto.summary_pb2 import Summary

        entries = [Summary.Value(tag=name, simple_value=value) for name, value in values.items()
                   if math.isfinite(value)]  # fmt: skip
        self._write(step, summary=Summary(value=entries))

    def picture(self, step: int, png: bytes) -> None:
        """Write a picture of step 1, 2, …. Raises ProjectError."""
        from tensorboardX.proto.summary_pb2 import Summary

        width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))  # where PNG files have them
        image = Summary.Image(height=height, width=width, colorspace=3, encoded_image_string=png)
        self._write(step, summary=Summary(value=[Summary.Value(tag="preview", image=image)]))

    def flush(self) -> None:
        """Bring all to the disk. Raises ProjectError."""
        try:
            self._writer.flush()
        except OSError as error:
            raise cannot_write(self._folder, error) from error

    def close(self) -> None:
        """Write what is left. Raises ProjectError."""
        try:
            self._writer.close()
        except OSError as error:
            raise cannot_write(self._folder, error) from error

    def _write(self, step: int, **content: object) -> None:
        from tensorboardX.proto.event_pb2 import Event

        try:
            self._writer.write_event(Event(wall_time=time.time(), step=step, **content))
        except OSError as error:
            raise cannot_write(self._folder, error) from error
