"""Examples of which some come more often than others, drawn anew for each epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from torch import Tensor

    from napari_wsss.pipeline.learning import SegmenterStep
    from napari_wsss.pipeline.scoring import Examples


class Redrawn:
    """Examples of an epoch: accepted ones more often than proposals, of lesion-free ones as many as are wanted.

    As many as there are, or as their shares add up to. What the network learns is that of a loss in which proposals
    weigh ``step.pseudo_weight``, at the cost of no step.

    Args:
        examples: to draw from.
        step: its knobs.
    """

    def __init__(self, examples: Examples, step: SegmenterStep) -> None:
        self._examples, self._seed = examples, step.seed
        self._count = round(float(examples.share.sum()))
        weights = examples.share * np.where(examples.accepted, 1.0, step.pseudo_weight)
        self._times = weights * self._count / weights.sum()
        self.begin(0)

    def __len__(self) -> int:
        return self._count

    def begin(self, epoch: int) -> None:
        """Draw for an epoch, by the seed and its number alone."""
        self._drawn = draw(self._times, np.random.default_rng((self._seed, epoch)))

    def load(self, indices: npt.NDArray[np.int64]) -> dict[str, Tensor]:
        """Give a batch as the examples do."""
        return self._examples.load(self._drawn[indices])


def needs_drawing(examples: Examples, step: SegmenterStep) -> bool:
    """Whether an epoch sees anything but each of ``examples`` once."""
    weighed = step.pseudo_weight < 1 and 0 < examples.accepted.mean() < 1
    return bool(weighed or (examples.share < 1).any())


def draw(times: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Draw numbers of examples, as many as ``times`` add up to (systematic sampling).

    Args:
        times: (N,), how often each should come, adding up to a whole number.
        rng: source of the choice.

    Returns:
        Each number comes ``times`` times, rounded up or down by chance.
    """
    shuffled, count = rng.permutation(len(times)), round(float(times.sum()))
    ends = np.cumsum(times[shuffled])
    points = (np.arange(count) + rng.random()) * ends[-1] / count
    drawn: npt.NDArray[np.int64] = shuffled[np.searchsorted(ends, points, side="right").clip(max=len(times) - 1)]
    return drawn
