"""The network of the voxel representation learns one batch by heart."""

import numpy as np
import pytest
import torch

from napari_wsss.engine.fit import fit
from napari_wsss.engine.settings import Fit
from napari_wsss.models.embedding import build_embedding
from napari_wsss.models.settings import EmbeddingNet
from napari_wsss.pipeline.pairs import draw_voxels, loss_of_pairs
from napari_wsss.progress import drain


class OneBatch:
    """Two volumes of noise; the labels are drawn by lot, so there is nothing to learn but the voxels themselves."""

    def __init__(self):
        chance = torch.Generator().manual_seed(0)
        self.image = torch.randn(2, 1, 4, 12, 20, generator=chance)
        seeds = torch.randint(1, 3, (2, 4, 12, 20), generator=chance, dtype=torch.uint8)
        self.drawn = draw_voxels(seeds, 16, np.random.default_rng(0))

    def __len__(self):
        return 2

    def load(self, indices):
        return {"image": self.image[indices], **{name: tensor[indices] for name, tensor in self.drawn.items()}}


def learnt(folder, **changes):
    torch.manual_seed(0)
    model = build_embedding(EmbeddingNet(width=4, dimensions=8), 1)
    settings = Fit(batch_size=2, learning_rate=0.02, weight_decay=0, schedule="constant", precision="32", **changes)
    return drain(fit(model, OneBatch(), loss_of_pairs, settings, stage="x", folder=folder, device="cpu"))


def test_one_batch_is_learnt_by_heart(tmp_path):
    result = learnt(tmp_path, epochs=45)
    assert result.history[0]["loss"] > 0.5
    assert result.best < 0.1


def test_a_batch_in_parts_teaches_the_same_pairs_across_the_parts(tmp_path):
    whole, parted = (learnt(tmp_path / str(parts), epochs=3, accumulate=parts) for parts in (1, 2))
    losses = [[row["loss"] for row in result.history] for result in (whole, parted)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
