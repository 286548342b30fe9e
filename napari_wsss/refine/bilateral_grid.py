"""Gaussian filter in space and colour on a bilateral grid (after Paris & Durand 2006). Imports numba.

Space and colour are one grid of a few nodes per standard deviation; channels are first turned onto their principal
axes, so that those which say the same take one axis together. One or two axes of colour are regular like those of
space; of more, only the colours that are met get nodes. Voxels are interpolated linearly onto the nodes and back.
Between nodes the Gaussian is not approximated: a sum over all nodes within four standard deviations, none of them
missing. That is what makes it more accurate than a lattice that blurs to its next neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import prod

import numpy as np

from napari_wsss.refine.blas import one_core
from napari_wsss.refine.colour_axes import ColourAxes, Spread, colour_axes, turn
from napari_wsss.refine.colour_nodes import ColourNodes, colour_nodes
from napari_wsss.refine.grid_axis import GridAxis, grid_axis
from napari_wsss.refine.grid_blur import blur_across, blur_planes
from napari_wsss.refine.grid_density import MOST_AXES
from napari_wsss.refine.grid_parts import add_part, read_part
from napari_wsss.refine.grid_rows import Colours, Layout
from napari_wsss.refine.theta import Theta
from napari_wsss.refine.threads import each, threads
from napari_wsss.types import Array, FloatArray

_SMALL = 1 << 15  # voxels below which waking a second thread costs more than it saves
_SMALL_GRID = 1 << 17  # nodes below which it does

_NOTHING = np.ones(1, np.float32)


@dataclass(frozen=True, eq=False)
class Scratch:
    """What a computation on a grid writes to; never shared between two of them.

    Attributes:
        flats: two flat grids per class, see :class:`Layout`, (2, C, …) float32.
        parts: first and last voxel along A and number of each part that a thread works on.
        spill_of: (A nodes,) int64, the part whose spill belongs to a plane of nodes, or -1.
    """

    flats: FloatArray
    parts: list[tuple[int, int, int]]
    spill_of: Array


class BilateralGrid:
    """Approximates Σ_j exp(-½ |x_i - x_j|² / θx² - ½ |c_i - c_j|² / θc²) v_j, the voxel itself included.

    Voxels (Z, Y, X) are seen as (A, B, X): a volume as it is, a single slice as (Y, 1, X).

    Attributes:
        shape: (A, B, X).
        axes: along A, B and X.
        colours: places of the voxels on the colour axes, or among the colours met.
        layout: how voxels find their nodes, for compiled code.
        table: the same of their colours.
    """

    def __init__(self, image: FloatArray, theta: Theta, density: float, spread: Spread | None = None) -> None:
        """Build the tables.

        Args:
            image: (channels, Z, Y, X) float32.
            theta: widths; ``space`` and ``colour`` are used.
            density: nodes per standard deviation, see :func:`~napari_wsss.refine.grid_density.choose_density`.
            spread: of this image, where it is known already.
        """
        depth, height, width = image.shape[1:]
        flat = depth == 1
        self.shape = (height, 1, width) if flat else (depth, height, width)
        widths = (theta.space[1], 1.0, theta.space[2]) if flat else theta.space
        a, b, x = (grid_axis(length, size, density) for length, size in zip(self.shape, widths, strict=True))
        self.axes: tuple[GridAxis, GridAxis, GridAxis] = (a, b, x)
        spread = spread or turn(image, theta.colour)
        regular = len(spread.lengths) <= MOST_AXES
        self.colours = colour_axes(spread, density) if regular else colour_nodes(spread, density)
        self.table = _table(self.colours, self.shape)
        lines = self.colours.lines if isinstance(self.colours, ColourAxes) else (len(self.colours.between),)
        # A lone column of voxels still has a node after it, of weight 0.
        self._lines = np.array((b.nodes, max(x.nodes, 2), *lines), np.int64)
        self.layout = Layout(
            a.lower, a.upper_weight, b.lower, b.upper_weight, (x.lower * prod(lines)).astype(np.int64), x.upper_weight,
            prod(lines), b.nodes, len(self._taps[2]) - 1, a.nodes * b.nodes, int(self._lines[1:].prod()),
        )  # fmt: skip

    @property
    def nbytes(self) -> int:
        """Bytes of the tables."""
        between = self.colours.between.nbytes if isinstance(self.colours, ColourNodes) else 0
        return sum(table.nbytes for table in self.table) + between

    def scratch(self, classes: int) -> Scratch:
        """Give what a computation with so many lesion classes writes to."""
        layout = self.layout
        cuts = self._cuts(threads() if prod(self.shape) > _SMALL else 1)
        spill_of = np.full(self.axes[0].nodes, -1, np.int64)
        for part, last in enumerate(cuts[1:-1]):
            spill_of[layout.a_lower[last]] = part
        size = layout.rows * layout.length + 2 * layout.margin + (len(cuts) - 1) * layout.b_nodes * layout.length
        parts = [(first, last, part) for part, (first, last) in enumerate(pairwise(cuts))]
        # Zeroed memory is handed out by the system page by page: grids that are never touched cost nothing.
        return Scratch(np.zeros((2, classes, size), np.float32), parts, spill_of)

    def blur(self, scratch: Scratch, which: int) -> None:
        """Blur grids ``which`` (0 or 1) of all classes along all axes, in place; the other ones are overwritten."""
        large = self.layout.rows * self.layout.length > _SMALL_GRID
        planes = self._planes(len(scratch.parts) if large else 1)
        for source, target in zip(scratch.flats[which], scratch.flats[1 - which], strict=True):
            spill_of = scratch.spill_of
            if isinstance(self.colours, ColourNodes):
                with one_core():
                    each(self._blur_colours, [(source, spill_of, self.colours.between, *part) for part in planes])
                spill_of = np.full_like(spill_of, -1)
            each(blur_planes, [
                (source, spill_of, *part, self.layout, self._lines, self._taps, target) for part in planes
            ])  # fmt: skip
            each(blur_across, [(target, *part, self.layout, self.axes[0].taps, source) for part in planes])

    def _blur_colours(self, flat: FloatArray, spill_of: Array, between: FloatArray, first: int, last: int) -> None:
        """Blur planes ``first`` … ``last`` of nodes between all colours, after adding what was spilt."""
        layout, size = self.layout, self.layout.b_nodes * self.layout.length
        spills = flat[layout.rows * layout.length :].reshape(-1, size)
        nodes = flat[first * size : last * size].reshape(last - first, size)
        for plane in range(first, last):
            if spill_of[plane] >= 0:
                nodes[plane - first] += spills[spill_of[plane]]
        lines = nodes.reshape(-1, layout.block)
        lines[:] = lines @ between

    def __call__(self, values: FloatArray) -> FloatArray:
        """Filter (Z, Y, X) float32."""
        scratch = self.scratch(1)
        source = np.array(values, np.float32, order="C").reshape(self.shape)
        flat = scratch.flats[0, 0]
        each(add_part, [(source, *part, self.layout, self.table, flat) for part in scratch.parts])
        self.blur(scratch, 0)
        result = np.empty_like(source)
        each(read_part, [(flat, first, last, self.layout, self.table, result) for first, last, _ in scratch.parts])
        return result.reshape(values.shape)

    @cached_property
    def _taps(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Taps along B, X, the last colour axis and the one before; of 1 alone where there is none."""
        taps = self.colours.taps[::-1] if isinstance(self.colours, ColourAxes) else ()
        last, other = (*taps, _NOTHING, _NOTHING)[:2]
        return self.axes[1].taps, self.axes[2].taps, last, other

    def _cuts(self, count: int) -> tuple[int, ...]:
        """Divide the voxels along A where a new node begins, so that two parts share one plane of nodes at most."""
        lower = self.axes[0].lower
        starts = np.flatnonzero(np.diff(lower)) + 1
        cuts = {int(starts[np.abs(starts - len(lower) * k / count).argmin()]) for k in range(1, count) if len(starts)}
        return (0, *sorted(cuts), len(lower))

    def _planes(self, count: int) -> list[tuple[int, int]]:
        """Divide the planes of nodes along A evenly."""
        edges = [self.axes[0].nodes * k // count for k in range(count + 1)]
        return [(first, last) for first, last in pairwise(edges) if last > first]


def _table(colours: ColourAxes | ColourNodes, shape: tuple[int, int, int]) -> Colours:
    """Give what compiled code reads."""
    if isinstance(colours, ColourNodes):
        k = colours.corners.shape[-1]
        none = np.empty((0, *shape), np.float32)
        return Colours(
            none, np.ones(1, np.int64), colours.corners.reshape(*shape, k), colours.shares.reshape(*shape, k)
        )
    lines = colours.lines
    strides = np.array([prod(lines[axis + 1 :]) for axis in range(len(lines))], np.int64)
    places = colours.places.reshape(-1, *shape)
    return Colours(places, strides, np.empty((0, 0, 0, 0), np.int32), np.empty((0, 0, 0, 0), np.float32))
