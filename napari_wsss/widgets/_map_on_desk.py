"""The map of the case on the desk: the evidence of one class, redrawn only where it changed."""

from __future__ import annotations

import numpy as np

from napari_wsss.types import FloatArray
from napari_wsss.widgets._case_layers import CaseLayers
from napari_wsss.widgets._questions import Answer


class MapOnDesk:
    """Decides what the map layer shows.

    Attributes:
        shown_class: index of the class whose map is shown.
    """

    def __init__(self) -> None:
        self.shown_class = 0
        self._layers: CaseLayers | None = None
        self._volume: FloatArray | None = None
        self._slices: dict[int, FloatArray] = {}

    def show(self, layers: CaseLayers) -> None:
        """Turn to a case."""
        self._layers, self._volume = layers, None
        self._slices.clear()

    def leave(self) -> None:
        """No case is on the desk."""
        self._layers = self._volume = None
        self._slices.clear()

    def take(self, answer: Answer) -> None:
        """Show the evidence of a live answer."""
        if answer.z is None:
            self._take_volume(answer.evidence)
        else:
            self._take_slice(answer.evidence, answer.z)

    def choose(self, index: int) -> None:
        """Show the map of another class: of the volume last answered, and of the slices answered since."""
        self.shown_class = index
        if self._layers is None:
            return
        if self._volume is not None:
            self._layers.show_map(self._of_class(self._volume))
        for z, evidence in self._slices.items():
            self._layers.show_map(self._of_class(evidence), z)

    def _take_volume(self, evidence: FloatArray) -> None:
        if self._layers is None or (_same(evidence, self._volume) and not self._slices):
            return
        self._volume = evidence
        self._slices.clear()
        self._layers.show_map(self._of_class(evidence))

    def _take_slice(self, evidence: FloatArray, z: int) -> None:
        if self._layers is None:
            return
        if self._volume is not None and _same(evidence, self._volume[:, z]):
            self._slices.pop(z, None)
        else:
            self._slices[z] = evidence
        heat = self._of_class(evidence)
        if not np.array_equal(heat, self._layers.heat[z]):
            self._layers.show_map(heat, z)

    def _of_class(self, evidence: FloatArray) -> FloatArray:
        heat: FloatArray = evidence[min(self.shown_class, len(evidence) - 1)]
        return heat


def _same(one: FloatArray, other: FloatArray | None) -> bool:
    """Whether two arrays are one and the same memory; results in it are never written over."""
    return other is not None and one.shape == other.shape and _place(one) == _place(other)


def _place(array: FloatArray) -> int:
    return int(array.__array_interface__["data"][0])
