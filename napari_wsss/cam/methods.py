"""Activation map methods, each for any number of spatial axes (``*S``)."""

from __future__ import annotations

import torch
from torch import Tensor


def class_activation(features: Tensor, weight: Tensor) -> Tensor:
    """Give the CAM of every class, eq. 1 of Liu et al. (after Zhou et al. 2016): weights times feature map.

    Args:
        features: (B, K, *S), the last feature map.
        weight: (C, K), of the linear layer that follows global pooling.

    Returns:
        (B, C, *S), negative values kept, bias left out.
    """
    return torch.einsum("bk...,ck->bc...", features, weight)


def gradient_weighted(features: Tensor, gradients: Tensor) -> Tensor:
    """Give the feature map weighted by the spatial mean of its gradients, before the ReLU (Selvaraju et al. 2017).

    For global average pooling followed by a linear layer it equals :func:`class_activation` / Z, Z being the number of
    places of the map.

    Args:
        features: (B, K, *S).
        gradients: (B, K, *S), of one class score with respect to ``features``.

    Returns:
        (B, *S).
    """
    alpha = gradients.flatten(2).mean(dim=2)
    return torch.einsum("bk...,bk->b...", features, alpha)


def grad_cam(features: Tensor, gradients: Tensor) -> Tensor:
    """Give Grad-CAM (Selvaraju et al. 2017), ≥ 0: the positive part of :func:`gradient_weighted`."""
    return gradient_weighted(features, gradients).relu()


def class_gradients(logits: Tensor, features: Tensor) -> Tensor:
    """Give the gradient of every class score.

    Args:
        logits: (B, C), computed from ``features``.
        features: (B, K, *S), asking for gradients.

    Returns:
        (C, B, K, *S). The graph is used up.
    """
    classes = logits.shape[1]
    # Cases do not influence one another in evaluation mode, so the sum over the batch keeps their gradients apart.
    gradients = [
        torch.autograd.grad(logits[:, index].sum(), features, retain_graph=index + 1 < classes)[0]
        for index in range(classes)
    ]
    return torch.stack(gradients)
