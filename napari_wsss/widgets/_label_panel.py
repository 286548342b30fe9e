"""Image-level labels of the case on the desk: present, absent or unknown, for a slice, a range or the whole scan."""

from __future__ import annotations

from functools import partial

from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import QComboBox, QGridLayout, QInputDialog, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from napari_wsss.widgets._controls import button, heading, line, row, wrapped
from napari_wsss.widgets._decisions import add_class
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._labelling import SCOPES

_VALUES = {1: "Yes", 0: "No", -1: "?"}
_WORDS = {1: "yes", 0: "no", -1: "not known"}


class LabelPanel(QWidget):
    """Buttons for every class, and what is known of the slice shown and of the whole scan."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk, self._labelling = desk, desk.labelling
        self.buttons: dict[tuple[str, int], QPushButton] = {}
        self._known: dict[str, QLabel] = {}
        self.scope = QComboBox()
        self.scope.addItems(["this slice", "slices", "whole scan"])
        self.scope.setToolTip(
            wrapped(
                "What the buttons below, and the keys 1 to 9 and 0, label. Drag over the strip above the slice slider "
                "to pick slices"
            )
        )
        self.first, self.last = QSpinBox(), QSpinBox()
        for spin, tip in ((self.first, "First slice to label"), (self.last, "Last slice to label")):
            spin.setToolTip(wrapped(tip))
            spin.setMinimumWidth(58)
        self.first.valueChanged.connect(
            lambda first: self._labelling.choose_range(first, max(first, self._labelling.last))
        )
        self.last.valueChanged.connect(
            lambda last: self._labelling.choose_range(min(last, self._labelling.first), last)
        )
        self.scope.currentIndexChanged.connect(lambda index: self._labelling.choose(SCOPES[index]))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(heading("Is there a lesion?"))
        column.addLayout(row(self.scope, self.first, self.last))
        self._rows = QWidget()
        self._grid = QGridLayout(self._rows)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(0, 1)
        column.addWidget(self._rows)
        self.next = button(
            "Next unlabelled slice", "Go to the next slice of which something is not known (key: J)", self._next
        )
        self.add = button("Add a class …", "Add another kind of lesion to this project", self._add_class)
        column.addLayout(row(self.next, self.add))
        desk.project_changed.connect(self._rebuild)
        desk.case_opened.connect(self._rebuild)
        desk.labels_changed.connect(self._rebuild)
        desk.slice_changed.connect(self._refresh)
        self._labelling.changed.connect(self._refresh)
        self._rebuild()

    def slices(self) -> list[int] | None:
        """Give the slices that the buttons label; None for the whole scan."""
        return self._labelling.slices()

    def _rebuild(self) -> None:
        session, layers = self._desk.session, self._desk.layers
        classes = session.project.labels.classes if session is not None else ()
        if tuple(self._known) != classes:
            self._make_rows(classes)
        if layers is not None:
            for spin in (self.first, self.last):
                blocker = QSignalBlocker(spin)
                spin.setMaximum(layers.depth - 1)
                del blocker
        self._refresh()

    def _make_rows(self, classes: tuple[str, ...]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            item.widget().deleteLater()
        self.buttons, self._known = {}, {}
        for index, name in enumerate(classes):
            words = line(tooltip=f"What is known about '{name}' in the slice shown and in the whole scan")
            self._grid.addWidget(words, index, 0)
            self._known[name] = words
            key = f" (key: {index + 1})" if index < 9 else ""
            tips = {
                1: f"There is {name} here{key}",
                0: f"There is no {name} here{key}, twice",
                -1: "Take the label away",
            }
            for place, (value, text) in enumerate(_VALUES.items(), start=1):
                made = button(text, tips[value], partial(self._set, name, value))
                made.setFixedWidth(42)
                self._grid.addWidget(made, index, place)
                self.buttons[name, value] = made

    def _set(self, name: str, value: int) -> None:
        self._labelling.set([name], value)

    def _next(self) -> None:
        self._labelling.next_unlabelled()

    def _refresh(self) -> None:
        desk, labelling = self._desk, self._labelling
        for spin, value in ((self.first, labelling.first), (self.last, labelling.last)):
            blocker = QSignalBlocker(spin)
            spin.setValue(value)
            spin.setVisible(labelling.scope == "range")
            del blocker
        blocker = QSignalBlocker(self.scope)
        self.scope.setCurrentIndex(SCOPES.index(labelling.scope))
        del blocker
        ready = desk.writable and desk.loaded is not None
        for made in (*self.buttons.values(), self.add):
            made.setEnabled(ready)
        flat = desk.layers is None or desk.layers.depth == 1
        self.next.setVisible(not flat)
        self.scope.setEnabled(not flat)
        if desk.session is None or desk.loaded is None or desk.layers is None:
            for name, words in self._known.items():
                words.setText(name)
            return
        labels, case_id, z = desk.session.project.labels, desk.loaded.case_id, desk.layers.slice_index
        slices, whole = labels.slice_labels(case_id), labels.volume_labels(case_id)
        for index, (name, words) in enumerate(self._known.items()):
            here = "" if flat else f"slice {z}: {_WORDS[int(slices[z, index])]}<br>"
            number = f"{index + 1} " if index < 9 else ""
            words.setText(f"<b>{number}{name}</b><br>{here}scan: {_WORDS[int(whole[index])]}")

    def _add_class(self) -> None:
        name, given = QInputDialog.getText(self, "Add a class", "Name of the lesion class:")
        if given and name.strip():
            add_class(self._desk, name.strip())
