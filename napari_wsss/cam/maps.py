"""Activation maps of a whole scan, at several scales."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from napari_wsss.cam.capture import Feature, borrowed, captured
from napari_wsss.cam.grid import as_fractions, cell_grid
from napari_wsss.cam.methods import class_activation, class_gradients, grad_cam
from napari_wsss.cam.settings import ActivationMaps
from napari_wsss.cam.stack import MapStack
from napari_wsss.errors import ModelError, RecipeError
from napari_wsss.progress import Progress, Work
from napari_wsss.types import Array, FloatArray

LAST_MAP = "trunk"
STRIDE = 32  # every input side is a multiple of it, so that no network crops its border
_Method = Callable[[nn.Module, Feature, Tensor], tuple[Tensor, Tensor]]


def compute_maps(
    model: nn.Module,
    slices: Array,
    params: ActivationMaps,
    device: str | torch.device = "auto",
    grids: Mapping[float, FloatArray] | None = None,
) -> Work[MapStack]:
    """Ask ``model`` where it sees each class, slice by slice, at every scale.

    Maps are computed in float32 (bfloat16 would leave them three digits). Grad-CAM is given times the number of places
    of its feature map: constant within a map, this makes it the positive part of CAM for average pooling, so that maps
    of different scales can be averaged (eq. 3 of Liu et al.) and float16 keeps their digits.

    Args:
        model: gives class scores (B, C); its last feature map is the output of ``trunk``, and for "cam" its linear
            layer is ``head``. It is given back exactly as it came, also after an error or a cancel.
        slices: (Z, channels, *spatial), network inputs of any real type; usually (Z, channels, S, S).
        params: method, scales, layer, batch size.
        device: "auto" takes CUDA, then MPS, where there is one.
        grids: those of an earlier stack of the same model, params and spatial axes, which saves a forward pass of
            one slice at every scale; None finds them.

    Yields:
        Progress in slices (a slice is done when it is done at all scales).

    Raises:
        RecipeError: an unknown layer, or a layer that "cam" cannot use.
        ModelError: the network has no head, or its maps are not finite.
    """
    layer = params.layer or LAST_MAP
    if params.method == "cam" and layer != LAST_MAP:
        raise RecipeError(f"'cam' works on the last feature map only, not on layer '{layer}'. Use method=grad-cam.")
    ask = _ask_cam if params.method == "cam" else _ask_grad_cam
    place = _place(device)
    total = sum(scale**2 for scale in params.scales)
    maps: dict[float, Array] = {}
    logits: dict[float, Array] = {}
    spent = 0.0
    with ExitStack() as borrowing:
        borrowing.enter_context(borrowed(model, place))
        grids = grids or _grids(model, layer, slices.shape, params.scales)
        feature = borrowing.enter_context(captured(model, layer))
        for scale in params.scales:
            parts = []
            size = max(1, round(params.batch_size / scale**2))
            for start in range(0, len(slices), size):
                batch = torch.from_numpy(np.array(slices[start : start + size], dtype=np.float32)).to(place)
                parts.append(_raw(ask, model, feature, resized(batch, scale)))
                done = (spent + scale**2 * (start + len(batch)) / len(slices)) / total
                yield Progress("maps", int(done * len(slices) + 1e-6), len(slices), f"scale {scale:g}")
            maps[scale] = np.concatenate([part for part, _ in parts]).swapaxes(0, 1)
            logits[scale] = np.concatenate([scores for _, scores in parts])
            spent += scale**2
    nearest_one = min(params.scales, key=lambda scale: abs(scale - 1))
    return MapStack(maps, logits[nearest_one], grids)


def resized(images: Tensor, scale: float) -> Tensor:
    """Scale ``images`` (B, channels, *S) to sides of round(S · scale), rounded to a multiple of 32, linearly."""
    sides = resized_sides(images.shape[2:], scale)
    if list(images.shape[2:]) == sides:
        return images
    mode = {1: "linear", 2: "bilinear", 3: "trilinear"}[len(sides)]
    # torch offers anti-aliasing for images only.
    return F.interpolate(images, size=sides, mode=mode, align_corners=False, antialias=mode == "bilinear")


def resized_sides(sides: Sequence[int], scale: float) -> list[int]:
    """Give the sides that :func:`resized` gives images."""
    return [max(STRIDE, round(side * scale / STRIDE) * STRIDE) for side in sides]


def _grids(model: nn.Module, layer: str, shape: Sequence[int], scales: Sequence[float]) -> dict[float, FloatArray]:
    """Give scale → (axes, 2), where the cells of the maps of slices of ``shape`` (Z, channels, *S) lie."""
    inputs = {scale: resized_sides(shape[2:], scale) for scale in scales}
    return {
        scale: np.array(as_fractions(cell_grid(model, layer, sides, shape[1]), sides))
        for scale, sides in inputs.items()
    }


def _raw(ask: _Method, model: nn.Module, feature: Feature, images: Tensor) -> tuple[Array, Array]:
    """Give maps (B, C, *S) as float16 and class scores (B, C) as float32."""
    maps, logits = ask(model, feature, images)
    if not bool(torch.isfinite(maps).all()):
        raise ModelError("The classifier gives activation maps that are not finite: its training diverged. Train anew.")
    limit = torch.finfo(torch.float16).max
    return maps.clamp(-limit, limit).half().cpu().numpy(), logits.detach().float().cpu().numpy()


def _ask_cam(model: nn.Module, feature: Feature, images: Tensor) -> tuple[Tensor, Tensor]:
    head = getattr(model, "head", None)
    if not isinstance(head, nn.Linear):
        raise ModelError("'cam' needs a network whose linear layer is called `head`. Use method=grad-cam.")
    with torch.no_grad():
        logits = model(images)
        return class_activation(feature.take(), head.weight), logits


def _ask_grad_cam(model: nn.Module, feature: Feature, images: Tensor) -> tuple[Tensor, Tensor]:
    with torch.enable_grad():
        logits = model(images)
        features = feature.take()
        gradients = class_gradients(logits, features)
    places = features[0, 0].numel()
    maps = [grad_cam(features.detach(), gradient) * places for gradient in gradients]
    return torch.stack(maps, dim=1), logits


def _place(device: str | torch.device) -> torch.device:
    if device != "auto":
        return torch.device(device)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
