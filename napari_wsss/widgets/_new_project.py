"""The dialog that asks what a new project is made of."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from napari_wsss.widgets._controls import line, wrapped
from napari_wsss.widgets._fold import Fold

_FIELDS: dict[str, tuple[str, str, str]] = {
    "folder": ("Project folder", "new", "A new, empty folder; everything made later is kept in it"),
    "images": (
        "Folder of scans",
        "folder",
        "NIfTI, DICOM, MHA, NRRD, PNG, JPEG or TIFF: one file or sub-folder a scan",
    ),
    "labels": (
        "Table of labels",
        "file",
        "Optional. CSV with the columns image, slice (if labels are per slice) and one column a class: 1, 0 or empty",
    ),
}
_MORE: dict[str, tuple[str, str, str]] = {
    "split": ("Table of sets", "file", "Optional. CSV with the columns image and split: train, val or test"),
    "reference": (
        "Folder of expert masks",
        "folder",
        "Optional. Masks named like the scans, for scoring only; never for training",
    ),
    "patient_regex": (
        "Patient in file name",
        "text",
        "Optional. A regular expression that finds the patient in a file name, so that no patient is in two sets",
    ),
    "classes": ("Classes", "text", "Used without a table: names of the lesion classes, separated by commas"),
    "name": ("Project name", "text", "Optional. The folder's name otherwise"),
}
_CHANNELS = "Several co-registered channels instead of one folder: one line each, such as  flair = /scans/flair"


class NewProjectDialog(QDialog):
    """Asks for folders and tables; :meth:`arguments` gives them as ``Session.create`` takes them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("New project")
        self.setMinimumWidth(560)
        self.fields: dict[str, QLineEdit] = {}
        self.channels = QTextEdit()
        self.channels.setAcceptRichText(False)
        self.channels.setPlaceholderText("t1c = /scans/t1c\nflair = /scans/flair")
        self.channels.setToolTip(wrapped(_CHANNELS))
        self.channels.setFixedHeight(58)
        self.channels.textChanged.connect(self._check)
        self.missing = line(tooltip="What is still needed")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setText("Make project")
        for made, tip in zip(
            self.buttons.buttons(), ("Read all scans and make the project", "Make nothing"), strict=True
        ):
            made.setToolTip(tip)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(self._grid(_FIELDS))
        column.addWidget(Fold("Several channels", self.channels, _CHANNELS))
        column.addWidget(
            Fold("Sets, expert masks, classes", self._grid(_MORE), "Further tables and names, all optional")
        )
        column.addStretch()
        column.addWidget(self.missing)
        column.addWidget(self.buttons)
        self._check()

    def arguments(self) -> dict[str, Any]:
        """Give the keywords for ``Session.create``; fields left empty are None."""
        text = {name: field.text().strip() for name, field in self.fields.items()}
        paths = ("folder", "images", "labels", "split", "reference")
        found: dict[str, Any] = {name: Path(text[name]) if text[name] else None for name in paths}
        found["channels"] = self._channels() or None
        found["patient_regex"] = text["patient_regex"] or None
        found["name"] = text["name"] or None
        found["classes"] = [part.strip() for part in text["classes"].split(",") if part.strip()] or None
        return found

    def _channels(self) -> dict[str, Path]:
        pairs = [row.partition("=") for row in self.channels.toPlainText().splitlines() if "=" in row]
        return {name.strip(): Path(path.strip()) for name, _, path in pairs if name.strip() and path.strip()}

    def _grid(self, fields: dict[str, tuple[str, str, str]]) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        for index, (name, (title, kind, tip)) in enumerate(fields.items()):
            field = QLineEdit()
            label = QLabel(title)
            for part in (label, field):
                part.setToolTip(wrapped(tip))
            field.textChanged.connect(self._check)
            self.fields[name] = field
            grid.addWidget(label, index, 0)
            grid.addWidget(field, index, 1)
            if kind != "text":
                choose = QPushButton("Choose …")
                choose.setToolTip(wrapped(f"Choose: {title.lower()}"))
                choose.clicked.connect(partial(self._choose, name, kind, title))
                choose.setAutoDefault(False)
                grid.addWidget(choose, index, 2)
        return box

    def _choose(self, name: str, kind: str, title: str) -> None:
        start = self.fields[name].text()
        if kind == "file":
            chosen = QFileDialog.getOpenFileName(self, title, start, "Tables (*.csv);;All files (*)")[0]
        else:
            chosen = QFileDialog.getExistingDirectory(self, title, start)
        if chosen:
            self.fields[name].setText(chosen)

    def _check(self) -> None:
        """Say what is missing; the project can be made when nothing is."""
        if "name" not in self.fields:
            return
        given = self.arguments()
        if given["folder"] is None:
            missing = "Choose a folder for the project."
        elif given["images"] is None and given["channels"] is None:
            missing = "Choose the folder of scans, or name several channels."
        elif given["images"] is not None and given["channels"] is not None:
            missing = "Give one folder of scans or several channels, not both."
        else:
            missing = ""
        self.missing.setText(missing)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not missing)
