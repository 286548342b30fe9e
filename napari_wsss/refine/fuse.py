"""Several scales of activation maps → one soft map on the scan's grid."""

from __future__ import annotations

from collections.abc import Mapping

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
        (C, Z, Y, X) float32 in [0, 1].

    Raises:
        RecipeError: a scale was not computed.
    """
    missing = [f"{scale:g}" for scale in params.scales if scale not in maps]
    if missing:
        have = ", ".join(f"{scale:g}" for scale in sorted(maps))
        raise RecipeError(f"No maps at scale {', '.join(missing)}; computed are {have}. Compute the maps again.")
    grids = grids or {}
    first, *others = (letterbox.invert(maps[scale], grids.get(scale)) for scale in params.scales)
    for other in others:
        first += other
    first /= len(params.scales)
    return min_max(first, params.scope_of_range)
