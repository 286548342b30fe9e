"""The Models dock: the trained models of the project; which is in use, how two compare, out and in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QComboBox, QFileDialog, QInputDialog, QMessageBox, QPushButton

from napari_wsss.session.kept_predictions import Brought
from napari_wsss.session.library import ModelEntry
from napari_wsss.store.provenance import clock
from napari_wsss.widgets._compare_panel import ComparePanel
from napari_wsss.widgets._controls import button, heading, line, row, wrapped
from napari_wsss.widgets._dock import Dock
from napari_wsss.widgets._job_panel import JobPanel
from napari_wsss.widgets._jobs import work_of
from napari_wsss.widgets._model_details import ModelDetails, about, score_words
from napari_wsss.widgets._models_on_desk import ModelsOnDesk
from napari_wsss.widgets._notify import tell
from napari_wsss.widgets._table import Column, RowsModel
from napari_wsss.widgets._worklist_view import RowsView

if TYPE_CHECKING:
    from napari import Viewer

    from napari_wsss.session.rounds import StartFrom

ROW, HEIGHT = 24, 150
COLUMNS: tuple[Column, ...] = (
    Column("Model", "Its name; ✓ the one in use", lambda e: e.name, lambda e: f"{'✓ ' if e.current else ''}{e.name}"),
    Column(
        "Score",
        "The figure by which its best epoch was chosen, on the validation patients. To compare models, use Compare",
        lambda e: next(iter(e.scores.values()), None),
        score_words,
        falling=True,
    ),
    Column("Made", "When its training ended", lambda e: e.made or None, lambda e: clock(e.made)[:10], falling=True),
)
STARTS = {
    "proposals": ("the proposals", "What the recipe proposes from the maps, live in the Tune dock"),
    "segmenter": ("the segmenter's masks", "What the segmenter in use marked; where it has not, the proposal"),
}
FORMATS = {
    "onnx": ("ONNX", "For other programs: ONNX runtimes run it, whatever the language"),
    "torch-export": ("PyTorch", "For PyTorch 2 programs: torch.export.load"),
    "torchscript": ("TorchScript", "For older PyTorch programs; PyTorch itself advises against it by now"),
    "weights": ("weights only", "For another project of this kind: Import takes it"),
}


class ModelsDock(Dock):
    """Sixth of the docks."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__(napari_viewer)
        self.models = ModelsOnDesk(self.desk, self)
        self.rows = RowsModel(COLUMNS, about, self)
        self.table = RowsView(
            self.rows, "The trained models, the last made first. Click one to see more of it", ROW, (2,)
        )
        self.table.setFixedHeight(HEIGHT)
        for place, width in enumerate((200, 84, 80)):
            self.table.setColumnWidth(place, width)
        self.none = line("No segmenter yet: train one in the Train dock, or import one.", "What is to be done first")
        self.others = QCheckBox("Also classifiers")
        self.others.setToolTip(wrapped("Show all models, not only those that outline lesions"))
        self.start = _list(STARTS, "What you start from in scans that are not accepted yet, in Review and the worklist")
        self.format = _list(FORMATS, "What other programs get beside the weights")
        self.details = ModelDetails(self.desk)
        self.compared = ComparePanel(self.desk, deciding=False)
        self._make_buttons()
        self._fill()
        self._connect()
        self._refresh()

    def _make_buttons(self) -> None:
        self.use = button(
            "Use",
            "Put the model chosen to use. The masks it made come back; the others stay with their model.",
            self._use,
        )
        self.compare = button(
            "Compare", "Compare the model chosen with the one in use, on the accepted masks, patient by patient",
            self._compare,
        )  # fmt: skip
        self.rename = button("Rename …", "Give the model chosen another name", self._rename)
        self.remove = button("Remove …", "Delete the model chosen and the masks it made, for good", self._remove)
        self.export = button(
            "Export …",
            "Write the model chosen for others, with a model card and without any patient's name",
            self._export,
        )
        self.take_in = button(
            "Import …",
            "Take over a model that was exported elsewhere: a ZIP file, or the model.yaml of a folder",
            self._import,
        )

    def _fill(self) -> None:
        column = self.column
        column.addWidget(heading("Models"))
        column.addWidget(self.table)
        column.addWidget(self.none)
        column.addWidget(self.others)
        column.addLayout(row(self.use, self.compare))
        column.addLayout(row(self.rename, self.remove))
        column.addWidget(self.details)
        column.addWidget(self.compared)
        column.addWidget(JobPanel(self.desk))
        column.addWidget(heading("Scans still to do start from"))
        column.addWidget(self.start)
        column.addWidget(heading("To and from other projects"))
        column.addLayout(row(line("As"), self.format))
        column.addLayout(row(self.export, self.take_in))
        column.addStretch()

    def _connect(self) -> None:
        self.models.changed.connect(self._show)
        self.others.toggled.connect(lambda _: self._show())
        self.table.chosen.connect(self._choose)
        self.start.activated.connect(lambda _: self._set_start())
        for signal in (self.desk.job_changed, self.desk.project_changed, self.desk.models_changed):
            signal.connect(self._refresh)
        self.models.read()

    @property
    def chosen(self) -> ModelEntry | None:
        """The model chosen in the table."""
        return cast("ModelEntry | None", self.rows.rows.get(self.rows.here))

    def _show(self) -> None:
        shown = [entry for entry in self.models.entries if entry.segments or self.others.isChecked()]
        self.none.setHidden(any(entry.segments for entry in self.models.entries))
        before, here = self.chosen, self.rows.here
        self.rows.arrange([])
        self.rows.rows = {entry.folder.name: entry for entry in shown}
        self.rows.arrange(list(self.rows.rows))
        current = next((entry.folder.name for entry in shown if entry.current), None)
        stays = here in self.rows.rows and not (before is not None and before.current)
        self._choose(here if stays else current)  # from the one in use to the one that is so now

    def _choose(self, folder: Any) -> None:  # noqa: ANN401 (a row's key, or None)
        self.rows.stand_out(folder)
        self.table.mark(folder)
        self.details.show_model(self.chosen)
        self._refresh()

    def _use(self) -> None:
        if entry := self.chosen:
            self.desk.write(
                work_of(self.desk.require_session().use_model, entry.folder.name), "Use a model", self._on_used
            )

    def _on_used(self, brought: Brought | None) -> None:
        tell("The model is in use. " + (brought.words if brought is not None else ""))
        self.desk.models_changed.emit()

    def _compare(self) -> None:
        in_use = next((entry for entry in self.models.entries if entry.segments and entry.current), None)
        if (entry := self.chosen) and in_use is not None:
            older, newer = sorted((entry, in_use), key=lambda one: one.made)
            self.compared.compare(older.folder.name, newer.folder.name)

    def _rename(self) -> None:
        if (entry := self.chosen) is None:
            return
        name, fine = QInputDialog.getText(self, "Rename a model", "Its name:", text=entry.name)
        if fine:
            work = work_of(self.desk.require_session().rename_model, entry.folder.name, name)
            self.desk.write(work, "Rename a model", lambda _: self.desk.models_changed.emit())

    def _remove(self) -> None:
        if (entry := self.chosen) is None:
            return
        words = f"Delete '{entry.name}' and the masks it made, for good?"
        if QMessageBox.question(self, "Remove a model", words) == QMessageBox.StandardButton.Yes:
            work = work_of(self.desk.require_session().remove_model, entry.folder.name)
            self.desk.write(work, "Remove a model", lambda _: self.desk.models_changed.emit())

    def _export(self) -> None:
        if (entry := self.chosen) is None:
            return
        name, _ = QFileDialog.getSaveFileName(self, "Export a model", f"{entry.folder.name}.zip", "ZIP files (*.zip)")
        if name:
            work = self.desk.require_session().export_model(
                entry.folder.name, Path(name), format=self.format.currentData()
            )
            self.desk.start(work, "Export a model", lambda path: tell(f"Model: {path}"))

    def _import(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Import a model", "", "Models (*.zip model.yaml)")
        if name:
            path = Path(name).parent if name.endswith(".yaml") else Path(name)
            work = work_of(self.desk.require_session().import_model, path)
            self.desk.write(work, "Import a model", self._on_imported)

    def _on_imported(self, entry: ModelEntry) -> None:
        tell(f"'{entry.name}' is among the models now. Press Use to put it to use.")
        self.desk.models_changed.emit()

    def _set_start(self) -> None:
        start = cast("StartFrom", self.start.currentData())
        work = work_of(self.desk.require_session().set_start_from, start)
        self.desk.write(work, "Start from", lambda _: self.desk.models_changed.emit())

    def _refresh(self) -> None:
        session, entry = self.desk.session, self.chosen
        free = self.desk.writable and self.desk.job is None
        other = free and entry is not None and not entry.current
        needs: dict[QPushButton, bool] = {
            self.use: other,
            self.remove: other,
            self.compare: other and entry is not None and entry.segments,
            self.rename: free and entry is not None,
            self.export: free and entry is not None and entry.segments,
            self.take_in: free,
        }
        for made, enabled in needs.items():
            made.setEnabled(enabled)
        self.start.setEnabled(free and session is not None and bool(session.recipe.giving("prediction")))
        if session is not None:
            self.start.setCurrentIndex(self.start.findData(session.start_from))


def _list(items: dict[str, tuple[str, str]], tooltip: str) -> QComboBox:
    made = QComboBox()
    made.setToolTip(wrapped(tooltip))
    for place, (data, (title, help_text)) in enumerate(items.items()):
        made.addItem(title, data)
        made.setItemData(place, wrapped(help_text), Qt.ItemDataRole.ToolTipRole)
    return made
