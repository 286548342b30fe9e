"""The switch of the layer "difference", what it compares with, and how much was added and removed."""

from __future__ import annotations

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QCheckBox, QComboBox, QVBoxLayout, QWidget

from napari_wsss.widgets._controls import line, row, wrapped
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._difference import ADDED, COLOURS, REMOVED

_AGAINST = {"start": "to where you began", "proposal": "to the proposal"}
PAUSE = 200
"""Milliseconds after an edit until its voxels are counted: counting is not for every touch of the brush."""


class DifferenceRow(QWidget):
    """Follows the key too."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._difference = desk.difference
        self.on = QCheckBox("Difference")
        self.on.setToolTip(wrapped("Show what your correction added to the mask and what it removed (key: D)"))
        self.on.toggled.connect(self._difference.show)
        self.against = QComboBox()
        self.against.setAccessibleName("Difference to")
        self.against.setToolTip(wrapped("What the mask is compared with"))
        for name, words in _AGAINST.items():
            self.against.addItem(words, name)
        self.against.activated.connect(lambda _: self._difference.compare_with(self.against.currentData()))
        self.counts = line(tooltip="Voxels added and removed; a voxel of another class now counts as added")
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(PAUSE)
        self._later.timeout.connect(self._count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(row(self.on, self.against))
        column.addWidget(self.counts)
        self._difference.changed.connect(self._follow)
        self._difference.counted.connect(self._later.start)
        self._follow()

    def _follow(self) -> None:
        self.on.setChecked(self._difference.on)
        self.against.setCurrentIndex(self.against.findData(self._difference.against))
        self.counts.setVisible(self._difference.on)
        self._count()

    def _count(self) -> None:
        added, removed = self._difference.counts
        marks = [f'<span style="color: {COLOURS[kind]};">■</span>' for kind in (ADDED, REMOVED)]
        self.counts.setText(f"{marks[0]} {added:,} voxels added&nbsp; {marks[1]} {removed:,} removed")
