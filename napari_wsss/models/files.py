"""Trained models on disk: safetensors and YAML, never pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from napari_wsss.errors import ModelError
from napari_wsss.files import file_digest, write_bytes, write_yaml
from napari_wsss.models.card import CARD, DIGEST, WEIGHTS, read_card


def save_model(folder: Path, model: nn.Module, card: Mapping[str, Any]) -> str:
    """Write the weights of ``model`` and its card into ``folder``.

    The card is written last and names the weights by digest, so a save that was interrupted is noticed on loading.

    Args:
        folder: created where missing.
        model: any network, on any device.
        card: JSON values only; ``weights_sha256`` is added.

    Returns:
        SHA-256 of the weights file.

    Raises:
        ProjectError: the folder cannot be written.
    """
    tensors = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    write_bytes(Path(folder) / WEIGHTS, save(tensors, metadata={"format": "pt"}))
    digest = file_digest(Path(folder) / WEIGHTS)
    write_yaml(Path(folder) / CARD, {**json.loads(json.dumps(dict(card))), DIGEST: digest})
    return digest


def load_weights(folder: Path, model: nn.Module) -> dict[str, Any]:
    """Fill ``model`` with the weights kept in ``folder``; give the card.

    Raises:
        ModelError: weights or card are missing, damaged, do not belong together or to this network.
    """
    card = read_card(folder)
    path = Path(folder) / WEIGHTS
    if not path.is_file():
        raise ModelError(f"{path}: the weights are missing. Train the model again.")
    try:
        tensors = load_file(path)
    except (OSError, ValueError, SafetensorError) as error:
        reason = " ".join(str(error).split())
        raise ModelError(f"{path}: cut short or no weights file ({reason}). Train the model again.") from error
    if file_digest(path) != card[DIGEST]:
        raise ModelError(f"{path}: not the weights that {CARD} describes (digest differs). Train the model again.")
    _fill(model, tensors, path)
    return card


def _fill(model: nn.Module, tensors: dict[str, Tensor], path: Path) -> None:
    wanted = model.state_dict()
    wrong = sorted(wanted.keys() ^ tensors.keys())
    wrong += [name for name in wanted if name in tensors and wanted[name].shape != tensors[name].shape]
    if wrong:
        raise ModelError(
            f"{path}: made for another network ({len(wrong)} entries missing, left over or of another shape, first "
            f"'{wrong[0]}'). Build the network that {CARD} describes."
        )
    model.load_state_dict(tensors)
