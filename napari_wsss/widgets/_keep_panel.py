"""Keeping slider settings: for the project, for this case, or under a name."""

from __future__ import annotations

from qtpy.QtWidgets import QComboBox, QVBoxLayout, QWidget

from napari_wsss.errors import WsssError
from napari_wsss.widgets._controls import button, line, row, wrapped
from napari_wsss.widgets._decisions import forget_case_settings, keep_for_case, keep_settings
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._notify import tell, tell_error
from napari_wsss.widgets._step_words import belongs_to_case


class KeepPanel(QWidget):
    """Buttons to keep the settings, the case's own settings in words, and the presets."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.project = button("Keep for the project", "Use these settings for every case of the project", self._keep)
        self.case = button(
            "Keep for this case", "Use these settings for this case alone, whatever the project's are", self._keep_case
        )
        self.own = line(tooltip="Settings that only this case has")
        self.forget = button("Forget", "Let this case follow the project's settings again; boxes stay", self._forget)
        self.names = QComboBox()
        self.names.setEditable(True)
        self.names.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.names.lineEdit().setPlaceholderText("Preset: choose or type a name")
        self.names.setToolTip(wrapped("Settings kept under a name: choose one to apply, or type a new name to save"))
        self.apply = button("Apply", "Set the sliders to this preset", self._apply)
        self.save = button("Save", "Keep the sliders as they are under this name", self._save)
        self.delete = button("Delete", "Forget this preset", self._delete)
        self.names.currentTextChanged.connect(self.refresh)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row(self.project, self.case))
        own = row(self.own, self.forget)
        own.setStretch(0, 1)
        column.addLayout(own)
        column.addWidget(self.names)
        column.addLayout(row(self.apply, self.save, self.delete))
        for signal in (desk.tuning.start_changed, desk.tuning.rebuilt, desk.job_changed, desk.case_closed):
            signal.connect(self.refresh)
        desk.project_changed.connect(self._fill)
        self._fill()

    def refresh(self) -> None:
        """Offer what can be done now."""
        desk, name = self._desk, self.names.currentText().strip()
        ready = bool(desk.tuning.steps) and desk.loaded is not None and desk.writable and desk.job is None
        known = self.names.findText(name) >= 0 and bool(name)
        for made in (self.project, self.case, self.forget):
            made.setEnabled(ready)
        self.names.setEnabled(desk.session is not None)
        self.apply.setEnabled(known and desk.loaded is not None)
        self.save.setEnabled(ready and bool(name))
        self.delete.setEnabled(known and desk.writable)
        own = self._own()
        self.own.setText(f"This case's own: {', '.join(own)}" if own else "")
        self.own.setVisible(bool(own))
        self.forget.setVisible(bool(own))

    def _own(self) -> list[str]:
        """Give the settings that the case has of its own, its boxes not counted."""
        session, loaded, steps = self._desk.session, self._desk.loaded, self._desk.tuning.steps
        if session is None or loaded is None:
            return []
        from napari_wsss.pipeline.recipe import parse_override  # loads every kind of step: not for a dock that opens

        parts = [parse_override(text) for text in session.case_overrides(loaded.case_id)]
        return [f"{s}.{k} = {v}" for s, k, v in parts if s not in steps or not belongs_to_case(steps[s])]

    def _fill(self) -> None:
        session, name = self._desk.session, self.names.currentText()
        names = sorted(session.presets()) if session is not None else []
        self.names.clear()
        self.names.addItems(names)
        self.names.setCurrentIndex(self.names.findText(name))
        self.refresh()

    def _keep(self) -> None:
        keep_settings(self._desk)

    def _keep_case(self) -> None:
        keep_for_case(self._desk)

    def _forget(self) -> None:
        forget_case_settings(self._desk)

    def _apply(self) -> None:
        session, tuning = self._desk.require_session(), self._desk.tuning
        try:
            for step, knobs in session.preset(self.names.currentText().strip()).items():
                if step in tuning.steps:
                    tuning.move(step, **knobs)
        except WsssError as error:
            tell_error(error)

    def _save(self) -> None:
        session, steps = self._desk.require_session(), self._desk.tuning.steps
        knobs = {
            name: {knob: getattr(step, knob) for knob in step.knobs()}
            for name, step in steps.items()
            if not belongs_to_case(step)
        }
        self._change(lambda name: session.save_preset(name, {step: found for step, found in knobs.items() if found}))
        tell(f"Preset '{self.names.currentText()}' saved.")

    def _delete(self) -> None:
        session = self._desk.require_session()
        self._change(session.delete_preset)
        self.names.setCurrentText("")

    def _change(self, do: object) -> None:
        try:
            do(self.names.currentText().strip())  # type: ignore[operator]
        except WsssError as error:
            tell_error(error)
        self._fill()
