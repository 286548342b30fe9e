"""Several scales and layers of activation maps → one soft map on the scan's grid."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, Self

from pydantic import field_validator, model_validator

from napari_wsss.data.letterbox import Letterbox
from napari_wsss.errors import RecipeError
from napari_wsss.params import Params, knob
from napari_wsss.refine.level import against_level, level_at
from napari_wsss.refine.normalise import min_max
from napari_wsss.types import Array, FloatArray


class Fuse(Params):
    """How the maps of several scales become one."""

    scales: tuple[float, ...] = knob(
        (0.5, 1.0, 1.5, 2.0), "Which scales are averaged. 1 alone gives the coarse original map."
    )
    scope_of_range: Literal["slice", "volume", "lesion-free"] = knob(
        "slice",
        "Where the map's lowest and highest value are taken to be 0 and 1: in each slice (every slice then has a "
        "brightest place), or in the whole volume (weak slices stay weak). lesion-free: the map is not stretched but "
        "held against lesion-free slices; 0.5 is what few of their places reach (cam at scale 1 alone).",
    )
    exceeded: float = knob(
        0.005,
        "For lesion-free: which share of the places in lesion-free slices is above 0.5. Less shows less.",
        ge=0.0001,
        le=0.5,
        step=0.0001,
        advanced=True,
        before=0.005,
    )

    @field_validator("scales")
    @classmethod
    def _not_empty(cls, scales: tuple[float, ...]) -> tuple[float, ...]:
        if not scales or len(set(scales)) < len(scales):
            raise ValueError("give one or more different scales")
        return scales

    @model_validator(mode="after")
    def _levels_at_scale_1(self) -> Self:
        if self.scope_of_range == "lesion-free" and self.scales != (1.0,):
            raise ValueError("scope_of_range: lesion-free is known at scale 1 alone; set scales to [1]")
        return self


def fuse(
    maps: Mapping[float, Array],
    params: Fuse,
    letterbox: Letterbox,
    grids: Mapping[float, FloatArray] | None = None,
    levels: FloatArray | None = None,
) -> FloatArray:
    """Bring each scale onto the scan's grid, average (eq. 3 of Liu et al.), stretch to [0, 1] (eq. 11).

    Args:
        maps: scale → raw maps (C, Z, h, w) of the network's square input.
        params: scales to use and scope of the range.
        letterbox: how the scan's slices lie in that square.
        grids: scale → (2, 2), where the map's cells lie in the square, see :meth:`Letterbox.invert`; the cells of a
            scale without one share the square out evenly.
        levels: (C, Q), what the maps reach in lesion-free slices, see :mod:`~napari_wsss.refine.level`.

    Returns:
        (C, Z, Y, X) float32 in [0, 1]; 0 where the slices were cut off, which takes no part in the range.

    Raises:
        RecipeError: a scale was not computed, or ``levels`` are needed.
    """
    return letterbox.place(_fused(maps, params, letterbox, grids or {}, levels))


def _fused(
    maps: Mapping[float, Array],
    params: Fuse,
    letterbox: Letterbox,
    grids: Mapping[float, FloatArray],
    levels: FloatArray | None,
) -> FloatArray:
    """Do the work of :func:`fuse` on the part of the slices that the network saw."""
    check_scales(params.scales, maps)
    first, *others = (letterbox.invert_window(maps[scale], grids.get(scale)) for scale in params.scales)
    for other in others:
        first += other
    first /= len(params.scales)
    if params.scope_of_range != "lesion-free":
        return min_max(first, params.scope_of_range)
    if levels is None:
        raise RecipeError(
            "it is not known what these maps show in lesion-free slices: compute them by 'cam' at scale 1, from a "
            "classifier that is trained anew (with another seed) where it is older than this setting; or set "
            "scope_of_range to slice or volume."
        )
    return against_level(first, level_at(levels, params.exceeded))


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
    layers: Sequence[tuple[Mapping[float, Array], Mapping[float, FloatArray]]],
    params: Fuse,
    letterbox: Letterbox,
    levels: FloatArray | None = None,
) -> FloatArray:
    """Fuse each layer's maps with :func:`fuse`, average the layers, stretch to [0, 1] again.

    Layers differ in strength by orders of magnitude; stretched first, each counts alike.

    Args:
        layers: (maps, grids) of each layer, as :func:`fuse` takes them; at least one.
        params: as for :func:`fuse`.
        letterbox: as for :func:`fuse`.
        levels: as for :func:`fuse`.

    Returns:
        (C, Z, Y, X) float32 in [0, 1]; of a single layer what :func:`fuse` gives.

    Raises:
        RecipeError: as :func:`fuse`.
    """
    first, *others = (_fused(maps, params, letterbox, grids, levels) for maps, grids in layers)
    if not others:
        return letterbox.place(first)
    for other in others:
        first += other
    first /= len(layers)
    if params.scope_of_range == "lesion-free":
        return letterbox.place(first)
    return letterbox.place(min_max(first, params.scope_of_range))
