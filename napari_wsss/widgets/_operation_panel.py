"""Effects: choose an operation, its settings and where it works, and apply it."""

from __future__ import annotations

from qtpy.QtWidgets import QComboBox, QSpinBox, QVBoxLayout, QWidget

from napari_wsss.edit.catalogue import OPERATIONS
from napari_wsss.edit.operation import Operation, Scope
from napari_wsss.edit.restore import Restore
from napari_wsss.edit.smart_fill import SmartFill
from napari_wsss.widgets._choices import OneOf
from napari_wsss.widgets._controls import button, line, row, wrapped
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._params import ParamsForm
from napari_wsss.widgets._scene_on_desk import other_masks

_SCOPES: dict[Scope, str] = {"slice": "this slice", "range": "slices from … to …", "volume": "the whole scan"}


class OperationPanel(QWidget):
    """One effect at a time; each keeps its settings."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._settings: dict[str, Operation] = {
            name: kind() for name, kind in OPERATIONS.items() if kind is not SmartFill
        }
        self.effect = QComboBox()
        self.effect.setAccessibleName("Effect")
        self.effect.setToolTip(wrapped("What is done to the mask"))
        for name, made in self._settings.items():
            self.effect.addItem(made.title, name)
        self.effect.currentIndexChanged.connect(self._rebuild)
        self.about = line(tooltip="What the effect does")
        self.scope = QComboBox()
        self.scope.setAccessibleName("Where it works")
        self.scope.setToolTip(wrapped("Where it works. Other slices never change"))
        self.scope.activated.connect(self._on_scope)
        self.first, self.last = self._spin("First slice of the range"), self._spin("Last slice of the range")
        self.apply = button("Apply", "Do it now; Undo takes it back", self._apply)
        self.form: ParamsForm | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(8, 0, 0, 2)
        self._column.setSpacing(4)
        self._column.addWidget(self.effect)
        self._column.addWidget(self.about)
        self._column.addWidget(self.scope)
        self._column.addLayout(row(self.first, self.last))
        self._column.addWidget(self.apply)
        desk.case_opened.connect(self._rebuild)
        desk.cases_changed.connect(self._rebuild)
        desk.operating.busy_changed.connect(self._show_busy)
        desk.operating.span_changed.connect(self._show_span)
        desk.clicks.changed.connect(self._show_busy)
        self._rebuild()

    @property
    def operation(self) -> Operation:
        """The operation as set."""
        return self._settings[self.effect.currentData()]

    def _spin(self, words: str) -> QSpinBox:
        made = QSpinBox()
        made.setAccessibleName(words)
        made.setToolTip(wrapped(f"{words}; a drag along the strip above the slice slider sets both"))
        made.valueChanged.connect(self._on_spin)
        return made

    def _rebuild(self, _: object = None) -> None:
        """Show the form of the effect, with the masks that the case has now."""
        if self.form is not None:
            self._column.removeWidget(self.form)
            self.form.hide()
            self.form.deleteLater()
        names = tuple(other_masks(self._desk)) or ("proposal",)
        operation = self._fitting(names)
        self.form = ParamsForm(operation, hide=("scope",), choices={"other": OneOf(names)})
        self.form.valueChanged.connect(self._on_value)
        self._column.insertWidget(2, self.form)
        self.about.setText(operation.about)
        self.scope.clear()
        for scope in operation.scopes:
            self.scope.addItem(_SCOPES[scope], scope)
        self.scope.setCurrentIndex(self.scope.findData(operation.scope))
        deep = self._desk.layers is None or self._desk.layers.depth > 1
        self.scope.setVisible(deep and len(operation.scopes) > 1)
        self._show_span()
        self._show_busy()

    def _fitting(self, names: tuple[str, ...]) -> Operation:
        """Give the operation as set; a mask that this case does not have gives way to the proposal."""
        operation = self.operation
        if getattr(operation, "other", "proposal") not in names:
            operation = self._settings[self.effect.currentData()] = operation.replace(other=names[0])
        return operation

    def _on_value(self, operation: Operation) -> None:
        self._settings[self.effect.currentData()] = operation
        if self._desk.clicks.on and isinstance(self._desk.clicks.operation, Restore):
            self._desk.clicks.change(operation)
        self._show_busy()

    def _on_scope(self) -> None:
        name = self.effect.currentData()
        self._settings[name] = self._settings[name].replace(scope=self.scope.currentData())
        if self.form is not None:
            self.form.setValue(self._settings[name])
        self._show_span()

    def _on_spin(self) -> None:
        self._desk.operating.choose_span(self.first.value(), self.last.value())

    def _show_span(self) -> None:
        layers, span = self._desk.layers, self._desk.operating.span
        for spin, value in zip((self.first, self.last), span, strict=True):
            spin.blockSignals(True)
            spin.setRange(0, layers.depth - 1 if layers is not None else 0)
            spin.setValue(value)
            spin.blockSignals(False)
            spin.setVisible(self.operation.scope == "range")

    @property
    def _by_click(self) -> bool:
        operation = self.operation
        return isinstance(operation, Restore) and operation.around > 0

    def _apply(self) -> None:
        if self._by_click:
            self._desk.clicks.stop()
            self._desk.clicks.start(self.operation)
        else:
            self._desk.operating.run(self.operation)

    def _show_busy(self) -> None:
        busy = self._desk.operating.busy
        self.apply.setEnabled(not busy)
        waiting = self._by_click and self._desk.clicks.on and self._desk.clicks.operation == self.operation
        words = "Click into the scan" if waiting else "Apply at clicks" if self._by_click else "Apply"
        self.apply.setText("Working …" if busy else words)
