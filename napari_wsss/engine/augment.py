"""Applies drawn changes to image tensors, on whatever device they lie."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from napari_wsss.data.augment import Augment, Transforms, draw
from napari_wsss.errors import WsssError

Augmenter = Callable[[dict[str, Tensor], np.random.Generator], dict[str, Tensor]]


def apply(transforms: Transforms, images: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
    """Change images, and label maps of the same grid alongside.

    Multiples of 90° and mirroring move pixels exactly; other angles are bilinear for images (what turns in from
    outside has the channel's lowest value) and nearest neighbour for labels (outside: 0). Labels get neither grain
    nor gain.

    Args:
        transforms: one per image.
        images: (B, C, H, W), floating point; quarter turns need H = W.
        labels: (B, K, H, W) of any type, or None.

    Returns:
        New tensors of the same shapes and types.

    Raises:
        WsssError: the images are not square and one is to be turned by 90° or 270°.
    """
    changed = _gain(_grain(_move(images, transforms, nearest=False), transforms), transforms)
    return changed, None if labels is None else _move(labels, transforms, nearest=True)


def augmenter(params: Augment) -> Augmenter:
    """Give the function :func:`napari_wsss.engine.fit.fit` calls on each batch.

    It changes ``image``, and every other entry whose last two axes are those of ``image`` (seeds, targets, masks;
    (B, H, W) or (B, …, H, W)) alongside; entries without a grid (labels per image) stay as they are. Volumes
    (B, C, D, H, W) and sequences of slices (B, T, C, H, W) are turned and mirrored in the plane of their slices, all
    slices of an example alike.
    """

    def augment(batch: dict[str, Tensor], rng: np.random.Generator) -> dict[str, Tensor]:
        image = batch["image"]
        transforms = draw(params, len(image), rng)
        changed, _ = apply(transforms, _planes(image))
        return {
            name: changed.reshape(image.shape) if name == "image" else _alongside(tensor, image, transforms)
            for name, tensor in batch.items()
        }

    return augment


def _planes(tensor: Tensor) -> Tensor:
    """Give all planes of an example as its channels, (B, …, H, W) → (B, K, H, W)."""
    return tensor.reshape(len(tensor), -1, *tensor.shape[-2:])


def _alongside(tensor: Tensor, image: Tensor, transforms: Transforms) -> Tensor:
    if tensor.ndim < 3 or tensor.shape[-2:] != image.shape[-2:]:
        return tensor
    return _move(_planes(tensor), transforms, nearest=True).reshape(tensor.shape)


def _move(images: Tensor, transforms: Transforms, *, nearest: bool) -> Tensor:
    moved = [
        _turn(image, float(transforms.angle[index]), nearest=nearest)
        for index, image in enumerate(images)
    ]  # fmt: skip
    for index, image in enumerate(moved):
        axes = [axis for axis, flip in ((1, transforms.flip_y), (2, transforms.flip_x)) if flip[index]]
        moved[index] = image.flip(axes) if axes else image
    return torch.stack(moved)


def _turn(image: Tensor, angle: float, *, nearest: bool) -> Tensor:
    """Turn (C, H, W) by ``angle`` degrees counter-clockwise."""
    quarters, rest = divmod(angle, 90)
    if rest:
        return _resample(image, math.radians(angle), nearest=nearest)
    if quarters % 2 and image.shape[-1] != image.shape[-2]:
        raise WsssError(
            f"Images of {image.shape[-2]} × {image.shape[-1]} pixels cannot be turned by {angle:g}°: quarter turns "
            "need square images. Set rotation_probability to 0 or use square inputs."
        )
    return torch.rot90(image, int(quarters) % 4, (1, 2)) if quarters else image


def _resample(image: Tensor, angle: float, *, nearest: bool) -> Tensor:
    _, height, width = image.shape
    cosine, sine = math.cos(angle), math.sin(angle)
    # grid_sample counts in half sides, hence the aspect ratios off the diagonal.
    matrix = [[cosine, -sine * height / width, 0.0], [sine * width / height, cosine, 0.0]]
    theta = torch.tensor([matrix], dtype=torch.float32, device=image.device)
    grid = F.affine_grid(theta, [1, 1, height, width], align_corners=False)
    if nearest:
        turned = F.grid_sample(image[None].float(), grid, mode="nearest", align_corners=False)
        return turned[0].to(image.dtype)
    lowest = image.amin(dim=(1, 2), keepdim=True)
    turned = F.grid_sample((image - lowest)[None].float(), grid, mode="bilinear", align_corners=False)
    return turned[0].to(image.dtype) + lowest


def _grain(images: Tensor, transforms: Transforms) -> Tensor:
    grainy = np.flatnonzero(transforms.noise)
    if not grainy.size:
        return images
    generator = torch.Generator(device=images.device).manual_seed(transforms.noise_seed)
    index = torch.from_numpy(grainy).to(images.device)
    chosen = images[index]
    sigma = torch.from_numpy(transforms.noise[grainy]).to(images)[:, None, None, None]
    noise = torch.randn(chosen.shape, generator=generator, device=images.device, dtype=images.dtype)
    images[index] = chosen + noise * sigma * chosen.std(dim=(2, 3), keepdim=True, correction=0)
    return images


def _gain(images: Tensor, transforms: Transforms) -> Tensor:
    if (transforms.gain == 1).all():
        return images
    lowest = images.amin(dim=(2, 3), keepdim=True)
    return (images - lowest) * torch.from_numpy(transforms.gain).to(images)[:, None, None, None] + lowest
