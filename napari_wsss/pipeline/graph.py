"""Graph: the live steps of one case. Moving a knob runs that step and its descendants, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from napari_wsss.pipeline.cache import ArrayCache
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.question import Question
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.stack import Stack
from napari_wsss.pipeline.steps.live import LiveStep
from napari_wsss.types import LabelMap

PIECE = 8
"""Slices computed in one go: enough that the cost of calls does not count."""


class MaskShelf(Protocol):
    """Somewhere masks lie that need not be computed."""

    def find(self, key: str) -> LabelMap | None:
        """Give the mask (Z, Y, X) made under ``key``, or None."""


class Graph:
    """Evaluates live steps of one case and remembers their results by key. One question at a time.

    Args:
        recipe: the steps; settings of this case alone, as the workspace has them, are applied.
        keys: keys of the recipe; must be those of ``recipe``.
        case_id: the case.
        scan: the case in memory.
        roots: values of the upstream steps that are not live, by step name: arrays by name (raw maps), or a
            function that asks a trained model.
        cache: where results are kept; may be shared by several graphs.
        threads: how many pieces of a volume are computed side by side.
        shelves: where masks are looked for before they are computed.

    Attributes:
        piece: slices of a volume computed in one go, at most; between two pieces a question can be given up.
        seconds: step → time its last run took; of a volume on several threads, its share of the time that passed. A
            step answered from the cache keeps its last figure. What a kernel builds later, when a slice is first asked
            for, counts as the kernel's.
        runs: steps that really ran since the graph was made, in running order, each once a question.
    """

    def __init__(  # noqa: PLR0917 (all six are needed, none has a default)
        self,
        recipe: Recipe,
        keys: Keys,
        case_id: str,
        scan: Scan,
        roots: Mapping[str, Any],
        cache: ArrayCache,
        *,
        threads: int = 1,
        shelves: Sequence[MaskShelf] = (),
    ) -> None:
        self.recipe = keys.workspace.recipe_for(recipe, case_id)
        self.keys, self.case_id = keys, case_id
        self.scan, self.roots, self.cache = scan, roots, cache
        self.threads, self.shelves = threads, shelves
        self.piece = PIECE
        self.seconds: dict[str, float] = {}
        self.runs: list[str] = []
        self._slicewise: dict[str, bool] = {}

    @property
    def depth(self) -> int:
        """Slices of the scan."""
        return int(self.scan.image.shape[1])

    def value(self, name: str, z: int | None = None, stop: Callable[[], bool] | None = None) -> Any:  # noqa: ANN401
        """Give the result of a live step: an array that must not be written to, or a kernel.

        Args:
            name: the step.
            z: one slice (the result's Z axis then has length 1), or None for the whole volume. Slices computed before
                are not computed again for the volume.
            stop: asked between steps and between pieces of a volume whether the answer is still wanted.

        Raises:
            Cancelled: ``stop`` said so; what was computed till then is kept.
        """
        question = Question(self, stop)
        try:
            value = question.value(name, z)
        finally:
            question.close()
        return _read_only(value) if isinstance(value, np.ndarray) else value

    def at_hand(self, name: str, z: int | None = None) -> bool:
        """Whether :meth:`value` of an array step would be answered from memory at once."""
        kept = self.cache.get(self.key(name))
        first, last = (0, self.depth) if z is None else (z, z + 1)
        return kept.has(first, last) if isinstance(kept, Stack) else kept is not None

    def quick(self, name: str, z: int) -> bool:
        """Whether slice ``z`` of an array step can be told now without running a step over the whole volume."""
        name = self.recipe.effective(name)
        step = self.live(name)
        if step.whole or self.at_hand(name, z):
            return True
        return self.piecewise(name) and all(self.quick(source, z) for source in self.sources(name))

    def key(self, name: str) -> str:
        """Give the key of a step's result for this case."""
        return self.keys.key(name, self.case_id)

    def live(self, name: str) -> LiveStep:
        """Give a live step. Raises TypeError for a job."""
        step = self.recipe.step(name)
        if not isinstance(step, LiveStep):
            raise TypeError(f"step '{name}' is a job, not a live step")
        return step

    def sources(self, name: str) -> list[str]:
        """Give the live steps whose results a live step takes; switched-off filters are passed over."""
        links = self.live(name).links().values()
        return [self.recipe.effective(link) for link in links if self.recipe.step(link).live]

    def piecewise(self, name: str) -> bool:
        """Whether a slice of a step's result depends on that slice of its sources alone.

        A step handed over whole, such as the kernel of a CRF, says it for its users.
        """
        whole = [source for source in map(self.live, self.sources(name)) if source.whole]
        return self.live(name).slicewise and all(source.slicewise for source in whole)

    def slicewise(self, name: str) -> bool:
        """Whether ``name`` and all live steps before it can be computed slice by slice."""
        name = self.recipe.effective(name)
        if name not in self._slicewise:
            step = self.live(name)
            self._slicewise[name] = step.whole or (
                self.piecewise(name) and all(map(self.slicewise, self.sources(name)))
            )
        return self._slicewise[name]


def _read_only(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    view = array.view()
    view.flags.writeable = False
    return view
