"""What a classifier's map shows in slices that are known to be lesion-free."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor, nn

from napari_wsss.cam.linear import class_activation
from napari_wsss.engine.predict import predict_logits
from napari_wsss.progress import Work
from napari_wsss.refine.level import levels_of

if TYPE_CHECKING:
    from napari_wsss.models.classifier import Classifier
    from napari_wsss.pipeline.batches import LabelledSlices

MOST_SLICES = 2000
"""Slices that are looked at for a class; more hardly move the levels."""


def lesion_free_levels(
    model: Classifier, examples: LabelledSlices, batch_size: int, device: str, stage: str
) -> Work[list[list[float]]]:
    """Give, for each class, the levels of its map (CAM, eq. 1 of Liu et al.) in slices labelled free of it.

    Args:
        model: the trained classifier.
        examples: labelled slices of the training patients, some of them free of each class.
        batch_size: slices asked about together.
        device: where to compute.
        stage: name in the events.

    Returns:
        (C, Q) numbers, see :func:`~napari_wsss.refine.level.levels_of`.
    """
    chosen = [free[:: -(-len(free) // MOST_SLICES)] for free in map(np.flatnonzero, examples.labels.T == 0)]
    looked_at = np.unique(np.concatenate(chosen))
    parts = np.split(looked_at, range(batch_size, len(looked_at), batch_size))
    batches = (examples.image(part).numpy() for part in parts)
    asking = predict_logits(_Maps(model), batches, device=device, precision="32", stage=stage, total=len(looked_at))
    values = yield from asking  # 32 bit, as the maps that they are held against
    return [levels_of(values[np.isin(looked_at, free), index]).tolist() for index, free in enumerate(chosen)]


class _Maps(nn.Module):
    """Gives a classifier's maps for its scores."""

    def __init__(self, model: Classifier) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        """Give (B, C, h, w)."""
        return class_activation(self.model.features(images), self.model.head.weight)
