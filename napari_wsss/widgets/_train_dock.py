"""The Train dock: train a segmenter on the masks, let it segment, score, report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QComboBox

from napari_wsss.report.content import MASK_COLUMNS, columns_for
from napari_wsss.widgets._controls import button, heading, line, row, wrapped
from napari_wsss.widgets._curves import Curves
from napari_wsss.widgets._dock import Dock
from napari_wsss.widgets._job_panel import JobPanel
from napari_wsss.widgets._maps_dock import device_box
from napari_wsss.widgets._notify import tell
from napari_wsss.widgets._plan_panel import PlanPanel
from napari_wsss.widgets._score_table import ScoreTable
from napari_wsss.widgets._settings_panel import SettingsPanel

if TYPE_CHECKING:
    from napari import Viewer

STAGES = ("train-segmenter", "predict")


class TrainDock(Dock):
    """Fifth of the docks."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__(napari_viewer)
        self.device = device_box()
        self.train = button("Train segmenter", "Train the segmenter on proposals and accepted masks", self._train)
        self.predict = button("Segment all scans", "Let the trained segmenter segment every scan", self._predict)
        self.subset = QComboBox()
        self.subset.addItems(["val", "test", "train"])
        self.subset.setToolTip("Which patients are scored: those kept for validation, for testing, or trained on")
        self.evaluate = button("Score", "Compare all masks with the expert masks of these patients", self._evaluate)
        self.classifier = ScoreTable("How well the classifier tells slices with and without lesion apart")
        self.table = ScoreTable("Scores of each kind of mask, against the expert masks")
        self.report = button(
            "Report", "Write an HTML report with pictures, tables and curves, and open it", self._report
        )
        self.settings = SettingsPanel(self.desk, STAGES)
        self._fill()
        self.desk.project_changed.connect(self._refresh)
        self.desk.job_changed.connect(self._refresh)
        self.desk.recipe_changed.connect(self._refresh)
        self._refresh()

    def _fill(self) -> None:
        column = self.column
        column.addWidget(heading("Segmenter"))
        column.addLayout(row(self.train, self.predict))
        column.addLayout(row(line("Compute on"), self.device))
        column.addWidget(JobPanel(self.desk))
        column.addWidget(PlanPanel(self.desk, STAGES))
        column.addWidget(self.settings)
        column.addWidget(Curves(self.desk))
        column.addWidget(heading("Score"))
        column.addLayout(row(self.subset, self.evaluate, self.report))
        column.addWidget(self.classifier)
        column.addWidget(self.table)
        column.addStretch()

    def _train(self) -> None:
        self.settings.save()
        self.desk.run(["train-segmenter"], "Train the segmenter", self.device.currentText())

    def _predict(self) -> None:
        self.settings.save()
        self.desk.run(["predict"], "Segment all scans", self.device.currentText())

    def _evaluate(self) -> None:
        session = self.desk.require_session()
        self.desk.start(session.evaluate((self.subset.currentText(),)), "Score the masks", self._on_scores)

    def _on_scores(self, result: Mapping[str, Any]) -> None:
        self.classifier.fill(result["classifier"])
        self.table.fill(result["masks"], columns_for(result["masks"], MASK_COLUMNS))
        self.table.setToolTip(wrapped(result["rule"]))

    def _report(self) -> None:
        self.desk.start(self.desk.require_session().report(), "Write the report", self._on_report)

    def _on_report(self, path: Path) -> None:
        tell(f"Report: {path}")
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    def _has_segmenter(self) -> bool:
        """Whether the recipe trains one; one of a person's own may end with the proposals."""
        session = self.desk.session
        return session is not None and any(step.stage in STAGES for step in session.recipe.steps.values())

    def _refresh(self) -> None:
        free = self.desk.session is not None and self.desk.job is None
        for made in (self.evaluate, self.report):
            made.setEnabled(free and self.desk.writable)
        for made in (self.train, self.predict):
            made.setEnabled(free and self.desk.writable and self._has_segmenter())
