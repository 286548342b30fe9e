"""Seeding loss, eq. 8 of Liu et al. (after Kolesnikov and Lampert 2016)."""

from __future__ import annotations

from torch import Tensor

from napari_wsss.losses.segmentation import segmentation_loss


def seeding_loss(logits: Tensor, seeds: Tensor) -> Tensor:
    """Give −log p of the seeded class, as ONE mean over all seeded places of all classes and images together.

    Background seeds count as a class of their own (ours). On seeds that give each place at most one class, as a mask
    does, eq. 8 is the cross-entropy over the seeded places.

    Args:
        logits: (B, 1, H, W) for one class or (B, C + 1, H, W), background first.
        seeds: (B, H, W) integers: 0 background seed, c + 1 seed of class c, 255 no seed.

    Returns:
        A scalar ≥ 0; 0 without any seed.
    """
    return segmentation_loss(logits, seeds)
