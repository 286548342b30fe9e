"""Dialog: the preferences."""

from __future__ import annotations

from qtpy.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from napari_wsss.session.preferences import Preferences, preferences_path
from napari_wsss.widgets._controls import button, line
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._params import ParamsForm
from napari_wsss.widgets._preferences import preferences_here


class PreferencesDialog(QDialog):
    """The preferences as a form; keys have a dialog of their own.

    Attributes:
        form: the preferences.
    """

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Preferences")
        self.resize(440, 220)
        self._desk = desk
        self.form = ParamsForm(preferences_here().value, hide=["own_keys"])
        kinds = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel)
        self.buttons.button(kinds.Ok).setToolTip("Keep these preferences")
        self.buttons.button(kinds.Cancel).setToolTip("Leave the preferences as they were")
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(line("They hold for all projects, here and on the command line.", str(preferences_path())))
        column.addWidget(self.form)
        column.addWidget(button("Keys …", "Choose other keys", self._keys))
        column.addStretch()
        column.addWidget(self.buttons)

    def accept(self) -> None:
        """Keep what the form says."""
        chosen = self.form.value()
        assert isinstance(chosen, Preferences)  # noqa: S101 (for mypy)
        preferences_here().set(**{name: getattr(chosen, name) for name in self.form.names})
        super().accept()

    def _keys(self) -> None:
        from napari_wsss.widgets._keys_dialog import KeysDialog

        KeysDialog(self._desk, self).exec()
