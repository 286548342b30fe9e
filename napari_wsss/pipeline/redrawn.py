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
    """As many examples an epoch as there are, accepted ones more often than proposals.

    What the network learns is that of a loss in which proposals weigh ``step.pseudo_weight``, at the cost of no step.

    Args:
        examples: to draw from.
        step: its knobs.
    """

    def __init__(self, examples: Examples, step: SegmenterStep) -> None:
        self._examples, self._seed = examples, step.seed
        weights = np.where(examples.accepted, 1.0, step.pseudo_weight)
        self._times = weights / weights.mean()
        self.begin(0)

    def __len__(self) -> int:
        return len(self._examples)

    def begin(self, epoch: int) -> None:
        """Draw for an epoch, by the seed and its number alone."""
        self._drawn = draw(self._times, np.random.default_rng((self._seed, epoch)))

    def load(self, indices: npt.NDArray[np.int64]) -> dict[str, Tensor]:
        """Give a batch as the examples do."""
        return self._examples.load(self._drawn[indices])


def draw(times: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Draw as many numbers of examples as there are (systematic sampling).

    Args:
        times: (N,), how often each should come, of mean 1.
        rng: source of the choice.

    Returns:
        (N,); each number comes ``times`` times, rounded up or down by chance.
    """
    shuffled = rng.permutation(len(times))
    ends = np.cumsum(times[shuffled])
    points = (np.arange(len(times)) + rng.random()) * ends[-1] / len(times)
    drawn: npt.NDArray[np.int64] = shuffled[np.searchsorted(ends, points, side="right").clip(max=len(times) - 1)]
    return drawn
