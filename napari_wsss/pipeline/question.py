"""Question: one evaluation of a graph, of a slice or of the volume, that may be given up half-way."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_wsss.errors import Cancelled, RecipeError
from napari_wsss.pipeline.cache import Sized
from napari_wsss.pipeline.clock import Clock
from napari_wsss.pipeline.stack import Stack, cut, depth_of
from napari_wsss.refine.threads import one_thread
from napari_wsss.types import Array

if TYPE_CHECKING:
    from napari_wsss.pipeline.graph import Graph


class Question:
    """Computes what a graph is asked and does not remember.

    A chain of slicewise steps is followed piece by piece through the volume, so that a piece stays in the processor's
    cache and several threads can share the work; a step that needs the whole volume waits for all pieces.

    Args:
        graph: what is asked.
        stop: tells whether the answer is still wanted.
    """

    def __init__(self, graph: Graph, stop: Callable[[], bool] | None) -> None:
        self._graph, self._stop = graph, stop
        self._held: dict[str, Sized] = {}
        self._clock = Clock(graph.threads)
        self._lock = Lock()

    def value(self, name: str, z: int | None) -> Any:  # noqa: ANN401 (an array, or a kernel)
        """Give the result of a step, of slice ``z`` or of the volume."""
        graph = self._graph
        name = graph.recipe.effective(name)
        if graph.live(name).whole:
            whole = self._whole(name)
            return cut(whole, z, z + 1) if z is not None and isinstance(whole, np.ndarray) else whole
        if z is None:
            return self._volume(name)
        if self._look_up(name).has(z, z + 1):
            return self._stack(name).get(z, z + 1)
        if not graph.piecewise(name):
            return cut(self._volume(name), z, z + 1)
        self._prepare(name, z, z + 1)
        return self._piece(name, z, z + 1)

    def close(self) -> None:
        """Leave to the graph what was computed, and how long it took."""
        graph = self._graph
        for key, held in self._held.items():
            graph.cache.put(key, held)
        graph.runs += [name for name in graph.recipe.steps if name in self._clock.ran]
        graph.seconds.update(self._clock.seconds(graph.sources))

    def _whole(self, name: str) -> Any:  # noqa: ANN401
        """Give what belongs to the whole scan and is handed on uncut."""
        key = self._graph.key(name)
        if key not in self._held:
            kept = self._graph.cache.get(key)
            if kept is None:
                kept = self._run(name, self._in_full(name), 0, self._graph.depth)
            self._held[key] = kept
            self._clock.watch(name, kept)
        return self._held[key]

    def _volume(self, name: str) -> Array:
        """Give all slices."""
        stack, depth = self._look_up(name), self._graph.depth
        if not stack.complete and self._graph.piecewise(name):
            self._prepare(name, 0, depth)
            self._fill(name, stack)
        elif not stack.complete:
            stack.put(0, self._run(name, self._in_full(name), 0, depth))
        return stack.get(0, depth)

    def _fill(self, name: str, stack: Stack) -> None:
        """Compute the slices that are missing, piece by piece."""
        pieces = stack.missing(0, self._graph.depth, self._graph.piece)
        if self._graph.threads == 1 or len(pieces) == 1:
            for first, last in pieces:
                self._piece(name, first, last)
            return
        with ThreadPoolExecutor(self._graph.threads) as pool:
            futures = [pool.submit(self._alone, name, first, last) for first, last in pieces]
            try:
                for future in futures:
                    future.result()
            finally:
                pool.shutdown(cancel_futures=True)

    def _alone(self, name: str, first: int, last: int) -> None:
        """Compute a piece on the thread at hand alone; the other pieces have the others."""
        with one_thread():
            self._piece(name, first, last)

    def _piece(self, name: str, first: int, last: int) -> Array:
        """Give some slices of a slicewise step."""
        stack = self._stack(name)
        for begin, end in stack.missing(first, last, last - first):
            links = self._graph.live(name).links()
            inputs = {field: self._cut_input(name, link, begin, end) for field, link in links.items()}
            stack.put(begin, self._run(name, inputs, begin, end))
        return stack.get(first, last)

    def _prepare(self, name: str, first: int, last: int) -> None:
        """Have ready, before threads ask for it, what cannot be computed piece by piece, or lies on a shelf."""
        volume = last - first == self._graph.depth
        for upstream in self._graph.sources(name):
            step = self._graph.live(upstream)
            if step.whole:
                self._whole(upstream)
            elif (self._look_up(upstream) if volume else self._stack(upstream)).has(first, last):
                continue
            elif self._graph.piecewise(upstream):
                self._prepare(upstream, first, last)
            else:
                self._volume(upstream)

    def _in_full(self, name: str) -> dict[str, Any]:
        """Give the inputs of a step over the whole scan."""
        roots, links = self._graph.roots, self._graph.live(name).links()
        return {
            field: roots[link] if link in roots else self.value(self._known(name, link), None)
            for field, link in links.items()
        }

    def _cut_input(self, name: str, link: str, first: int, last: int) -> Any:  # noqa: ANN401
        """Give one input of a step, of some slices."""
        if link in self._graph.roots:
            root = self._graph.roots[link]
            return root if callable(root) else {part: cut_root(part, root[part], slice(first, last)) for part in root}
        upstream = self._graph.recipe.effective(self._known(name, link))
        return self._whole(upstream) if self._graph.live(upstream).whole else self._piece(upstream, first, last)

    def _known(self, name: str, link: str) -> str:
        """Refuse a link to a job whose result, or trained model, was not handed to the graph."""
        if not self._graph.recipe.step(link).live:
            raise RecipeError(f"'{name}' needs '{link}', which cannot be asked here; switch '{name}' off.")
        return link

    def _stack(self, name: str) -> Stack:
        """Give the slices of a step that are there."""
        key = self._graph.key(name)
        with self._lock:
            if key not in self._held:
                self._held[key] = self._graph.cache.get(key) or Stack(self._graph.depth)
            stack = self._held[key]
        assert isinstance(stack, Stack)  # noqa: S101 (only what belongs to the whole scan is kept in another form)
        return stack

    def _look_up(self, name: str) -> Stack:
        """Give the slices of a step that are there; a mask of which there are none may lie on a shelf."""
        stack = self._stack(name)
        if stack.empty and self._graph.live(name).gives == "mask":
            for shelf in self._graph.shelves:
                found = shelf.find(self._graph.key(name))
                if found is not None and found.shape == self._graph.scan.image.shape[1:]:
                    stack.put(0, found)
                    break
        return stack

    def _run(self, name: str, inputs: dict[str, Any], first: int, last: int) -> Any:  # noqa: ANN401
        if self._stop is not None and self._stop():
            raise Cancelled(f"'{name}' was stopped: the answer is no longer wanted.")
        step = self._graph.live(name)
        with self._clock.running(name):
            result = step.compute(inputs, self._graph.scan.cut(slice(first, last)))
        if isinstance(result, np.ndarray) and depth_of(result) != last - first:
            raise RecipeError(f"'{name}' gave {depth_of(result)} slices for {last - first}: a fault in its step.")
        return result


def cut_root(name: str, array: Array, region: slice) -> Array:
    """Cut an array of raw maps to some slices: ``scale-…`` is (C, Z, …), ``logits`` (Z, C), all others stay whole."""
    if name.startswith("scale-"):
        return array[:, region]
    return array[region] if name == "logits" else array
