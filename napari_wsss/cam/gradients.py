"""Maps from the gradients of class scores: Grad-CAM, Grad-CAM++, LayerCAM; for any number of spatial axes (``*S``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from napari_wsss.errors import ModelError

EPSILON = 1e-6
"""Added to Grad-CAM++'s denominator, as pytorch-grad-cam does. Gradients are as small, so it is part of the result."""


def class_gradients(logits: Tensor, features: Sequence[Tensor], classes: Sequence[int]) -> Iterator[Sequence[Tensor]]:
    """Give the gradients of one class score after the other: one backward pass a class, whatever the layers.

    Args:
        logits: (B, C), computed from ``features``.
        features: (B, K, *S) each, asking for gradients.
        classes: whose scores are differentiated.

    Yields:
        (B, K, *S) for each of ``features``. The graph is used up with the last class.

    Raises:
        ModelError: the scores do not depend on one of the maps.
    """
    for place, index in enumerate(classes):
        # Cases do not influence one another in evaluation mode, so the sum over the batch keeps their gradients apart.
        score = logits[:, index].sum()
        keep = place + 1 < len(classes)
        gradients = torch.autograd.grad(score, features, retain_graph=keep, allow_unused=True)
        if any(gradient is None for gradient in gradients):
            raise ModelError("The class scores do not depend on one of the layers; choose another layer.")
        yield gradients


def gradient_weighted(features: Tensor, gradients: Tensor) -> Tensor:
    """Give the feature map weighted by the spatial mean of its gradients, before the ReLU (Selvaraju et al. 2017).

    For global average pooling followed by a linear layer it equals
    :func:`~napari_wsss.cam.linear.class_activation` / Z, Z being the number of places of the map.

    Args:
        features: (B, K, *S).
        gradients: (B, K, *S), of one class score with respect to ``features``.

    Returns:
        (B, *S).
    """
    return weighted(features, gradients.flatten(2).mean(dim=2))


def grad_cam(features: Tensor, gradients: Tensor) -> Tensor:
    """Give Grad-CAM (Selvaraju et al. 2017), ≥ 0: the positive part of :func:`gradient_weighted`."""
    return gradient_weighted(features, gradients).relu()


def grad_cam_pp(features: Tensor, gradients: Tensor) -> Tensor:
    """Give Grad-CAM++ (Chattopadhay et al. 2018), ≥ 0, arguments as :func:`gradient_weighted`.

    Their closed form (eq. 19), which holds for the exponential of the score: its higher derivatives are powers of the
    first.
    """
    squares = gradients.square()
    return plus_plus(features, gradients, squares, squares * gradients)


def plus_plus(features: Tensor, gradients: Tensor, squares: Tensor, cubes: Tensor) -> Tensor:
    """Give Grad-CAM++ of given second and third derivatives, all (B, K, *S): α = d² / (2 d² + ΣA d³), eq. 19.

    Each channel weighs Σ α · relu(gradient).
    """
    total = features.flatten(2).sum(dim=2).reshape(*features.shape[:2], *[1] * (features.ndim - 2))
    # Where the gradient is not positive, α (whose denominator may be nought there) does not count.
    alpha = torch.where(gradients > 0, squares / (2 * squares + total * cubes + EPSILON), 0)
    return weighted(features, (alpha * gradients).flatten(2).sum(dim=2)).relu()


def layer_cam(features: Tensor, gradients: Tensor) -> Tensor:
    """Give LayerCAM (Jiang et al. 2021), ≥ 0, arguments as :func:`gradient_weighted`: each place has its own weight."""
    return (features * gradients.relu()).sum(dim=1).relu()


def weighted(features: Tensor, weights: Tensor) -> Tensor:
    """Sum the channels of ``features`` (B, K, *S) times ``weights`` (B, K): (B, *S)."""
    return torch.einsum("bk...,bk->b...", features, weights)
