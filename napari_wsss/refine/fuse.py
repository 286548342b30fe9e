"""Several scales and layers of activation maps → one soft map on the scan's grid."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pydantic import field_validator

from napari_wsss.data.letterbox import Letterbox
from napari_wsss.errors import RecipeError
from napari_wsss.params import Params, knob
from napari_wsss.refine.normalise import Scope, min_max
from napari_wsss.types import Array, FloatArray


class Fuse(Params):
    """How the maps of several scales become one."""

    scales: tuple[float, ...] = knob(
        (0.5, 1.0, 1.5, 2.0), "Which scales are averaged. 1 alone gives the coarse original map."
    )
    scope_of_range: Scope = knob(
        "slice",
        "Where the map's lowest and highest value are taken to be 0 and 1: in each slice (every slice then has a "
        "brightest place), or in the whole volume (weak slices stay weak).",
    )

    @field_validator("scales")
    @classmethod
    def _not_empty(cls, scales: tuple[float, ...]) -> tuple[float, ...]:
        if not scales or len(set(scales)) < len(scales):
            raise ValueError("give one or more different scales")
        return scales


def fuse(
    maps: Mapping[float, Array], params: Fuse, letterbox: Letterbox, grids: Mapping[float, FloatArray] | None = None
) -> FloatArray:
    """Bring each scale onto the scan's grid, average (eq. 3 of Liu et al.), stretch to [0, 1] (eq. 11).

    Args:
        maps: scale → raw maps (C, Z, h, w) of the network's square input.
        params: scales to use and scope of the range.
        letterbox: how the scan's slices lie in that square.
        grids: scale → (2, 2), where the map's cells lie in the square, see :meth:`Letterbox.invert`; the cells of a
            scale without one share the square out evenly.

    Returns:
        (C, Z, Y, X) float32 in [0, 1]; 0 where the slices were cut off, which takes no part in the range.

    Raises:
        RecipeError: a scale was not computed.
    """
    return letterbox.place(_fused(maps, params, letterbox, grids or {}))


def _fused(
    maps: Mapping[float, Array], params: Fuse, letterbox: Letterbox, grids: Mapping[float, FloatArray]
) -> FloatArray:
    """Do the work of :func:`fuse` on the part of the slices that the network saw."""
    check_scales(params.scales, maps)
    first, *others = (letterbox.invert_window(maps[scale], grids.get(scale)) for scale in params.scales)
    for other in others:
        first += other
    first /= len(params.scales)
    return min_max(first, params.scope_of_range)


def check_scales(wanted: Sequence[float], computed: Collection[float]) -> None:
    """Refuse scales that were not computed.

    Raises:
        RecipeError: which are missing, and which are there.
    """
    missing = [f"{scale:g}" for scale in wanted if scale not in computed]
    if missing:
        have = ", ".join(f"{scale:g}" for scale in sorted(computed)) or "none"
        raise RecipeError(
            f"No maps at scale {', '.join(missing)}; computed are {have}. Choose among these, or compute maps again."
        )


def fuse_layers(
    layers: Sequence[tuple[Mapping[float, Array], Mapping[float, FloatArray]]], params: Fuse, letterbox: Letterbox
) -> FloatArray:
    """Fuse each layer's maps with :func:`fuse`, average the layers, stretch to [0, 1] again.

    Layers differ in strength by orders of magnitude; stretched first, each counts alike.

    Args:
        layers: (maps, grids) of each layer, as :func:`fuse` takes them; at least one.
        params: as for :func:`fuse`.
        letterbox: as for :func:`fuse`.

    Returns:
        (C, Z, Y, X) float32 in [0, 1]; of a single layer what :func:`fuse` gives.

    Raises:
        RecipeError: a scale was not computed.
    """
    first, *others = (_fused(maps, params, letterbox, grids) for maps, grids in layers)
    if not others:
        return letterbox.place(first)
    for other in others:
        first += other
    first /= len(layers)
    return letterbox.place(min_max(first, params.scope_of_range))
