"""Going on from a trained model instead of random weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_wsss.errors import ModelError
from napari_wsss.models.files import load_weights
from napari_wsss.progress import Note, Work

if TYPE_CHECKING:
    from torch import nn


def go_on_from(models: Path, start: str, model: nn.Module) -> Work[None]:
    """Fill ``model`` with the weights of the trained one called ``start``; "" leaves it as it is.

    Args:
        models: folder of the project's models.
        start: name of a folder in it.
        model: a network of the same kind, size, channels and classes.

    Raises:
        ModelError: there is no such model, or it is another network.
    """
    if not start:
        return
    if not (models / start).is_dir():
        there = ", ".join(sorted(folder.name for folder in models.iterdir() if folder.is_dir())) or "none"
        raise ModelError(f"start: there is no model '{start}' to go on from. Models there: {there}.")
    try:
        load_weights(models / start, model)
    except ModelError as error:
        raise ModelError(
            f"start: '{start}' cannot be gone on from: its network, width, channels or classes differ, or it is "
            f"damaged. Choose the network it is, or leave start empty. ({error})"
        ) from error
    yield Note(f"The training goes on from the model '{start}'.")
