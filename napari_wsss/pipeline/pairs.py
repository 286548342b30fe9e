"""Training on pairs of voxels: which are drawn, what they teach, how well they are told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from napari_wsss.engine.augment import Augmenter, augmenter
from napari_wsss.losses.affinity import pair_accuracy, pair_loss
from napari_wsss.refine.seeds import UNSURE

if TYPE_CHECKING:
    from napari_wsss.engine.training import Validate
    from napari_wsss.pipeline.confident import ConfidentPatches
    from napari_wsss.pipeline.steps.embedding import TrainEmbedding


def loss_of_pairs(model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
    """Give the loss of eq. 3 of Wu et al. (2019) on the pairs of the voxels drawn."""
    return pair_loss(model(batch["image"], batch["places"]), batch["labels"])


def pair_augmenter(step: TrainEmbedding) -> Augmenter:
    """Give the function that changes a batch and then draws the voxels of its pairs, others at each step."""
    change = augmenter(step)

    def augment(batch: dict[str, Tensor], rng: np.random.Generator) -> dict[str, Tensor]:
        changed = change(batch, rng)
        return {"image": changed["image"], **draw_voxels(changed["seeds"], step.voxels, rng)}

    return augment


def pair_validation(val: ConfidentPatches, step: TrainEmbedding) -> Validate:
    """Give the function that scores a network on pairs of the validation volumes, the same ones every time."""

    def validate(model: nn.Module) -> dict[str, float]:
        device = next(model.parameters()).device
        scores = []
        for number, start in enumerate(range(0, len(val), step.batch_size)):
            rng = np.random.default_rng((step.seed, number))
            parts = [_embedded(model, val.load(np.array([index])), step.voxels, rng, device)
                     for index in range(start, min(start + step.batch_size, len(val)))]  # fmt: skip
            vectors, labels = (torch.cat(group) for group in zip(*parts, strict=True))
            scores.append((float(pair_loss(vectors, labels)), float(pair_accuracy(vectors, labels))))
        loss, right = np.mean(scores, axis=0)
        return {"pair_loss": float(loss), "pairs_right": float(right)}

    return validate


def _embedded(
    model: nn.Module, batch: dict[str, Tensor], count: int, rng: np.random.Generator, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Give the vectors and labels of voxels drawn from a batch."""
    drawn = draw_voxels(batch["seeds"], count, rng)
    with torch.inference_mode():
        vectors = model(batch["image"].to(device), drawn["places"].to(device))
    return vectors.cpu(), drawn["labels"]


def draw_voxels(seeds: Tensor, count: int, rng: np.random.Generator) -> dict[str, Tensor]:
    """Draw ``count`` voxels of each example, as many of each kind (normal tissue, each class) as there are kinds.

    Kinds that have too few voxels give some of them more than once.

    Args:
        seeds: (B, D, H, W) uint8, 0 where unsure.
        count: voxels of an example.
        rng: decides.

    Returns:
        ``places`` (B, count) int64, numbers of voxels counted row by row, and ``labels`` (B, count) int64, their
        seeds; 0 throughout for an example without a sure voxel.
    """
    places, labels = zip(*(_drawn(example.flatten(), count, rng) for example in seeds), strict=True)
    return {"places": torch.stack(places), "labels": torch.stack(labels)}


def _drawn(seeds: Tensor, count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    kinds = [kind for kind in torch.unique(seeds).tolist() if kind != UNSURE]
    shares = [len(share) for share in np.array_split(np.arange(count), max(len(kinds), 1))]
    parts = [torch.zeros(0, dtype=torch.int64, device=seeds.device)]
    for kind, share in zip(kinds, shares, strict=False):
        there = torch.nonzero(seeds == kind)[:, 0]
        chosen = rng.choice(len(there), share, replace=len(there) < share)
        parts.append(there[torch.from_numpy(chosen).to(seeds.device)])
    places = torch.cat(parts) if kinds else torch.zeros(count, dtype=torch.int64, device=seeds.device)
    return places, seeds[places].long()
