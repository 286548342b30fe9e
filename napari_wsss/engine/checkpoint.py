"""One file from which an interrupted training goes on: tensors in safetensors, figures in its header."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from napari_wsss.errors import ModelError
from napari_wsss.files import atomic_path


class Checkpoint:
    """The checkpoint of one training, ``folder``/checkpoint/state.safetensors.

    Figures and tensors share a file, so they always belong to the same moment. Nothing in it is executable.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "checkpoint"
        self.file = self._folder / "state.safetensors"

    def write(self, tensors: Mapping[str, Tensor], figures: Mapping[str, Any]) -> None:
        """Replace the checkpoint atomically.

        Args:
            tensors: name → tensor of any device and layout.
            figures: a JSON object.

        Raises:
            ProjectError: the folder cannot be written.
        """
        plain = {name: _plain(tensor) for name, tensor in tensors.items()}
        with atomic_path(self.file) as temporary:
            save_file(plain, temporary, {"figures": json.dumps(figures)})

    def read(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """Give tensors (on the CPU) and figures; None when there is no checkpoint.

        Raises:
            ModelError: the file is damaged.
        """
        if not self.file.exists():
            return None
        try:
            with safe_open(self.file, framework="pt") as file:
                figures = json.loads((file.metadata() or {})["figures"])
                return {name: file.get_tensor(name) for name in file.keys()}, figures  # noqa: SIM118 (no mapping)
        except (SafetensorError, KeyError, ValueError, OSError) as error:
            raise ModelError(
                f"{self.file}: the checkpoint of an interrupted training is damaged ({error}). "
                "Delete it to start afresh."
            ) from error

    def remove(self) -> None:
        """Delete the checkpoint, and what killed writers left beside it."""
        if self._folder.exists():
            shutil.rmtree(self._folder)


def _plain(tensor: Tensor) -> Tensor:
    """Give an own copy in the plain layout: safetensors stores neither strides nor shared memory."""
    return tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
