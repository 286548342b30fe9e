"""Plain Gaussian filter of a volume, exact, on any torch device. Only the worker loads torch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class TorchGaussian:
    """Σ_j exp(-½ |x_i - x_j|² / θ²) v_j over all voxels j of a grid; nothing outside, the voxel itself included."""

    def __init__(self, shape: Sequence[int], theta: Sequence[float], device: torch.device) -> None:
        """``shape``: (Z, Y, X); ``theta``: standard deviation along each axis in voxels."""
        self._matrices = [between(length, width, device) for length, width in zip(shape, theta, strict=True)]

    @property
    def nbytes(self) -> int:
        """Bytes held on the device."""
        return sum(matrix.nbytes for matrix in self._matrices)

    def __call__(self, values: Tensor) -> Tensor:
        """Filter (Z, Y, X) float32."""
        z, y, x = self._matrices
        depth, height, width = values.shape
        along_x = values.reshape(-1, width) @ x
        along_y = torch.bmm(y.expand(depth, -1, -1), along_x.reshape(depth, height, width))
        return (z @ along_y.reshape(depth, -1)).reshape(values.shape)


def between(count: int, width: float, device: torch.device) -> Tensor:
    """Give exp(-½ ((i - j) / width)²) for all i, j < ``count``, (count, count) float32."""
    places = torch.arange(count, dtype=torch.float32, device=device)
    return torch.exp(-0.5 * ((places[:, None] - places) / width) ** 2)
