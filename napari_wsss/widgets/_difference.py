"""The layer "difference": what a correction added to the mask that it began from, and what it removed."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.colormaps import DirectLabelColormap
from qtpy.QtCore import QObject, Signal

from napari_wsss.edit.delta import Delta
from napari_wsss.types import LabelMap
from napari_wsss.widgets._case_layers import CaseLayers

if TYPE_CHECKING:
    from napari_wsss.widgets._desk import Desk

NAME = "difference"
ADDED, REMOVED = 1, 2
COLOURS = {ADDED: "#56b4e9", REMOVED: "#e69f00"}
"""Sky blue and orange of Okabe and Ito's palette: told apart by colour-blind people, and from the mask's red."""
_LOOK: dict[str, Any] = {"name": NAME, "opacity": 0.9, "blending": "translucent_no_depth"}


class Difference(QObject):
    """Shows where the mask differs from what it is compared with; every edit is followed at once.

    Attributes:
        on: whether it is shown.
        against: what the mask is compared with: "start", what the correction began from, or "proposal".

    Signals:
        changed: it was switched on or off, or compares with something else.
        counted: the voxels added and removed are others.
    """

    changed = Signal()
    counted = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self.on = False
        self.against = "start"
        self._layer: Any = None
        self._other: LabelMap | None = None
        self._marks: LabelMap = np.zeros((0, 0, 0), np.uint8)
        desk.edits.touched.connect(self._on_edit)
        desk.mask.based.connect(self._refill)
        desk.case_opened.connect(self._on_case)
        desk.proposal.changed.connect(self._on_proposal)
        desk.case_closed.connect(self._close)
        desk.viewing.turned.connect(self._on_turned)
        desk.viewer.layers.events.removed.connect(self._on_removed)

    @property
    def counts(self) -> tuple[int, int]:
        """Voxels added and removed."""
        return int(np.count_nonzero(self._marks == ADDED)), int(np.count_nonzero(self._marks == REMOVED))

    def toggle(self) -> None:
        """Show it, or hide it."""
        self.show(not self.on)

    def show(self, on: bool) -> None:
        """Show it or not; hidden, it follows nothing."""
        if on == self.on or (on and self._desk.loaded is None):
            return
        self.on = on
        if on:
            self._refill()
        if self._layer is not None:
            self._layer.visible = on  # adding a layer takes napari a quarter of a second, showing one nothing
        self.changed.emit()

    def compare_with(self, against: str) -> None:
        """Compare with "start" or "proposal"."""
        self.against = against
        self._refill()
        self.changed.emit()

    def _refill(self, _: object = None) -> None:
        layers = self._desk.layers
        if not self.on or layers is None or self._desk.loaded is None:
            return
        self._other = self._find_other(layers.mask)
        self._marks = _marks(layers.mask, self._other)
        self._draw(None)

    def _find_other(self, mask: LabelMap) -> LabelMap:
        start, proposal = self._desk.edits.history.start, self._desk.proposal.mask
        found = proposal if self.against == "proposal" else start(mask)
        return found if found is not None else mask.copy()

    def _on_proposal(self) -> None:
        if self.against == "proposal":
            self._refill()

    def _on_edit(self, delta: Delta) -> None:
        """Follow an edit: only the voxels it touched are looked at."""
        layers = self._desk.layers
        if not self.on or layers is None or self._other is None or self._marks.shape != layers.mask.shape:
            return
        where = delta.where
        self._marks.reshape(-1)[where] = _marks(layers.mask.reshape(-1)[where], self._other.reshape(-1)[where])
        self._draw(delta.slices(layers.mask.shape))

    def _draw(self, slices: Collection[int] | None) -> None:
        """Draw the layer, made anew if need be; ``slices`` says which changed, None that all did."""
        layers = self._desk.layers
        if layers is None:
            return
        shown = layers.shown(self._marks)
        if self._layer is None or slices is None:
            self._put(shown, layers)
        elif not layers.flat or layers.slice_index in slices:
            self._layer.refresh(thumbnail=False, highlight=False, extent=False)
        self.counted.emit()

    def _put(self, shown: LabelMap, layers: CaseLayers) -> None:
        scale = layers.mask_layer.scale
        if self._layer is not None:
            self._layer.data, self._layer.scale = shown, scale
            return
        viewer = self._desk.viewer
        active = viewer.layers.selection.active
        with viewer.layers.selection.events.active.blocker():  # the tool in hand stays in hand
            self._layer = viewer.add_labels(shown, scale=scale, colormap=_colours(), **_LOOK)
            self._layer.editable = False
            viewer.layers.selection.active = active
        self._layer.events.visible.connect(self._on_visible)

    def _on_case(self) -> None:
        """Hidden, the layer of another case would be in the way: scans differ in size."""
        if self.on:
            self._refill()
        else:
            self._close()

    def _on_visible(self) -> None:
        """The person showed or hid it in the list of layers."""
        if self._layer is not None:
            self.show(bool(self._layer.visible))

    def _close(self) -> None:
        self.on, layer, self._layer, self._other = False, self._layer, None, None
        if layer is not None and layer in self._desk.viewer.layers:
            self._desk.viewer.layers.remove(layer)
        self._marks = np.zeros((0, 0, 0), np.uint8)

    def _on_turned(self) -> None:
        if self.on:
            self._draw(None)

    def _on_removed(self, event: Any) -> None:  # noqa: ANN401
        """The person took the layer out of the list: that switches it off."""
        if self._layer is not None and event.value is self._layer:
            self._layer = None
            self._close()
            self.changed.emit()


def _marks(mask: LabelMap, other: LabelMap) -> LabelMap:
    """Mark what was added (1) and removed (2); a voxel of another class now counts as added."""
    marks = np.not_equal(mask, other).view(np.uint8)
    marks <<= (mask == 0).view(np.uint8)  # 1 becomes 2
    return marks


def _colours() -> DirectLabelColormap:
    transparent: dict[int | None, Any] = {None: "transparent", 0: "transparent"}
    return DirectLabelColormap(color_dict=transparent | COLOURS)
