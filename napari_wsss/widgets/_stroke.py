"""What one stroke of napari's brush, eraser, bucket or polygon changed, told on the scan's own grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from napari_wsss.edit.delta import Delta
from napari_wsss.types import Array, LabelMap


def stroke_delta(mask: LabelMap, shown: Callable[[Array], Array], atoms: Sequence[Any]) -> Delta:
    """Give the change of ``mask`` (Z, Y, X) by a stroke that napari has just told of.

    napari keeps what was there before and what is painted as "atoms" in the layer's own axes: a box with the voxels
    painted in it, or indices. They are taken back and made again in a copy of the slices touched, so that the cost is
    that of those slices alone, and that it does not matter whether napari has painted yet: it tells of a drag after
    it, but of a polygon before.

    Args:
        mask: in on-disk order, before or after the stroke.
        shown: turns (N, Y, X) in on-disk order the way the layer shows it, without copying.
        atoms: value of the layer's event ``paint``.
    """
    first, last = _slices_of(atoms)
    before = mask[first:last].copy()
    for atom in reversed(atoms):
        _write(atom, shown(before), first, old=True)
    after = before.copy()
    for atom in atoms:
        _write(atom, shown(after), first, old=False)
    delta = Delta.between(before, after)
    return Delta(delta.where + np.uint32(first * mask[0].size), delta.before, delta.after)


def _slices_of(atoms: Sequence[Any]) -> tuple[int, int]:
    """Give first slice touched, and the one after the last."""
    ends = [_ends(atom) for atom in atoms]
    return min(first for first, _ in ends), max(last for _, last in ends)


def _ends(atom: Any) -> tuple[int, int]:  # noqa: ANN401
    if hasattr(atom, "slice_key"):
        return atom.slice_key[0].start, atom.slice_key[0].stop
    z = np.asarray(atom[0][0])
    return int(z.min()), int(z.max()) + 1


def _write(atom: Any, turned: Array, first: int, *, old: bool) -> None:  # noqa: ANN401
    """Write what an atom painted over (``old``), or what it painted, into slices that begin with ``first``."""
    if not hasattr(atom, "slice_key"):
        z, row, column = atom[0]
        turned[np.asarray(z) - first, row, column] = atom[1 if old else 2]
        return
    slices, rows, columns = atom.slice_key
    box = (slice(slices.start - first, slices.stop - first), rows, columns)
    values = atom.old_values if old else atom.new_value
    if atom.mask is None:
        turned[box] = values
    else:
        turned[box][atom.mask] = values
