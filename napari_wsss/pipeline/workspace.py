"""Workspace: what a pipeline is handed to work on — cases, labels and directories. It knows no project."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from napari_wsss.data.cohort import Case
from napari_wsss.data.labels import LabelTable
from napari_wsss.errors import ModelError, ProjectError
from napari_wsss.files import atomic_path, file_digest, read_yaml, write_text, write_yaml
from napari_wsss.models.card import DIGEST, WEIGHTS, read_card
from napari_wsss.pipeline.on_disk import OnDisk
from napari_wsss.pipeline.overrides import fitting
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.types import Array, BoolArray, LabelMap


class Masks(Protocol):
    """Where masks are kept, by kind (the step that made them) and case."""

    def write(self, kind: str, case_id: str, mask: LabelMap, provenance: Mapping[str, Any]) -> Path:
        """Keep a mask and its provenance; ``provenance["key"]`` says what it was made from."""

    def read(self, kind: str, case_id: str) -> LabelMap | None:
        """Give the mask kept, or None."""

    def key(self, kind: str, case_id: str) -> str | None:
        """Give the key under which the mask kept was made, or None."""


class Accepted(Protocol):
    """The masks that a person accepted."""

    def mask(self, case_id: str) -> LabelMap | None:
        """Give the accepted mask (Z, Y, X), or None."""

    def slices(self, case_id: str) -> BoolArray:
        """Give (Z,), True where the slice was accepted."""

    def digest(self, case_id: str) -> str:
        """Give a text that changes whenever the accepted mask does; empty without one."""


@dataclass(frozen=True)
class Workspace:
    """Everything a run needs.

    Attributes:
        cases: case id → case.
        labels: image-level labels.
        masks: shelf of proposals and predictions.
        accepted: masks accepted by a person.
        cache: folder of arrays that can be made again.
        models: folder of trained models, one folder each.
        rejected: ids of the cases whose proposal a person rejected; nothing is learnt from it.
        stamp: gives what is written into every model's card beside its settings (versions, time).
        overrides: case id → settings ``step.knob=value`` of live steps that hold for that case alone.
    """

    cases: Mapping[str, Case]
    labels: LabelTable
    masks: Masks
    accepted: Accepted
    cache: Path
    models: Path
    rejected: Collection[str] = ()
    stamp: Callable[[], Mapping[str, Any]] = field(default=dict)
    overrides: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def training_cases(self) -> list[str]:
        """Give the ids of the cases that training may see (train and val), in a fixed order."""
        return sorted(case.id for case in self.cases.values() if case.subset in ("train", "val"))

    def recipe_for(self, recipe: Recipe, case_id: str) -> Recipe:
        """Give the recipe with a case's own settings, as far as they fit; the very recipe where it has none."""
        return fitting(recipe, self.overrides.get(case_id, ()))[0]

    def mask(self, recipe: Recipe, name: str, case_id: str) -> LabelMap | None:
        """Give the mask kept of a step, or None; a switched-off filter's is that of the step it hands on."""
        return self.masks.read(self.recipe_for(recipe, case_id).effective(name), case_id)

    def mask_key(self, recipe: Recipe, name: str, case_id: str) -> str | None:
        """Give the key under which the mask kept of a step was made, or None."""
        return self.masks.key(self.recipe_for(recipe, case_id).effective(name), case_id)

    def subset(self, *names: str) -> list[str]:
        """Give the ids of the cases in these subsets, in a fixed order."""
        return sorted(case.id for case in self.cases.values() if case.subset in names)


class ArrayShelf:
    """Keyed arrays of one step and case, kept as .npy files that can be memory-mapped.

    The key file is written last, so an interrupted write is simply not there.
    """

    def __init__(self, cache: Path, step: str, case_id: str) -> None:
        self.folder = cache / step / case_id

    @property
    def key(self) -> str | None:
        """The key the arrays were made under; None when there are none."""
        try:
            return (self.folder / "key").read_text(encoding="utf-8")
        except OSError:
            return None

    def write(self, key: str, arrays: Mapping[str, Array]) -> None:
        """Replace whatever is kept. Raises ProjectError when the folder cannot be written."""
        self.remove()
        for name, array in arrays.items():
            with atomic_path(self.folder / f"{name}.npy") as temporary:
                np.save(temporary, array)
        write_text(self.folder / "key", key)

    def read(self) -> dict[str, Array]:
        """Give all arrays, memory-mapped read-only.

        Raises:
            ProjectError: nothing is kept here.
        """
        self._require()
        return {path.stem: np.load(path, mmap_mode="r") for path in sorted(self.folder.glob("*.npy"))}

    def on_disk(self) -> dict[str, OnDisk]:
        """Give all arrays, none of them read or opened yet.

        Raises:
            ProjectError: nothing is kept here.
        """
        self._require()
        return {path.stem: OnDisk.of(path) for path in sorted(self.folder.glob("*.npy"))}

    def _require(self) -> None:
        if self.key is None:
            raise ProjectError(f"{self.folder}: nothing computed yet. Run the stage before this one.")

    def remove(self) -> None:
        """Drop what is kept; the key first, so that a half-removed shelf counts as empty."""
        (self.folder / "key").unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)


CURRENT, BEFORE = "current.yaml", "before.yaml"
"""Step → key of the model in use, and of the one that was in use before it."""


class ModelShelf:
    """Trained models by step and key, and which of them is in use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def place(self, step: str, key: str) -> Path:
        """Give the folder of the model that ``step`` makes under ``key``; it need not exist."""
        return self.folder / f"{step}-{key[:12]}"

    def finished(self, step: str, key: str) -> bool:
        """Whether that model is trained, complete and undamaged."""
        folder = self.place(step, key)
        try:
            card = read_card(folder)
            weights = folder / WEIGHTS
            stamp = weights.stat()
        except (ModelError, OSError):
            return False
        return card.get("key") == key and card[DIGEST] == _digest_of(weights, stamp.st_mtime_ns, stamp.st_size)

    def begun_otherwise(self, step: str, key: str) -> bool:
        """Whether a training of ``step`` was interrupted, under another key than this and none under this one."""
        begun = {path.parent for path in self.folder.glob(f"{step}-*/checkpoint")}
        return bool(begun) and self.place(step, key) not in begun

    def current(self, step: str) -> str | None:
        """Give the key of the model in use for ``step``, or None."""
        key = self._index().get(step)
        return key if key is not None and self.finished(step, key) else None

    def damaged(self, step: str) -> Path | None:
        """Give the folder of the model in use if it is there but cut short or changed; None if all is well."""
        key = self._index().get(step)
        if key is None or self.finished(step, key) or not self.place(step, key).exists():
            return None
        return self.place(step, key)

    def use(self, step: str, key: str) -> None:
        """Make the model under ``key`` the one in use."""
        index = self._index()
        if index.get(step) == key:
            return
        if step in index:  # first: whoever is stopped in between has the same model before and now
            write_yaml(self.folder / BEFORE, {**self._index(BEFORE), step: index[step]})
        write_yaml(self.folder / CURRENT, {**index, step: key})

    def before(self, step: str) -> str | None:
        """Give the key of the model that was in use for ``step`` before the present one, if it is still there."""
        key = self._index(BEFORE).get(step)
        return key if key is not None and key != self.current(step) and self.finished(step, key) else None

    def _index(self, name: str = CURRENT) -> dict[str, str]:
        path = self.folder / name
        return dict(read_yaml(path) or {}) if path.exists() else {}


@lru_cache(maxsize=64)
def _digest_of(path: Path, _modified: int, _size: int) -> str:
    """Digest a file once for each time it changes."""
    return file_digest(path)


def existing(workspace: Workspace, case_ids: Sequence[str] | None) -> list[str]:
    """Give ``case_ids`` (all when None) in a fixed order.

    Raises:
        ProjectError: a case is unknown.
    """
    if case_ids is None:
        return sorted(workspace.cases)
    unknown = [case_id for case_id in case_ids if case_id not in workspace.cases]
    if unknown:
        raise ProjectError(f"no case called {', '.join(unknown)}; this project has {len(workspace.cases)} cases.")
    return sorted(case_ids)
