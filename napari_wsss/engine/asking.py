"""Asking a network about a batch, in smaller parts once memory has run out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from napari_wsss.engine.device import memory_format
from napari_wsss.engine.memory import give_back, is_out_of_memory, memory_there, size_of
from napari_wsss.errors import OutOfMemory
from napari_wsss.progress import Note, Work
from napari_wsss.types import Array


class Asker:
    """Asks one network about batch after batch; what was too large once is not tried again.

    Args:
        model: on the device of ``fabric``, in evaluation mode.
        read: turns its answer (B, …), float32, into what is wanted, (B, …).
        fabric: from :func:`napari_wsss.engine.device.choose`.
    """

    def __init__(self, model: nn.Module, read: Callable[[Tensor], Tensor], fabric: Any) -> None:  # noqa: ANN401
        self._model, self._read, self._fabric = model, read, fabric
        self._most = 0  # inputs at once; 0: no limit is known

    def ask(self, batch: Array) -> Work[list[Array]]:
        """Give the answers for ``batch``, in order, in one array or several; a Note when it has to be in smaller parts.

        Raises:
            OutOfMemory: even one input does not fit.
        """
        answers: list[Array] = []
        done = 0
        while done < len(batch):
            part = batch[done : done + self._most] if self._most else batch
            answer = self._answer(part)
            if answer is None:
                yield self._halve(part)
                continue
            answers.append(answer)
            done += len(part)
        return answers

    def _answer(self, part: Array) -> Array | None:
        """Ask; None when memory runs out. No yield within the inference mode: it would reach into the caller's code."""
        try:
            images = torch.from_numpy(np.array(part, dtype=np.float32)).to(self._fabric.device)
            if images.ndim == 4:
                images = images.contiguous(memory_format=memory_format(self._model))
            with torch.inference_mode():
                with self._fabric.autocast():
                    logits = self._model(images)
                result: Array = self._read(logits.float()).cpu().contiguous().numpy()
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            return None
        return result

    def _halve(self, part: Array) -> Note:
        device = self._fabric.device
        give_back(device)
        if len(part) == 1:
            raise OutOfMemory(
                f"There is too little memory to ask this network about one input of {size_of(part.shape[1:])}: "
                f"{memory_there(device)}. Use a model that was trained on smaller inputs (size or patch), close other "
                "programs, or use a machine with more memory."
            )
        self._most = len(part) // 2
        return Note(f"There is too little memory for {len(part)} inputs at once: from now on it is {self._most}.")
