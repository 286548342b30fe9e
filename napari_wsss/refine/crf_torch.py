"""Dense CRF on any torch device. Only the worker loads torch.

The same mathematics as the engine on the CPU (:mod:`napari_wsss.refine.kernel`, :mod:`napari_wsss.refine.meanfield`):
symmetric normalisation, the voxel's own term kept, Potts compatibility.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from napari_wsss.refine.bilateral_grid_torch import TorchGrid, choose_density
from napari_wsss.refine.gaussian_torch import TorchGaussian
from napari_wsss.refine.kernel import check
from napari_wsss.refine.permutohedral_torch import TorchLattice
from napari_wsss.refine.theta import Theta
from napari_wsss.types import BoolArray, FloatArray

APART = 1e-6
"""Width along Z, in voxels, at which slices do not influence each other."""
SMALLEST = 1e-10
"""Unary probabilities below this count as this."""
_SLICES, _VOXELS = 8, 1 << 20  # slices apart are worked together up to these numbers


class Slices:
    """A filter of its own for every slice."""

    def __init__(self, filters: Sequence[TorchLattice]) -> None:
        self._filters = filters

    @property
    def nbytes(self) -> int:
        """Bytes held on the device."""
        return sum(one.nbytes for one in self._filters)

    def __call__(self, values: Tensor) -> Tensor:
        """Filter (Z, Y, X) float32."""
        return torch.stack([one(here) for one, here in zip(self._filters, values, strict=True)])


Filter = TorchGaussian | TorchGrid | TorchLattice | Slices


class TorchNormalised:
    """D^-½ K D^-½ with D the row sums of K, on the device.

    Attributes:
        of_ones: (Z, Y, X), the kernel applied to a volume of ones.
    """

    def __init__(self, kernel: Filter, inside: Tensor) -> None:
        """``inside``: (Z, Y, X) float32, 1 for the voxels that take part and 0 for all others."""
        self._kernel = kernel
        # The voxel's own term alone is 1; less is rounding.
        self._norm = inside * kernel(inside).clamp(min=1e-20).rsqrt()
        self.of_ones = self(torch.ones_like(inside))

    @property
    def nbytes(self) -> int:
        """Bytes held on the device."""
        return self._kernel.nbytes + self._norm.nbytes + self.of_ones.nbytes

    def __call__(self, values: Tensor) -> Tensor:
        """Filter (Z, Y, X) float32."""
        return self._kernel(values * self._norm).mul_(self._norm)


@dataclass(frozen=True, eq=False)
class _Block:
    """Both kernels of slices that are worked together."""

    smooth: TorchNormalised
    appearance: TorchNormalised

    @property
    def nbytes(self) -> int:
        return self.smooth.nbytes + self.appearance.nbytes


class TorchKernel:
    """Everything of a dense CRF that depends on the image and the widths alone, kept on a device. One call at a time.

    A volume's kernels are built at once; those of slices apart when a slice among them is first asked for.
    """

    def __init__(
        self,
        image: FloatArray,
        theta: Theta,
        device: str | torch.device,
        apart: bool = False,
        region: BoolArray | None = None,
    ) -> None:
        """Build the kernels.

        Args:
            image: (channels, Z, Y, X).
            theta: kernel widths in voxels and in the image's units.
            device: where they are built and kept.
            apart: every slice by itself; ``theta`` along Z then plays no part.
            region: (Z, Y, X), the voxels that take part; all when None.

        Raises:
            InputError: the image has another number of axes or channels than ``theta``, or is not finite; the region
                has another shape.
            torch.OutOfMemoryError: the device has too little memory.
        """
        self.device = torch.device(device)
        self.shape = check(image, theta, region)
        self._image, self._region, self._apart = image, region, apart
        self._theta = _without_z(theta) if apart else theta
        # As many slices as a graph asks for at once; fewer where they are large.
        _, height, width = self.shape
        self._at_once = max(min(_VOXELS // (height * width), _SLICES), 1) if apart else self.shape[0]
        self._blocks: dict[int, _Block] = {}
        if not apart:
            self._block(0)

    @property
    def nbytes(self) -> int:
        """Bytes held on the device at present."""
        return sum(block.nbytes for block in self._blocks.values())

    def differences(
        self, unary: FloatArray, compat: tuple[float, float], iterations: int, slices: Sequence[int] | None = None
    ) -> FloatArray:
        """Give Q_c - Q_0 after mean field, (C, n, Y, X) float32.

        Args:
            unary: (C, n, Y, X), log-ratio of every class to background. Voxels outside the region keep theirs.
            compat: weights of the smoothness and of the appearance kernel, ≥ 0.
            iterations: 0 gives the unary's own.
            slices: numbers of the n slices, where slices are apart; None for all of them.

        Raises:
            torch.OutOfMemoryError: the device has too little memory.
        """
        if slices is None and not self._apart:
            return self._infer(0, np.ascontiguousarray(unary, np.float32), compat, iterations)
        result = np.empty(unary.shape, np.float32)
        wanted = np.arange(self.shape[0]) if slices is None else np.asarray(slices)
        for start in np.unique(wanted - wanted % self._at_once):
            stop = min(start + self._at_once, self.shape[0])
            chosen = np.flatnonzero((wanted >= start) & (wanted < stop))
            here = np.zeros((len(unary), stop - start, *self.shape[1:]), np.float32)
            here[:, wanted[chosen] - start] = unary[:, chosen]
            found = self._infer(int(start), here, compat, iterations)
            result[:, chosen] = found[:, wanted[chosen] - start]
        return result

    def _infer(self, start: int, unary: FloatArray, compat: tuple[float, float], iterations: int) -> FloatArray:
        """Give Q_c - Q_0 of the slices worked together, the first of which is number ``start``."""
        block = self._block(start)
        terms = [term for term in zip((block.smooth, block.appearance), compat, strict=True) if term[1]]
        lesions = _mean_field(torch.tensor(unary, device=self.device), terms, iterations)
        # The background's share is 1 minus all others.
        differences: FloatArray = (lesions + (lesions.sum(dim=0) - 1)).cpu().numpy()
        return differences

    def _block(self, start: int) -> _Block:
        if start not in self._blocks:
            where = slice(start, min(start + self._at_once, self.shape[0]))
            image = torch.tensor(np.ascontiguousarray(self._image[:, where], np.float32), device=self.device)
            inside = torch.ones(image.shape[1:], device=self.device)
            if self._region is not None:
                inside *= torch.tensor(np.ascontiguousarray(self._region[where]), device=self.device)
            smooth = TorchGaussian(inside.shape, self._theta.smooth, self.device)
            appearance = _appearance(image, self._theta, self._apart)
            self._blocks[start] = _Block(TorchNormalised(smooth, inside), TorchNormalised(appearance, inside))
        return self._blocks[start]


def _without_z(theta: Theta) -> Theta:
    return replace(theta, smooth=(APART, *theta.smooth[1:]), space=(APART, *theta.space[1:]))


def _mean_field(unary: Tensor, terms: list[tuple[TorchNormalised, float]], iterations: int) -> Tensor:
    """Give the probabilities of classes 1 … C from their log-ratio to class 0, both (C, Z, Y, X)."""
    lesions = _softmax(unary)
    for _ in range(iterations if terms else 0):
        logits = unary.clone()
        for term, weight in terms:
            filtered = torch.stack([term(one) for one in lesions])
            # All classes together are 1 everywhere, so the background's message follows from the others'.
            background = term.of_ones - filtered.sum(dim=0)
            logits.add_(filtered.sub_(background), alpha=weight)
        lesions = _softmax(logits)
    return lesions


def _softmax(logits: Tensor) -> Tensor:
    highest = logits.amax(dim=0).clamp(min=0)
    shares = (logits - highest).exp()
    return shares / ((-highest).exp() + shares.sum(dim=0))


def _appearance(image: Tensor, theta: Theta, apart: bool) -> Filter:
    """Choose the filter: the finest grid that is small enough, else a lattice."""
    density = choose_density(image, theta)
    if density is not None:
        return TorchGrid(image, theta, density)
    if apart:
        return Slices([TorchLattice(_features(here[:, None], theta)) for here in image.unbind(1)])
    return TorchLattice(_features(image, theta))


def _features(image: Tensor, theta: Theta) -> Tensor:
    """Give position (axes longer than 1) and brightness of every voxel in standard deviations, (d, N) float32."""
    shape = image.shape[1:]
    lines = [
        torch.arange(length, device=image.device) / width for length, width in zip(shape, theta.space, strict=True)
    ]
    places = [place.reshape(-1) for place in torch.meshgrid(*lines, indexing="ij")]
    kept = [place for place, length in zip(places, shape, strict=True) if length > 1]
    colours = [channel.reshape(-1) / width for channel, width in zip(image, theta.colour, strict=True)]
    return torch.stack([*kept, *colours])
