"""Clicks: a click into the scan does an operation there, such as smart fill."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from napari_wsss.edit.history import Edit
from napari_wsss.edit.operation import Operation
from napari_wsss.edit.scene import Seed
from napari_wsss.edit.smart_fill import SmartFill

if TYPE_CHECKING:
    from napari_wsss.widgets._desk import Desk


class Clicks(QObject):
    """Turns clicks into an operation while it is on. The picture can still be moved by dragging.

    With Alt held, smart fill takes the region out of the mask. While the last click's edit is the newest, another
    setting does it over.

    Attributes:
        on: whether clicks do the operation.
        operation: what they do.
        smart: smart fill as last set.

    Signals:
        changed: it was switched on or off.
    """

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self.on = False
        self.smart = SmartFill()
        self.operation: Operation = self.smart
        self._last: tuple[Seed, Operation, Edit] | None = None
        desk.viewer.mouse_drag_callbacks.append(self._on_press)
        desk.viewer.layers.selection.events.active.connect(self._on_active)
        desk.operating.made.connect(self._on_made)
        desk.case_opened.connect(self._forget)
        desk.case_closed.connect(self.stop)
        desk.ending.connect(self._end)

    def start(self, operation: Operation) -> None:
        """Do ``operation`` at every click from now on."""
        self.operation = operation
        layers = self._desk.layers
        if layers is None or self.on:
            return
        self._desk.viewer.dims.ndisplay = 2
        self._desk.viewer.layers.selection.active = layers.mask_layer
        layers.mask_layer.mode = "pan_zoom"
        layers.mask_layer.events.mode.connect(self.stop)
        layers.mask_layer.cursor = "crosshair"
        self.on = True
        self.changed.emit()

    def stop(self, _: object = None) -> None:
        """Clicks are napari's again; taking up a brush stops it too."""
        if not self.on:
            return
        self.on = False
        if self._desk.layers is not None:
            layer = self._desk.layers.mask_layer
            layer.events.mode.disconnect(self.stop)
            if str(layer.mode) == "pan_zoom":
                layer.cursor = "standard"
        self._forget()
        self.changed.emit()

    def change(self, operation: Operation) -> None:
        """Take other settings; what the last click did is done over with them."""
        self.operation = operation
        self.smart = operation if isinstance(operation, SmartFill) else self.smart
        if self._last is not None and self._desk.edits.history.done[-1:] == (self._last[2],):
            seed, done, edit = self._last
            what = {"what": done.what} if isinstance(done, SmartFill) else {}
            self._desk.operating.run(operation.replace(**what), seed, edit)

    def at(self, seed: Seed, *, remove: bool = False) -> None:
        """Do the operation at a voxel (Z, Y, X)."""
        turned = {"what": "remove"} if remove and isinstance(self.operation, SmartFill) else {}
        self._desk.operating.run(self.operation.replace(**turned), seed)

    def _on_made(self, edit: Edit, operation: Operation, seed: Seed | None) -> None:
        if self.on and seed is not None:
            self._last = (seed, operation, edit) if len(edit.delta) else None

    def _on_press(self, _: object, event: Any) -> Generator[None, None, None]:  # noqa: ANN401
        """Tell a click from a drag; napari resumes this at every move and at the release."""
        layers = self._desk.layers
        if not self.on or layers is None or event.button != 1 or not layers.flat:
            return
        begin, remove = tuple(event.pos), "Alt" in event.modifiers
        yield
        while event.type == "mouse_move":
            yield
        if max(abs(now - then) for now, then in zip(event.pos, begin, strict=True)) < TREMBLE:
            place = layers.mask_layer.world_to_data(event.position)
            z, y, x = (round(at) for at in layers.view.voxel(place, layers.mask.shape))
            if all(0 <= at < size for at, size in zip((z, y, x), layers.mask.shape, strict=True)):
                self.at((z, y, x), remove=remove)

    def _on_active(self) -> None:
        layers = self._desk.layers
        if layers is not None and self._desk.viewer.layers.selection.active is not layers.mask_layer:
            self.stop()

    def _forget(self) -> None:
        self._last = None

    def _end(self) -> None:
        self.stop()
        self._desk.viewer.mouse_drag_callbacks.remove(self._on_press)
        self._desk.viewer.layers.selection.events.active.disconnect(self._on_active)


TREMBLE = 4
"""Pixels that a hand moves in a click."""
