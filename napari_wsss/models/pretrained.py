"""Weights to start a classifier from: ImageNet's through torchvision, or a file."""

from __future__ import annotations

import http.client
import pickle
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from napari_wsss import torchvision_ops
from napari_wsss.errors import ModelError
from napari_wsss.models.backbones import first_convolution
from napari_wsss.models.settings import Backbone

State = dict[str, Tensor]

# What torch and safetensors raise on files that are cut, foreign or no weights at all.
_DAMAGED = (
    RuntimeError,
    ValueError,
    LookupError,
    EOFError,
    AttributeError,
    pickle.UnpicklingError,
    SafetensorError,
)
_PATIENCE = 30.0  # seconds a silent server is waited for
# torchvision's DenseNet file still has the layer names of torch 0.3: norm.1 for norm1.
_OLD_DENSENET = re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)")


def start_from(trunk: nn.Module, weights: str, backbone: Backbone) -> list[str]:
    """Fill ``trunk`` with ``weights``; give notes the person should read.

    Args:
        trunk: the network to fill, with random weights.
        weights: ``imagenet``, ``random``, or the path of a .safetensors or torch file (.pth, .pth.tar): a state dict of
            torchvision's network, of SwAV's ResNet50, or of a classifier saved by this package. Heads in it are left
            out, and so are SwAV's projection head and prototypes.
        backbone: which network ``trunk`` is.

    Raises:
        ModelError: the file is missing, damaged or belongs to another network.
    """
    if weights == "random":
        return []
    if weights != "imagenet":
        fill(trunk, read_state(Path(weights)), f"{weights}", backbone)
        return []
    try:
        fill(trunk, _download(backbone), "the ImageNet weights", backbone)
    except (OSError, http.client.HTTPException) as error:
        note = (
            f"ImageNet weights for {backbone} could not be downloaded ({_reason(error)}): training starts from random "
            "weights and needs more epochs. Connect once, or set `weights` to a .pth or .safetensors file."
        )
        return [note]
    return []


def read_state(path: Path) -> State:
    """Read the tensors of a .safetensors or torch file; no code in it is run.

    Raises:
        ModelError: the file is missing, damaged, or holds no tensors by name.
    """
    if not path.is_file():
        raise ModelError(f"weights '{path}': no such file. Give 'imagenet', 'random' or an existing file.")
    try:
        content: Any = (
            load_file(path)
            if path.suffix == ".safetensors"
            else torch.load(path, map_location="cpu", weights_only=True)
        )
    except (OSError, *_DAMAGED) as error:
        raise ModelError(
            f"weights '{path}': cannot be read ({_reason(error)}). It is cut short or no weights file; expected a "
            ".safetensors file or a torch state dict (.pth). Get it again."
        ) from error
    for wrapper in ("state_dict", "model"):
        if isinstance(content, Mapping) and isinstance(content.get(wrapper), Mapping):
            content = content[wrapper]
    if not isinstance(content, Mapping):
        raise ModelError(f"weights '{path}': holds a {type(content).__name__}; expected named tensors (a state dict).")
    return {str(name): value for name, value in content.items() if isinstance(value, Tensor)}


def fill(trunk: nn.Module, state: State, source: str, backbone: Backbone) -> None:
    """Copy ``state`` into ``trunk``. A first convolution of another number of channels is adapted.

    Raises:
        ModelError: a layer is missing, left over or of another shape.
    """
    parts = {name for name, _ in trunk.named_children()}
    given = {name: value for name, value in _plain_names(state).items() if name.partition(".")[0] in parts}
    first, layer = first_convolution(trunk)
    first += ".weight"
    if first in given and given[first].ndim == 4:
        given[first] = adapt_channels(given[first], layer.in_channels)
    wanted = {name: value for name, value in trunk.state_dict().items() if not name.endswith("num_batches_tracked")}
    given = {name: value for name, value in given.items() if not name.endswith("num_batches_tracked")}
    wrong = [name for name in wanted if name not in given or given[name].shape != wanted[name].shape]
    wrong += [name for name in given if name not in wanted]
    if wrong:
        raise ModelError(
            f"weights '{source}': not those of {backbone} ({len(wrong)} of {len(wanted)} entries missing, left over or "
            f"of another shape, first '{wrong[0]}'). Choose the backbone they were made for."
        )
    trunk.load_state_dict(given, strict=False)


def adapt_channels(weight: Tensor, in_channels: int) -> Tensor:
    """Give the first weights for ``in_channels`` channels, (K, in, kh, kw) → (K, in_channels, kh, kw).

    An image whose channels are all alike gets the response that the same image in the original channels got.
    """
    if weight.shape[1] == in_channels:
        return weight
    return weight.sum(dim=1, keepdim=True).repeat(1, in_channels, 1, 1) / in_channels


def _plain_names(state: State) -> State:
    """Take off what wrappers put before layer names, and DenseNet's old spelling."""
    state = {name.removeprefix("module."): value for name, value in state.items()}
    if any(name.startswith("trunk.") for name in state):
        state = {name.removeprefix("trunk."): value for name, value in state.items() if name.startswith("trunk.")}
    return {_OLD_DENSENET.sub(r"\1\2", name): value for name, value in state.items()}


def _download(backbone: Backbone) -> State:
    """Give torchvision's ImageNet weights, from its cache or the network.

    The first published set (``IMAGENET1K_V1``) is taken: the only one that all nine have.
    """
    torchvision_ops.declare()
    from torchvision.models import get_model_weights

    weights = get_model_weights(backbone).IMAGENET1K_V1
    try:
        with _timeout(_PATIENCE):
            state: State = weights.get_state_dict(
                progress=False, check_hash=True, map_location="cpu", weights_only=True
            )
    except _DAMAGED as error:
        cached = Path(torch.hub.get_dir()) / "checkpoints" / Path(weights.url).name
        raise ModelError(
            f"the ImageNet weights for {backbone} arrived damaged ({_reason(error)}). Delete {cached} and try again."
        ) from error
    return state


@contextmanager
def _timeout(seconds: float) -> Iterator[None]:
    """Bound the wait for a silent server: torch's download sets no limit of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _reason(error: BaseException) -> str:
    """Give the first line of an error, short enough for one line."""
    text = str(getattr(error, "reason", error)).strip()  # urllib wraps what went wrong as `reason`
    return (text.splitlines() or [type(error).__name__])[0][:120]
