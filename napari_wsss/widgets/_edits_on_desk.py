"""The edits of the mask on the desk: one undo and redo over strokes and operations, a person's and the computer's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from napari_wsss.edit.delta import Delta
from napari_wsss.edit.history import Edit, History, Record
from napari_wsss.types import LabelMap
from napari_wsss.widgets._case_layers import CaseLayers
from napari_wsss.widgets._stroke import stroke_delta

if TYPE_CHECKING:
    from napari_wsss.widgets._desk import Desk

_STROKES = {"paint": "paint", "erase": "erase", "fill": "fill", "polygon": "polygon"}
"""Mode of the mask layer → name of the edit."""


class EditsOnDesk(QObject):
    """Remembers every edit of the mask shown, whole volume, in bounded memory.

    Strokes arrive through napari's own event; napari's undo is emptied after each, so that there is one history.

    Attributes:
        history: the edits of the mask shown.
        revision: another number each time the mask is another; work in the background compares it.

    Signals:
        changed: what can be undone or redone is new.
        recorded: a :class:`~napari_wsss.edit.history.Record` of what was just done; the mask has changed already.
        touched: the :class:`~napari_wsss.edit.delta.Delta` whose voxels an edit, undo or redo changed.
    """

    changed = Signal()
    recorded = Signal(object)
    touched = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._layers: CaseLayers | None = None
        self.history = History()
        self.revision = 0

    def attach(self, layers: CaseLayers) -> None:
        """Follow the strokes in these layers."""
        self._layers = layers
        layers.stroked.connect(self._on_stroke)

    def begin(self, history: History | None = None) -> None:
        """The layer shows another mask: go on with its ``history``, or with an empty one."""
        self.revision += 1
        before = self.names
        self.history = history if history is not None else History()
        if self.names != before or history is not None:
            self.changed.emit()

    @property
    def names(self) -> tuple[str | None, str | None]:
        """Names of the edits that undo and redo would take back and make again."""
        return self.history.undo_name, self.history.redo_name

    @property
    def untouched(self) -> bool:
        """Whether the mask is as it was when editing began."""
        return not self.history.summary()

    def do(self, name: str, after: LabelMap, details: Mapping[str, Any] | None = None) -> None:
        """Make the mask ``after`` (Z, Y, X), as one edit; nothing happens where that changes nothing."""
        if self._desk.layers is not None:
            self.commit(Edit(name, Delta.between(self._desk.layers.mask, after), details or {}))

    def commit(self, edit: Edit) -> None:
        """Make an edit whose change was computed from the mask as it is now."""
        layers = self._desk.layers
        if layers is not None and len(edit.delta):
            edit.delta.apply(layers.mask)
            self._keep(edit, layers)
            layers.redraw_mask(edit.delta.slices(layers.mask.shape))

    def undo(self) -> None:
        """Take the last edit back."""
        self._step("undo")

    def redo(self) -> None:
        """Make the edit again that was taken back last."""
        self._step("redo")

    def _step(self, kind: Any) -> None:  # noqa: ANN401
        layers = self._desk.layers
        if layers is None or self._desk.loaded is None or layers.stroking:
            return
        edit = self.history.undo(layers.mask) if kind == "undo" else self.history.redo(layers.mask)
        if edit is not None:
            layers.redraw_mask(edit.delta.slices(layers.mask.shape))
            self._tell(Record(kind), edit.delta, layers)

    def _on_stroke(self, atoms: Any) -> None:  # noqa: ANN401
        layers = self._desk.layers
        if layers is None or layers is not self._layers or self._desk.loaded is None:
            return
        delta = stroke_delta(layers.mask, layers.shown, atoms)
        layers.forget_napari_undo()
        if len(delta):
            delta.apply(layers.mask)  # of a polygon napari tells before it paints
            self._keep(Edit(_name_of(layers), delta, _details_of(layers)), layers)

    def _keep(self, edit: Edit, layers: CaseLayers) -> None:
        self.history.do(edit)
        self._tell(Record("do", edit), edit.delta, layers)

    def _tell(self, record: Record, delta: Delta, layers: CaseLayers) -> None:
        self.revision += 1
        layers.painted.emit()
        if self.untouched:
            self._desk.mask.untouched()
        elif record.edit is None:
            self._desk.mask.stepped()
        self.touched.emit(delta)
        self.recorded.emit(record)
        self.changed.emit()


def _name_of(layers: CaseLayers) -> str:
    mode = str(layers.mask_layer.mode)
    erased = mode == "paint" and layers.mask_layer.selected_label == 0
    return "erase" if erased else _STROKES.get(mode, "edit")


def _details_of(layers: CaseLayers) -> dict[str, Any]:
    label = int(layers.mask_layer.selected_label)
    return {"class": layers.classes[label - 1]} if 0 < label <= len(layers.classes) else {}
