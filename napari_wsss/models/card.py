"""The card beside a model: what it is, where it comes from, which weights belong to it. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari_wsss.errors import InputError, ModelError
from napari_wsss.files import read_yaml

CARD = "model.yaml"
WEIGHTS = "weights.safetensors"
DIGEST = "weights_sha256"


def read_card(folder: Path) -> dict[str, Any]:
    """Read the card of the model kept in ``folder``.

    Raises:
        ModelError: there is none, or it is damaged.
    """
    path = Path(folder) / CARD
    if not path.is_file():
        raise ModelError(f"{folder}: no model here ({CARD} is missing). Train it, or give the folder of a model.")
    try:
        card = read_yaml(path)
    except InputError as error:
        raise ModelError(f"{error} Train the model again.") from error
    if not isinstance(card, dict) or not isinstance(card.get(DIGEST), str):
        raise ModelError(f"{path}: not the card of a model ('{DIGEST}' is missing). Train the model again.")
    return card


def weights_digest(folder: Path) -> str:
    """Give the SHA-256 of the weights as the card states it; :func:`~napari_wsss.models.files.load_weights` checks it.

    Raises:
        ModelError: there is no card, or it is damaged.
    """
    digest: str = read_card(folder)[DIGEST]
    return digest
