"""The layer "boxes": rectangles on the slice shown ↔ the boxes of the case, kept the same both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.layers import Shapes
from napari.layers.base import ActionType
from qtpy.QtCore import QObject, QTimer, Signal

from napari_wsss.widgets._box_grid import Box, box_of, rectangle_of
from napari_wsss.widgets._decisions import keep_boxes
from napari_wsss.widgets._step_words import belongs_to_case

if TYPE_CHECKING:
    from napari_wsss.widgets._desk import Desk

NAME = "boxes"
_LOOK: dict[str, Any] = {"edge_color": "#ffd836", "face_color": [1.0, 0.85, 0.2, 0.08], "edge_width": 1}
_DONE = frozenset({ActionType.ADDED, ActionType.CHANGED, ActionType.REMOVED})


class BoxLayer(QObject):
    """Shows the boxes that reach into the slice on the screen; drawing, moving and deleting them changes the case's.

    The layer has no slice axis of its own: a box is drawn once, on any slice, and is seen on all slices it covers.

    Attributes:
        around: slices to each side of the one drawn on that a new box covers; None for all.

    Signals:
        selected: a box was picked, or none is; the boxes may be others than before.
    """

    selected = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self.around: int | None = None
        self._layer: Shapes | None = None
        self._shown: list[int] = []
        self._quiet = False
        self._show_soon = QTimer(self)
        self._show_soon.setSingleShot(True)
        self._show_soon.setInterval(0)
        self._show_soon.timeout.connect(self.show)
        desk.slice_changed.connect(self._on_slice)
        desk.viewing.turned.connect(self.show)
        desk.case_closed.connect(self._close)
        desk.tuning.rebuilt.connect(self.show)
        desk.tuning.changed.connect(self._on_changed)

    @property
    def step(self) -> str | None:
        """Name of the step that takes boxes, if the recipe has one."""
        return next((name for name, step in self._desk.tuning.steps.items() if belongs_to_case(step)), None)

    @property
    def _on(self) -> bool:
        """Whether the filter is switched on; boxes are seen while it is."""
        return self.step is not None and bool(self._desk.tuning.steps[self.step].on)  # type: ignore[attr-defined]

    @property
    def boxes(self) -> tuple[Box, ...]:
        """The boxes of the case."""
        return tuple(self._desk.tuning.steps[self.step].boxes) if self.step else ()  # type: ignore[attr-defined]

    @property
    def current(self) -> int | None:
        """Number of the box picked in the layer, or of the only one there is."""
        picked: list[int] = sorted(self._layer.selected_data) if self._layer is not None else []
        if picked and picked[0] < len(self._shown):
            return self._shown[picked[0]]
        return 0 if len(self.boxes) == 1 else None

    def draw(self) -> None:
        """Let the person draw a box with the mouse."""
        layer = self._ensure()
        layer.visible = True
        self._desk.viewer.dims.ndisplay = 2  # a rectangle is drawn on a slice
        self._desk.viewer.layers.selection.active = layer
        layer.mode = "add_rectangle"

    def set_slices(self, number: int, first: int, last: int) -> None:
        """Let box ``number`` reach from slice ``first`` to ``last``, both included."""
        _, y0, x0, _, y1, x1 = self.boxes[number]
        first, last = sorted((first, last))
        self._move([*self.boxes[:number], (first, y0, x0, last + 1, y1, x1), *self.boxes[number + 1 :]])

    def remove(self, number: int | None = None) -> None:
        """Delete one box, or all."""
        self._move([box for index, box in enumerate(self.boxes) if number is not None and index != number])

    def show(self) -> None:
        """Draw the boxes of the slice on the screen, in whole voxels."""
        layers = self._desk.layers
        if layers is None or self._desk.loaded is None or (self._layer is None and not self.boxes):
            return
        layer, z, view = self._ensure(), layers.slice_index, layers.view
        self._place(layer, layers.mask_layer)
        self._shown = [index for index, box in enumerate(self.boxes) if box[0] <= z < box[3]]
        rectangles = [rectangle_of(self.boxes[index], view, layers.mask.shape) for index in self._shown]
        picked = {index for index in layer.selected_data if index < len(rectangles)}
        self._quiet = True
        try:
            layer.data = []
            if rectangles:
                layer.add_rectangles(rectangles)
            layer.selected_data = picked
        finally:
            self._quiet = False
        self.selected.emit()

    def _ensure(self) -> Shapes:
        """Give the layer; made anew if the person has removed it."""
        viewer, layers = self._desk.viewer, self._desk.layers
        if self._layer is None or self._layer not in viewer.layers:
            active = viewer.layers.selection.active
            self._layer = viewer.add_shapes(None, ndim=2, name=NAME, **_LOOK)
            if layers is not None:
                self._place(self._layer, layers.mask_layer)
            self._layer.events.data.connect(self._on_data)
            self._layer.events.highlight.connect(self._on_highlight)
            viewer.layers.selection.active = active
        return self._layer

    def _place(self, layer: Shapes, mask_layer: Any) -> None:  # noqa: ANN401
        """Give the layer the voxel size of the case, and lift it above a mask layer made after it."""
        listed, scale = self._desk.viewer.layers, tuple(mask_layer.scale[-2:])
        if tuple(layer.scale) != scale:
            layer.scale = scale
        if mask_layer in listed and listed.index(layer) < listed.index(mask_layer):
            listed.move(listed.index(layer), len(listed))

    def _on_data(self, event: Any) -> None:  # noqa: ANN401
        """The person drew, moved or deleted a rectangle."""
        if self._quiet or event.action not in _DONE or self._desk.layers is None or self._layer is None:
            return
        if event.action == ActionType.REMOVED:
            gone = {self._shown[index] for index in event.data_indices if 0 <= index < len(self._shown)}
            self._shown = []
            self._move([box for index, box in enumerate(self.boxes) if index not in gone])
            return
        boxes = list(self.boxes)
        for index, rectangle in enumerate(self._layer.data):
            known = index < len(self._shown)
            slices = (boxes[self._shown[index]][0], boxes[self._shown[index]][3]) if known else self._new_slices()
            box = box_of(rectangle[:, -2:], slices, self._desk.layers.view, self._shape())
            if box is not None and known:
                boxes[self._shown[index]] = box
            elif box is not None:
                boxes.append(box)
        if event.action == ActionType.ADDED:
            self._layer.mode = "select"
        self._move(boxes)

    def _new_slices(self) -> tuple[int, int]:
        depth = self._shape()[0]
        if self.around is None or self._desk.layers is None:
            return 0, depth
        z = self._desk.layers.slice_index
        return max(z - self.around, 0), min(z + self.around + 1, depth)

    def _shape(self) -> tuple[int, ...]:
        return self._desk.layers.mask.shape if self._desk.layers is not None else (0, 0, 0)

    def _move(self, boxes: list[Box]) -> None:
        """Take boxes over; drawing the first one switches the filter on."""
        if self.step is not None:
            on = {"on": True} if len(boxes) > len(self.boxes) else {}
            self._desk.tuning.move(self.step, boxes=tuple(boxes), **on)
        self._show_soon.start()  # napari is still busy with the shape: draw anew when it is done

    def _on_changed(self, step: str) -> None:
        if step == self.step:
            keep_boxes(self._desk, step)
            if self._layer is not None and self._layer.visible != self._on:
                self._layer.visible = self._on  # napari gives a layer's mode up with this
                self._layer.mode = "select" if self._on else "pan_zoom"
            self._show_soon.start()

    def _on_slice(self) -> None:
        z = self._desk.layers.slice_index if self._desk.layers is not None else 0
        if self._shown != [index for index, box in enumerate(self.boxes) if box[0] <= z < box[3]]:
            self.show()

    def _on_highlight(self) -> None:
        if not self._quiet:
            self.selected.emit()

    def _close(self) -> None:
        """The project goes, and its boxes with it."""
        if self._layer is not None and self._layer in self._desk.viewer.layers:
            self._desk.viewer.layers.remove(self._layer)
        self._layer, self._shown = None, []
