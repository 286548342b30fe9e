"""Voxel representation: a 3-D U-Net that maps each voxel to a vector (section 2.2 of Wu et al. 2019)."""

from __future__ import annotations

from torch import Tensor

from napari_wsss.models.settings import EmbeddingNet
from napari_wsss.models.volume_unet import VolumeUNet


class VoxelEmbedding(VolumeUNet):
    """Maps each voxel of a volume of any size to a vector; voxels of one tissue come to lie close together."""

    def forward(self, volumes: Tensor, places: Tensor | None = None) -> Tensor:
        """Embed all voxels, or some.

        Args:
            volumes: (B, in_channels, D, H, W).
            places: (B, n) integers, numbers of voxels counted row by row; None for all.

        Returns:
            (B, K, D, H, W), or (B, n, K) for ``places``.
        """
        vectors = super().forward(volumes)
        return vectors if places is None else pick(vectors, places)


def pick(vectors: Tensor, places: Tensor) -> Tensor:
    """Give the vectors (B, n, K) at ``places`` (B, n) of a field of vectors (B, K, D, H, W)."""
    index = places[:, None].expand(-1, vectors.shape[1], -1)
    return vectors.flatten(2).gather(2, index).transpose(1, 2)


def build_embedding(net: EmbeddingNet, in_channels: int) -> VoxelEmbedding:
    """Build the network with random weights."""
    return VoxelEmbedding(in_channels, net.dimensions, net.width)
