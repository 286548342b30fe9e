"""The size of the brush in mm, and whether it is a disc or a ball."""

from __future__ import annotations

from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSlider, QWidget

from napari_wsss.widgets._controls import line, wrapped
from napari_wsss.widgets._desk import Desk

LARGEST = 60.0
"""Diameter in mm of the largest brush."""
USUAL = 8.0


class BrushRow(QWidget):
    """Slider, read-out and the switch "3D".

    napari's brush has whole numbers of voxels, always odd ones; so the slider goes from one such size to the next. The
    diameter in mm stays when a case with other voxels comes, and when the disc becomes a ball.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._wanted = USUAL
        self.size = QSlider(Qt.Orientation.Horizontal)
        self.size.setAccessibleName("Size of the brush")
        self.size.setToolTip(wrapped("Diameter of brush and eraser (keys: [ and ])"))
        self.size.valueChanged.connect(self._on_slider)
        self.readout = QLabel()
        self.readout.setToolTip(wrapped("Diameter of brush and eraser in mm"))
        self.readout.setMinimumWidth(self.readout.fontMetrics().horizontalAdvance("00.0 mm "))
        self.ball = QCheckBox("3D")
        self.ball.setToolTip(
            wrapped("Paint, erase and fill through slices too: the brush is a ball of this many mm, not a disc")
        )
        self.ball.toggled.connect(self._on_ball)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for part in (line("Size"), self.size, self.readout, self.ball):
            row.addWidget(part)
        row.setStretch(1, 1)
        desk.case_opened.connect(self._on_case)
        self._on_case()

    def set_diameter(self, millimetres: float) -> None:
        """Make the brush this wide, as nearly as the voxels allow."""
        self._wanted = millimetres
        self._apply()

    @property
    def diameter(self) -> float:
        """Width of the brush in mm, as it paints."""
        layers = self._desk.layers
        return (2 * (layers.mask_layer.brush_size // 2) + 1) * self._step if layers is not None else self._wanted

    @property
    def _step(self) -> float:
        """Voxel size that napari's brush size counts in: the smallest along the axes it paints."""
        layers = self._desk.layers
        if layers is None:
            return 1.0
        scale = [abs(float(part)) for part in layers.mask_layer.scale]
        axes = self._desk.viewer.dims.order[-self._painted :] if self._painted < len(scale) else range(len(scale))
        return min(scale[axis] for axis in axes)

    @property
    def _painted(self) -> int:
        return 3 if self.ball.isChecked() else 2

    def _on_case(self) -> None:
        layers = self._desk.layers
        self.setEnabled(layers is not None)
        if layers is None:
            return
        layers.mask_layer.events.brush_size.connect(self._follow)
        layers.mask_layer.events.n_edit_dimensions.connect(self._follow_ball)
        self.ball.setVisible(layers.depth > 1)
        if layers.depth == 1:
            self.ball.setChecked(False)
        layers.mask_layer.n_edit_dimensions = self._painted
        self._apply()

    def _apply(self) -> None:
        """Give the brush the size wanted."""
        layers = self._desk.layers
        if layers is None:
            return
        blocker = QSignalBlocker(self.size)
        self.size.setRange(0, max(int((LARGEST / self._step - 1) / 2), 1))
        self.size.setValue(round((self._wanted / self._step - 1) / 2))
        blocker.unblock()
        layers.mask_layer.brush_size = 2 * self.size.value() + 1
        self._show()

    def _on_slider(self, half: int) -> None:
        if self._desk.layers is not None:
            self._desk.layers.mask_layer.brush_size = 2 * half + 1
            self._wanted = self.diameter
            self._show()

    def _follow(self) -> None:
        """The person changed the size by napari's keys."""
        layers = self._desk.layers
        if layers is None or layers.mask_layer.brush_size // 2 == self.size.value():
            return
        self._wanted = self.diameter
        blocker = QSignalBlocker(self.size)
        self.size.setValue(layers.mask_layer.brush_size // 2)
        blocker.unblock()
        self._show()

    def _on_ball(self, on: bool) -> None:
        layers = self._desk.layers
        if layers is not None:
            if on and str(layers.mask_layer.mode) == "polygon":
                layers.mask_layer.mode = "paint"  # napari's polygon lies in a slice
            layers.mask_layer.n_edit_dimensions = 3 if on else 2
            self._apply()

    def _follow_ball(self) -> None:
        if self._desk.layers is not None:
            self.ball.setChecked(self._desk.layers.mask_layer.n_edit_dimensions == 3)

    def _show(self) -> None:
        """Say the size, and draw the circle as wide as it paints."""
        layers = self._desk.layers
        self.readout.setText(f"{self.diameter:.1f} mm")
        if layers is not None and str(layers.mask_layer.mode) in {"paint", "erase"}:
            layers.mask_layer.cursor_size = self.diameter
