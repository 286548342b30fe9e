"""Dialog: other keys for what the desk does."""

from __future__ import annotations

from functools import partial

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QMainWindow,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_wsss.widgets._controls import heading, line
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._key import Key
from napari_wsss.widgets._key_binding import keys_on
from napari_wsss.widgets._key_edit import KeyEdit
from napari_wsss.widgets._key_names import sequence_name, shown
from napari_wsss.widgets._keys import KEY_GROUPS, KEYS, USUAL, clash
from napari_wsss.widgets._napari_keys import napari_keys
from napari_wsss.widgets._preferences import preferences_here

_WORDS = {key.name: key.words for key in KEYS}


class KeysDialog(QDialog):
    """One row for each deed: what it does, its key, and a button that takes the usual key back.

    Attributes:
        edits: name of the deed → field that takes a key.
        fault: why the last key was not taken.
        keys: name → key as chosen so far; "" for none.
    """

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self.resize(520, 560)
        self._menus = _menu_letters(desk.viewer.window._qt_window)  # noqa: SLF001 (napari has no public way to it)
        self.keys = {name: key.key for name, key in keys_on(desk).keys.items()}
        self.edits: dict[str, KeyEdit] = {}
        self._resets: dict[str, QToolButton] = {}
        self._rows: dict[str, list[QWidget]] = {}
        self._titles: dict[QLabel, set[str]] = {}
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find …")
        self.search.setToolTip("Show only what has these letters in it")
        self.search.textChanged.connect(self._filter)
        self.fault = line(tooltip="Why the last key was not taken")
        self.buttons = self._make_buttons()
        column = QVBoxLayout(self)
        column.addWidget(line("Click a field and press the key you want. Backspace leaves it without a key."))
        column.addWidget(self.search)
        column.addWidget(self._make_rows(), 1)
        column.addWidget(self.fault)
        column.addWidget(self.buttons)
        self._refresh()

    def accept(self) -> None:
        """Keep the keys that differ from the usual ones, and bind them."""
        preferences_here().set(own_keys={name: key for name, key in self.keys.items() if key != USUAL[name]})
        super().accept()

    def choose(self, name: str, key: str) -> bool:
        """Give a deed another key, unless it is taken; then ``fault`` says by what. "" leaves it without one."""
        reason = self._reason(name, key)
        if not reason:
            self.keys[name] = key
        self.fault.setText(reason)
        self._refresh()
        return not reason

    def reset(self, name: str) -> None:
        """Take the usual key of a deed back."""
        self.choose(name, USUAL[name])

    def reset_all(self) -> None:
        """Take all usual keys back."""
        self.keys = dict(USUAL)
        self.fault.setText("")
        self._refresh()

    def _reason(self, name: str, key: str) -> str:
        """Say why a deed cannot have a key; "" where it can."""
        if other := clash(name, key, self.keys):
            return f"{shown(key)} is taken: {_WORDS[other]}. Choose another key, or give that one another first."
        if key == USUAL[name]:
            return ""
        if words := napari_keys(USUAL.values()).get(key):
            return f"{shown(key)} is napari's key: {words}. Choose another key."
        if "Ctrl" in key or "Meta" in key:
            return f"{shown(key)} is not possible: keys with Ctrl belong to napari's menus. Use Shift or Alt instead."
        if key.startswith("Alt+") and key[-1] in self._menus:
            return f"{shown(key)} opens napari's menu {self._menus[key[-1]]}. Choose another key."
        return ""

    def _taken(self, name: str, key: str | None) -> None:
        if key is not None:
            self.choose(name, key)
        else:
            self.fault.setText("This key is not possible. Choose a letter or a digit, letters also with Shift or Alt.")
            self._refresh()

    def _make_rows(self) -> QScrollArea:
        content = QWidget()
        grid = QGridLayout(content)
        grid.setColumnStretch(0, 1)
        for topic, group in KEY_GROUPS.items():
            title = heading(topic)
            title.setVisible(bool(group))
            self._titles[title] = {key.name for key in group}
            grid.addWidget(title, grid.rowCount(), 0, 1, 3)
            for key in group:
                self._add_row(grid, key)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(content)
        return area

    def _add_row(self, grid: QGridLayout, key: Key) -> None:
        words, edit, reset = QLabel(key.words), KeyEdit(), QToolButton()
        words.setWordWrap(True)
        words.setBuddy(edit)
        edit.setFixedWidth(130)
        edit.setToolTip(f"The key to {key.words}; usually {shown(USUAL[key.name])}")
        edit.setAccessibleName(key.words)
        edit.pressed.connect(partial(self._taken, key.name))
        reset.setText("↺")
        reset.setToolTip(f"Take the usual key back: {shown(USUAL[key.name])}")
        reset.clicked.connect(partial(self.reset, key.name))
        row = grid.rowCount()
        self._rows[key.name] = [words, edit, reset]
        for place, part in enumerate(self._rows[key.name]):
            grid.addWidget(part, row, place)
        self.edits[key.name], self._resets[key.name] = edit, reset

    def _make_buttons(self) -> QDialogButtonBox:
        kinds = QDialogButtonBox.StandardButton
        made = QDialogButtonBox(kinds.Ok | kinds.Cancel | kinds.RestoreDefaults)
        tips = {
            kinds.Ok: "Keep these keys",
            kinds.Cancel: "Leave the keys as they were",
            kinds.RestoreDefaults: "Take all usual keys back",
        }
        for kind, tip in tips.items():
            made.button(kind).setToolTip(tip)
        made.button(kinds.RestoreDefaults).setText("All as usual")
        made.button(kinds.RestoreDefaults).clicked.connect(lambda _: self.reset_all())
        made.accepted.connect(self.accept)
        made.rejected.connect(self.reject)
        return made

    def _refresh(self) -> None:
        for name, edit in self.edits.items():
            edit.show_key(self.keys[name])
            self._resets[name].setEnabled(self.keys[name] != USUAL[name])
        self.fault.setVisible(bool(self.fault.text()))

    def _filter(self, text: str) -> None:
        wanted = {name for name in self._rows if text.lower() in _WORDS[name].lower()}
        for name, widgets in self._rows.items():
            for part in widgets:
                part.setVisible(name in wanted)
        for title, names in self._titles.items():
            title.setVisible(bool(wanted & names))


def _menu_letters(window: QMainWindow) -> dict[str, str]:
    """Give letter → menu that Alt and the letter open."""
    titles = [action.text() for action in window.menuBar().actions()]
    found = {sequence_name(QKeySequence.mnemonic(title))[-1:]: title.replace("&", "") for title in titles}
    return {letter: title for letter, title in found.items() if letter}
