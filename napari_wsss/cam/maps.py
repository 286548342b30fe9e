"""Activation maps of a whole scan, at several scales."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from napari_wsss.cam.ask import Asker
from napari_wsss.cam.capture import borrowed
from napari_wsss.cam.grid import as_fractions, cell_grids
from napari_wsss.cam.settings import ActivationMaps
from napari_wsss.cam.stack import LayerMaps, MapStack
from napari_wsss.errors import ModelError
from napari_wsss.progress import Progress, Work, telling
from napari_wsss.types import Array, FloatArray

STRIDE = 32  # every input side is a multiple of it, so that no network crops its border
_Maps = tuple[list[Tensor], Tensor]


def compute_maps(
    model: nn.Module,
    slices: Array,
    params: ActivationMaps,
    device: str | torch.device = "auto",
    like: MapStack | None = None,
) -> Work[MapStack]:
    """Ask ``model`` where it sees each class, slice by slice, at every scale.

    Maps are computed in float32 (bfloat16 would leave them three digits) and fetched from the device once a scale. So
    that the maps of different scales can be averaged (eq. 3 of Liu et al.) and float16 keeps their digits, Grad-CAM and
    LayerCAM are given times the number of places of their feature map: constant within a map, this makes Grad-CAM the
    positive part of CAM for average pooling. Grad-CAM++ and SmoothGrad-CAM++ do not grow with their gradients in
    proportion; their maps are given as parts of the scan's highest value of that class, layer and scale.

    Args:
        model: gives class scores (B, C), see :func:`~napari_wsss.cam.ask.activation_maps`. It is given back exactly as
            it came, also after an error or a cancel.
        slices: (Z, channels, *spatial), network inputs of any real type; usually (Z, channels, S, S).
        params: method, scales, layers, batch size.
        device: "auto" takes CUDA, then MPS, where there is one.
        like: an earlier stack of the same model, params and spatial axes, whose grids are taken, which saves a forward
            pass of one slice at every scale.

    Yields:
        Progress in slices (a slice is done when it is done at all scales); Score-CAM and SmoothGrad-CAM++ yield after
        every forward pass.

    Raises:
        RecipeError: an unknown layer, or a layer that "cam" cannot use.
        ModelError: the network cannot be asked so, or its maps are not finite.
    """
    place = place_of(device)
    total = sum(scale**2 for scale in params.scales)
    stacks: list[dict[float, Array]] = []
    logits: dict[float, Array] = {}
    spent = 0.0
    with borrowed(model, place):
        first = torch.from_numpy(np.array(slices[:1], dtype=np.float32)).to(place)
        asker = Asker(model, params, first, often=True)
        grids = [layer.grids for layer in like.layers] if like else _grids(model, asker.layers, slices.shape, params)
        stacks = [{} for _ in asker.layers]
        for scale in params.scales:
            asking = _ask_scan(asker, slices, scale, params.batch_size, place)
            maps, scores = yield from telling(asking, _counter(scale, spent, total, len(slices)))
            for stack, of_layer in zip(stacks, maps, strict=True):
                stack[scale] = _fetched(of_layer, params.method)
            logits[scale] = scores.float().cpu().numpy()
            spent += scale**2
    nearest_one = min(params.scales, key=lambda scale: abs(scale - 1))
    return MapStack([LayerMaps(*both) for both in zip(stacks, grids, strict=True)], logits[nearest_one])


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


def _ask_scan(
    asker: Asker, slices: Array, scale: float, batch_size: int, place: torch.device
) -> Generator[float, None, _Maps]:
    """Ask about all slices at one scale; yield how many are done, give maps (Z, C, *s), one a layer, and scores."""
    size = max(1, round(batch_size / scale**2))
    answers: list[_Maps] = []
    for start in range(0, len(slices), size):
        batch = torch.from_numpy(np.array(slices[start : start + size], dtype=np.float32)).to(place)
        numbers = range(start, start + len(batch))
        asking = asker.ask(resized(batch, scale), numbers, size)
        answers.append((yield from telling(asking, partial(_within, numbers))))
        yield numbers.stop
    maps = [torch.cat(parts) for parts in zip(*(maps for maps, _ in answers), strict=True)]
    return maps, torch.cat([scores for _, scores in answers])


def _within(numbers: range, done: float) -> float:
    """Give how many slices are done when this part of ``numbers`` is."""
    return numbers.start + len(numbers) * done


def _counter(scale: float, spent: float, total: float, slices: int) -> Callable[[float], Progress]:
    """Give what tells, from the slices done at one scale, how many slices' worth is done at all scales."""

    def count(done: float) -> Progress:
        worth = (spent * slices + scale**2 * done) / total
        return Progress("maps", int(worth + 1e-6), slices, f"scale {scale:g}")

    return count


def _fetched(maps: Tensor, method: str) -> Array:
    """Turn maps (Z, C, *s) on the device into (C, Z, *s) float16, at the strength that is kept."""
    if not bool(torch.isfinite(maps).all()):
        raise ModelError("The classifier gives activation maps that are not finite: its training diverged. Train anew.")
    if method in ("grad-cam", "layer-cam"):
        maps = maps * maps[0, 0].numel()
    elif method in ("grad-cam++", "smoothgrad-cam++"):
        highest = maps.amax(dim=[0, *range(2, maps.ndim)], keepdim=True)
        maps = maps / torch.where(highest > 0, highest, 1)
    limit = torch.finfo(torch.float16).max
    fetched: Array = maps.clamp(-limit, limit).half().transpose(0, 1).contiguous().cpu().numpy()
    return fetched


def _grids(
    model: nn.Module, layers: Sequence[str], shape: Sequence[int], params: ActivationMaps
) -> list[dict[float, FloatArray]]:
    """Give, for each layer, scale → (axes, 2): where the cells of the maps of ``shape`` (Z, channels, *S) lie."""
    grids: list[dict[float, FloatArray]] = [{} for _ in layers]
    for scale in params.scales:
        sides = resized_sides(shape[2:], scale)
        for grid, lines in zip(grids, cell_grids(model, layers, sides, shape[1]), strict=True):
            grid[scale] = np.array(as_fractions(lines, sides))
    return grids


def place_of(device: str | torch.device) -> torch.device:
    """Give the device called ``device``; "auto" is CUDA, then MPS, where there is one."""
    if device != "auto":
        return torch.device(device)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
