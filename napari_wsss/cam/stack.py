"""MapStack: the raw maps of one scan, and their names on disk. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from napari_wsss.types import Array, FloatArray


@dataclass(frozen=True, eq=False)
class LayerMaps:
    """Activation maps of the slices of one scan, from one layer.

    Attributes:
        maps: scale → (C, Z, h, w) float16, at the resolution of the feature map, as the network gave them: only CAM
            has negative values. Grad-CAM, CAM and LayerCAM keep their strength at every scale, see ``compute_maps``.
        grids: scale → (axes, 2) float64, where the map's cells lie along each spatial axis: centre of cell 0 and
            distance between cells, as fractions of the input's side (its borders are 0 and 1).
    """

    maps: Mapping[float, Array]
    grids: Mapping[float, FloatArray]


@dataclass(frozen=True, eq=False)
class MapStack:
    """Activation maps of the slices of one scan.

    Attributes:
        layers: one for each layer chosen, in the order chosen.
        logits: (Z, C) float32, the class scores at the scale nearest to 1.
    """

    layers: Sequence[LayerMaps]
    logits: FloatArray

    @property
    def maps(self) -> Mapping[float, Array]:
        """The maps of the first layer."""
        return self.layers[0].maps

    @property
    def grids(self) -> Mapping[float, FloatArray]:
        """The grids of the first layer."""
        return self.layers[0].grids

    def arrays(self) -> dict[str, Array]:
        """Name the arrays for the disk.

        ``scale-S`` and ``grid-S`` are the maps and the grid of scale S of the first layer, ``scale-S-N`` and
        ``grid-S-N`` those of layer N (from 1 on); ``logits`` are the class scores.
        """
        named: dict[str, Array] = {"logits": self.logits}
        for number, layer in enumerate(self.layers):
            ending = f"-{number}" if number else ""
            named |= {f"scale-{scale:g}{ending}": maps for scale, maps in layer.maps.items()}
            named |= {f"grid-{scale:g}{ending}": grid for scale, grid in layer.grids.items()}
        return named


def layers_in(arrays: Mapping[str, Array]) -> list[LayerMaps]:
    """Give the layers among arrays named as :meth:`MapStack.arrays` does; nothing is read from disk."""
    maps: dict[int, dict[float, Array]] = {}
    grids: dict[int, dict[float, FloatArray]] = {}
    for name, array in arrays.items():
        if found := re.fullmatch(r"(scale|grid)-([\d.]+)(?:-(\d+))?", name):
            kind, scale, number = found.groups()
            (maps if kind == "scale" else grids).setdefault(int(number or 0), {})[float(scale)] = array
    return [LayerMaps(maps[number], grids.get(number, {})) for number in sorted(maps)]
