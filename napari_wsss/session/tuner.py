"""Tuner: the live path of one case — move a knob, ask for a slice or the volume, get the mask. No torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from os import cpu_count
from time import perf_counter
from typing import Any

import numpy as np

from napari_wsss.pipeline.cache import ArrayCache
from napari_wsss.pipeline.graph import PIECE, Graph, MaskShelf
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.overrides import fitting
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.runner import pinned_models
from napari_wsss.pipeline.scan import load_scan
from napari_wsss.pipeline.steps.live import LiveStep
from napari_wsss.pipeline.workspace import ArrayShelf, Workspace
from napari_wsss.refine.accelerator import Accelerator, accelerated
from napari_wsss.types import FloatArray, LabelMap

LONG_SECONDS = 0.5
"""A proposal that took longer is worth keeping on disk."""
THREADS = min(2, cpu_count() or 1)
"""Pieces of a volume computed side by side; the window needs a core too."""

PIECE_SECONDS = 0.03
"""A piece of the volume should take no longer than this, so that a volume nobody wants any more is given up soon."""

Stop = Callable[[], bool]


class Tuner:
    """Proposals of one case while its knobs move.

    Not for use by two threads at once; results are kept by key, so going back to a value costs nothing. Arrays given
    out are read-only: copy one to paint in it.

    Args:
        recipe: the recipe in use, with the project's settings.
        workspace: the project's cases, labels and folders, and the settings of single cases.
        case_id: the case.
        cache: where results are kept.
        ask: classifier step → function that asks it, for steps that do.
        accelerator: something faster than the CPU for the dense CRF, if there is.

    Attributes:
        start: the recipe with the settings of the project and the case's own, as they were when the tuner was made.
        recipe: the recipe with the knobs as they are now.
        notes: one line for each of the case's own settings that does not fit the recipe and was left out.
        has_maps: whether there are maps to begin with.
        stale: the maps were made by another model or other settings than those in use now.
    """

    def __init__(
        self,
        recipe: Recipe,
        workspace: Workspace,
        case_id: str,
        cache: ArrayCache | None = None,
        ask: Mapping[str, Callable[..., Any]] | None = None,
        *,
        accelerator: Accelerator | None = None,
    ) -> None:
        self.start, self.notes = fitting(recipe, workspace.overrides.get(case_id, ()))
        self.recipe = self.start
        # Labels may change while the tuner lives; its scan and its keys must speak of the same ones. The case's own
        # settings are in the recipe now, where sliders can move them.
        self._workspace = workspace = replace(workspace, labels=deepcopy(workspace.labels), overrides={})
        self._case_id, self._accelerator = case_id, accelerator
        self._cache = cache if cache is not None else ArrayCache()
        self._pinned = pinned_models(recipe, workspace)
        self._roots: dict[str, Any] = dict(ask or {})
        names = [name for name in recipe.upstream(recipe.proposal) if recipe.step(name).gives == "maps"]
        shelves = {name: ArrayShelf(workspace.cache, name, case_id) for name in names}
        self.has_maps = all(shelf.key is not None for shelf in shelves.values())
        if self.has_maps:
            self._roots |= {name: shelf.read() for name, shelf in shelves.items()}
        wanted = Keys(self.recipe, workspace, self._pinned)
        made = {name: str(shelf.key) for name, shelf in shelves.items()}
        self.stale = self.has_maps and any(wanted.key(name, case_id) != key for name, key in made.items())
        self._pinned_roots = self._pinned | made
        self._scan = load_scan(recipe, workspace, case_id)
        self._shelves: list[MaskShelf] = [_Proposals(self.recipe, workspace, case_id)]
        self._shelves += [self._cache.kept] if self._cache.kept is not None else []
        self._spent = 0.0
        self._graph = self._make_graph()

    @property
    def steps(self) -> dict[str, LiveStep]:
        """The live steps that the proposal depends on, in running order, with their knobs as they are now."""
        chain = {name: self.recipe.step(name) for name in self.recipe.upstream(self.recipe.proposal)}
        return {name: step for name, step in chain.items() if isinstance(step, LiveStep)}

    @property
    def slicewise(self) -> bool:
        """Whether one slice can be computed without the rest of the volume."""
        return self._graph.slicewise(self.recipe.proposal)

    @property
    def timings(self) -> Mapping[str, float]:
        """Seconds that the last run of each step took that is switched on."""
        seconds = self._graph.seconds
        return {name: seconds[name] for name, step in self.steps.items() if name in seconds and step.passes is None}

    @property
    def memory(self) -> int:
        """Bytes of all results kept in memory; other cases' too, where they share a cache."""
        return self._cache.nbytes

    def key(self) -> str:
        """Give a text that changes with every knob; a result is current while it is the same."""
        return self._graph.key(self.recipe.proposal)

    def set(self, step: str, **knobs: Any) -> None:  # noqa: ANN401
        """Move knobs of one live step. Raises RecipeError for an unknown name or a value out of bounds."""
        before = self.key()
        self.recipe = self.recipe.with_knobs(step, **knobs)
        self._graph = self._make_graph()
        if self.key() != before:
            self._spent = 0.0

    def changes(self) -> dict[str, dict[str, Any]]:
        """Give step → knob → value of what was moved since the start."""
        moved: dict[str, dict[str, Any]] = {}
        for name, step in self.steps.items():
            before = self.start.step(name)
            knobs = [knob for knob in step.knobs() if getattr(step, knob) != getattr(before, knob)]
            if knobs:
                moved[name] = {knob: getattr(step, knob) for knob in knobs}
        return moved

    def value(self, step: str, z: int | None = None, stop: Stop | None = None) -> Any:  # noqa: ANN401
        """Give the result of any live step, of slice ``z`` (Z axis of length 1) or of the volume.

        Args:
            step: its name.
            z: the slice; None for the volume, for which slices computed before are not computed again.
            stop: asked now and then whether the answer is still wanted.

        Raises:
            Cancelled: ``stop`` said it is not; what was computed till then is kept.
        """
        with accelerated(self._accelerator):
            return self._graph.value(step, z, stop)

    def evidence(self, z: int | None = None, stop: Stop | None = None) -> FloatArray:
        """Give the soft map behind the proposal: (C, Z, Y, X), or (C, Y, X) of slice ``z``; values in [0, 1]."""
        name = [name for name, step in self.steps.items() if step.gives == "evidence"][-1]
        value: FloatArray = self.value(name, z, stop)
        return value if z is None else value[:, 0]

    def mask(self, z: int | None = None, stop: Stop | None = None) -> LabelMap:
        """Give the proposal: label map (Z, Y, X), or (Y, X) of slice ``z``. ``stop`` as in :meth:`value`."""
        begun, known = perf_counter(), self.at_hand(z)
        try:
            value: LabelMap = self.value(self.recipe.proposal, z, stop)
        finally:
            spent = perf_counter() - begun
            self._spent += spent
        if z is not None and not known:
            self._graph.piece = max(1, min(PIECE, int(PIECE_SECONDS / spent)))
        return value if z is None else value[0]

    def preview(self, z: int) -> LabelMap | None:
        """Give slice ``z`` (Y, X) as far as it can be told without the rest of the volume.

        That is the proposal itself where :meth:`quick`; else the last mask before the step that works on the whole
        volume, or None where there is none.
        """
        name = self.recipe.effective(self.recipe.proposal)
        while not self._graph.quick(name, z):
            before = [link for link in self._graph.sources(name) if self.recipe.step(link).gives == "mask"]
            if not before:
                return None
            name = before[0]
        mask: LabelMap = self.value(name, z)[0]
        return mask

    def quick(self, z: int) -> bool:
        """Whether slice ``z`` can be told now without running a step over the whole volume."""
        return self._graph.quick(self.recipe.proposal, z)

    def at_hand(self, z: int | None = None) -> bool:
        """Whether :meth:`mask` would be answered from memory at once."""
        return self._graph.at_hand(self.recipe.proposal, z)

    def keep(self) -> None:
        """Put the proposal on disk if the volume is there and took long, so that it is there at once another time."""
        kept = self._cache.kept
        if kept is not None and self._spent > LONG_SECONDS and self.at_hand() and self.key() not in kept:
            kept.keep(self.key(), np.asarray(self.value(self.recipe.proposal)))

    def provenance(self) -> dict[str, Any]:
        """Say how the proposal was made: recipe, key, knobs of every step."""
        keys = Keys(self.recipe, self._workspace, self._pinned)
        name = self.recipe.effective(self.recipe.proposal)
        return Job(name, self.recipe, self._workspace, keys).provenance(self._case_id) | {"key": self.key()}

    def _make_graph(self) -> Graph:
        keys = Keys(self.recipe, self._workspace, self._pinned_roots)
        graph = Graph(
            self.recipe,
            keys,
            self._case_id,
            self._scan,
            self._roots,
            self._cache,
            threads=THREADS,
            shelves=self._shelves,
        )
        if hasattr(self, "_graph"):
            graph.seconds.update(self._graph.seconds)
            graph.piece = self._graph.piece
        return graph


class _Proposals:
    """The masks of a case that the project keeps, by the key under which each was made."""

    def __init__(self, recipe: Recipe, workspace: Workspace, case_id: str) -> None:
        self._masks, self._case_id = workspace.masks, case_id
        chain = recipe.upstream(recipe.proposal)
        self._names = [name for name in chain if recipe.step(name).live and recipe.step(name).gives == "mask"]
        self._by_key: dict[str, str] | None = None

    def find(self, key: str) -> LabelMap | None:
        """Give the mask (Z, Y, X) made under ``key``, or None."""
        if self._by_key is None:
            keys = {name: self._masks.key(name, self._case_id) for name in self._names}
            self._by_key = {made: name for name, made in keys.items() if made is not None}
        name = self._by_key.get(key)
        if name is None:
            return None
        mask = self._masks.read(name, self._case_id)
        # A job may have written another mask in its place since.
        return mask if self._masks.key(name, self._case_id) == key else None
