"""Bench: judge many settings of the live steps against the masks of some cases, each setting and case once."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from os import cpu_count
from threading import Event

from napari_wsss.pipeline.bench_case import BenchCase
from napari_wsss.pipeline.cache import ArrayCache
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.setting import Setting, canonical
from napari_wsss.pipeline.truths import Truth
from napari_wsss.pipeline.workspace import Workspace
from napari_wsss.types import Array

BEAT = 0.2
"""Seconds between two signs of life, and so the longest that stopping waits for beside the evaluation in work."""


class Bench:
    """Cases with a truth, on which settings are judged.

    Args:
        recipe: the recipe with the settings that stay.
        workspace: the project's cases, labels and folders.
        at: mask step that is judged.
        truths: the masks it is judged against.
        most_slices: slices judged of each case at most, where the steps work slice by slice; all when None.

    Attributes:
        evaluations: how many settings were judged on a case so far, repeats not counted.
        stale: cases whose maps were made with other labels or settings than now.
    """

    def __init__(
        self, recipe: Recipe, workspace: Workspace, at: str, truths: Sequence[Truth], most_slices: int | None = None
    ) -> None:
        self._recipe, self._workspace, self._at, self._most_slices = recipe, workspace, at, most_slices
        self._truths = {truth.case_id: truth for truth in truths}
        self._cases, self._results = ArrayCache(), ArrayCache()
        self._matrices: dict[tuple[str, str], Array] = {}
        self.evaluations = 0
        self.stale: set[str] = set()

    def judge(self, wanted: Mapping[str, Sequence[Setting]]) -> Generator[int, None, None]:
        """Judge settings on cases (case id → settings), a few cases at a time.

        Yields:
            how many evaluations there were so far, at least every :data:`BEAT` seconds. Closing the generator stops
            after the evaluation in work; what was judged stays known.
        """
        stop = Event()
        with ThreadPoolExecutor(max_workers=cpu_count() or 1) as pool:
            waiting = {pool.submit(self._judge_case, *item, stop) for item in wanted.items()}
            try:
                while waiting:
                    finished, waiting = wait(waiting, timeout=BEAT, return_when=FIRST_COMPLETED)
                    for future in finished:
                        future.result()
                    yield self.evaluations
            finally:
                stop.set()
                for future in waiting:
                    future.cancel()

    def matrix(self, case_id: str, setting: Setting) -> Array:
        """Give the confusion matrix (C + 1, C + 1) of a setting judged before. Raises KeyError if it was not."""
        return self._matrices[case_id, canonical(setting)]

    def case(self, case_id: str) -> BenchCase:
        """Give a case in memory; the cases used last are kept."""
        kept: BenchCase | None = self._cases.get(case_id)
        if kept is None:
            parts = self._recipe, self._workspace, self._at, self._truths[case_id], self._most_slices, self._results
            kept = BenchCase(*parts)
            self._cases.put(case_id, kept)
            self.stale.update({case_id} if kept.stale else ())
        return kept

    def _judge_case(self, case_id: str, settings: Sequence[Setting], stop: Event) -> None:
        new = {canonical(setting): setting for setting in settings}
        for key, setting in new.items():
            if stop.is_set():
                return
            if (case_id, key) not in self._matrices:
                self._matrices[case_id, key] = self.case(case_id).matrix(setting)
                self.evaluations += 1
