"""Accepted masks: accepted whole or slice by slice, with every earlier version kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from napari_wsss import files
from napari_wsss.data.cohort import Case
from napari_wsss.errors import InputError, ProjectError, WsssError
from napari_wsss.store.acceptance import joined
from napari_wsss.store.shelf import Shelf, plain_name
from napari_wsss.types import BoolArray, LabelMap

_SLICES = "accepted_slices"


class AcceptedShelf(Shelf):
    """``<folder>/<case id>.nii.gz`` with ``.yaml``; earlier versions in ``<folder>/history/<case id>/<n>.nii.gz``."""

    def accept(
        self, case: Case, mask: LabelMap, provenance: Mapping[str, Any], slices: Sequence[int] | None = None
    ) -> Path:
        """Accept a mask, or some slices of it.

        Args:
            case: the case.
            mask: (Z, Y, X), 0 background, c + 1 class c.
            provenance: how the mask was made.
            slices: 0 … Z - 1; the other slices stay as accepted before, else empty. None accepts all.

        Raises:
            InputError: a slice out of range, or a mask of another shape than the case.
            ProjectError: the folder cannot be written; everything is as before.
        """
        depth = case.geometry.shape[0]
        new = accepted = np.ones(depth, bool)
        if slices is not None:
            new = _chosen(slices, depth, case.id)
            accepted = self.slices(case.id, depth) | new
            mask = np.where(new[:, None, None], mask, self._earlier(case.id, mask)).astype(np.uint8)
        before = {} if slices is None or case.id not in self else self.provenance(case.id)
        kept = self._keep(case.id)
        facts = {**joined(provenance, before, new, accepted), "earlier_version": kept}
        try:
            return self.write(case, mask, facts)
        except WsssError:
            if kept is not None:
                self.history(case.id).remove(kept)
            raise

    def slices(self, case_id: str, depth: int) -> BoolArray:
        """Give which slices are accepted, (Z,). A mask put here by hand, without provenance, is accepted whole."""
        if case_id not in self:
            return np.zeros(depth, bool)
        listed = self.provenance(case_id).get(_SLICES)
        accepted = np.full(depth, listed is None)
        accepted[listed or []] = True
        return accepted

    def partial(self, depths: Mapping[str, int]) -> set[str]:
        """Give the cases of which some slices are accepted, but not all; a description is read once until it changes.

        Args:
            depths: case id → number of slices; of the cases asked about.
        """
        return {case_id for case_id, depth in depths.items() if case_id in self and not self._whole(case_id, depth)}

    def _whole(self, case_id: str, depth: int) -> bool:
        try:
            stamp = self.provenance_path(case_id).stat()
        except OSError:  # put here by hand
            return True
        return _is_whole(self.folder, case_id, depth, (stamp.st_mtime_ns, stamp.st_size))

    def withdraw(self, case_id: str) -> None:
        """Take back an acceptance; the mask goes to the history. Nothing happens where there is none."""
        if self._keep(case_id) is not None:
            self.remove(case_id)

    def history(self, case_id: str) -> Shelf:
        """Give the shelf of earlier versions, "1", "2", … from the oldest on."""
        return Shelf(self.folder / "history" / plain_name(case_id))

    def _earlier(self, case_id: str, mask: LabelMap) -> LabelMap:
        earlier = self.read(case_id)
        return np.zeros_like(mask) if earlier is None else earlier

    def _keep(self, case_id: str) -> str | None:
        """Copy the present version to the history and give its number; None where there is no mask."""
        if case_id not in self:
            return None
        past = self.history(case_id)
        number = str(1 + max((int(name) for name in past.case_ids() if name.isdigit()), default=0))
        facts = self.provenance_path(case_id)
        try:
            if facts.is_file():
                files.write_bytes(past.provenance_path(number), facts.read_bytes())
            files.write_bytes(past.path(number), self.path(case_id).read_bytes())
        except ProjectError:
            past.remove(number)
            raise
        return number


@lru_cache(maxsize=1 << 14)
def _is_whole(folder: Path, case_id: str, depth: int, _stamp: tuple[int, int]) -> bool:
    try:
        return bool(AcceptedShelf(folder).slices(case_id, depth).all())
    except (InputError, IndexError):  # a damaged description: whoever opens the case is told
        return False


def _chosen(slices: Sequence[int], depth: int, case_id: str) -> BoolArray:
    outside = [z for z in slices if not 0 <= z < depth]
    if outside:
        raise InputError(f"'{case_id}' has no slice {outside[0]}; its slices are 0 to {depth - 1}.")
    chosen = np.zeros(depth, bool)
    chosen[list(slices)] = True
    return chosen
