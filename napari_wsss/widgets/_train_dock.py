"""The Train dock: train a segmenter on the masks, let it segment, score, report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QTimer, QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QComboBox, QScrollArea, QVBoxLayout, QWidget

from napari_wsss.errors import WsssError
from napari_wsss.report.content import MASK_COLUMNS, columns_for
from napari_wsss.widgets._choice_form import ChoiceForm
from napari_wsss.widgets._compare_panel import ComparePanel
from napari_wsss.widgets._controls import big_button, button, heading, line, row, wrapped
from napari_wsss.widgets._dock import Dock
from napari_wsss.widgets._fold import Fold
from napari_wsss.widgets._job_panel import JobPanel
from napari_wsss.widgets._maps_dock import device_box
from napari_wsss.widgets._material_line import MaterialLine
from napari_wsss.widgets._notify import tell, tell_error
from napari_wsss.widgets._plan_panel import PlanPanel
from napari_wsss.widgets._score_table import ScoreTable
from napari_wsss.widgets._settings_panel import SettingsPanel
from napari_wsss.widgets._training_panel import TrainingPanel

if TYPE_CHECKING:
    from napari import Viewer

STAGES = ("train-segmenter", "predict")
SCORE, REPORT = "Score the masks", "Write the report"


class TrainDock(Dock):
    """Fifth of the docks."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__(napari_viewer)
        self.choice = ChoiceForm(self.desk)
        self.material = MaterialLine(self.desk)
        self.train = big_button(
            "Train segmenter",
            "Train the segmenter on these masks, let it segment every scan, and compare it with the one before",
            self._train,
        )
        self.predict = button(
            "Segment all scans", "Let the segmenter in use segment every scan, without training", self._predict
        )
        self.job = JobPanel(self.desk, STAGES)
        self.training = TrainingPanel(self.desk, STAGES)
        self.compared = ComparePanel(self.desk)
        self.device = device_box()
        self.settings = SettingsPanel(self.desk, STAGES)
        self.subset = QComboBox()
        self.subset.addItems(["val", "test", "train"])
        self.subset.setToolTip("Which patients are scored: those kept for validation, for testing, or trained on")
        self.evaluate = button("Score", "Compare all masks with the expert masks of these patients", self._evaluate)
        self.classifier = ScoreTable("How well the classifier tells slices with and without lesion apart")
        self.table = ScoreTable("Scores of each kind of mask, against the expert masks")
        self.report = button(
            "Report", "Write an HTML report with pictures, tables and curves, and open it", self._report
        )
        self._trained = self._started = False
        self._fill()
        self._connect()
        self._refresh()

    def _fill(self) -> None:
        column = self.column
        column.addWidget(heading("Segmenter"))
        for part in (self.choice, self.material, self.train, self.job, self.training, self.compared):
            column.addWidget(part)
        column.addWidget(
            Fold("All settings", self._all_settings(), "Everything else that can be set, and the time it takes")
        )
        column.addWidget(heading("Score"))
        column.addLayout(row(self.subset, self.evaluate, self.report))
        column.addWidget(self.classifier)
        column.addWidget(self.table)
        column.addStretch()

    def _all_settings(self) -> QWidget:
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.predict)
        column.addLayout(row(line("Compute on"), self.device))
        column.addWidget(PlanPanel(self.desk, STAGES))
        column.addWidget(self.settings)
        return made

    def _connect(self) -> None:
        desk = self.desk
        signals = (desk.project_changed, desk.job_changed, desk.run_changed, desk.recipe_changed)
        for signal in (*signals, self.material.counted):
            signal.connect(self._refresh)
        desk.project_changed.connect(self._forget)
        desk.running.returned.connect(self._on_run)
        desk.run_heard.connect(self._bring_up)
        for over in (desk.work.ended, desk.running.work.ended):
            over.connect(self._compare)

    def _train(self) -> None:
        self.settings.save()
        if not self._start_from_model_in_use():
            return
        self._started = self.desk.run(STAGES, "Train the segmenter", self.device.currentText())

    def _bring_up(self, _: object) -> None:
        """Once the training that was started here tells its first figures, scroll to them."""
        if self._started and self.training.isVisible():
            self._started = False
            QTimer.singleShot(0, self._scroll)

    def _scroll(self) -> None:
        area = self.findChild(QScrollArea)
        area.verticalScrollBar().setValue(self.job.y())

    def _start_from_model_in_use(self) -> bool:
        """Where a model is improved: the one in use now, not the one in use when it was ticked."""
        session = self.desk.require_session()
        try:
            choice = session.choice()
            if choice.fine_tune:
                session.choose(choice)
                self.desk.recipe_changed.emit()
        except WsssError as error:
            tell_error(error)
            return False
        return True

    def _predict(self) -> None:
        self.settings.save()
        self.desk.run(["predict"], "Segment all scans", self.device.currentText())

    def _on_run(self, done: Mapping[str, Any]) -> None:
        """Hear how a run ended, also one that was found when the window was opened."""
        steps = self.desk.require_session().recipe.steps
        segmenters = [name for name, step in steps.items() if step.stage == "train-segmenter"]
        self._trained = any(done.get(name, {}).get("trained") for name in segmenters)

    def _forget(self) -> None:
        self._trained = self._started = False

    def _compare(self) -> None:
        """Once a segmenter was trained, and no other job runs."""
        if self._trained and self.desk.idle:
            self._trained = False
            self.compared.compare_new()

    def _evaluate(self) -> None:
        session = self.desk.require_session()
        self.desk.start(session.evaluate((self.subset.currentText(),)), SCORE, self._on_scores)

    def _on_scores(self, result: Mapping[str, Any]) -> None:
        self.classifier.fill(result["classifier"])
        self.table.fill(result["masks"], columns_for(result["masks"], MASK_COLUMNS))
        self.table.setToolTip(wrapped(result["rule"]))

    def _report(self) -> None:
        self.desk.start(self.desk.require_session().report(), REPORT, self._on_report)

    def _on_report(self, path: Path) -> None:
        tell(f"Report: {path}")
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    def _has_segmenter(self) -> bool:
        """Whether the recipe trains one; one of a person's own may end with the proposals."""
        session = self.desk.session
        return session is not None and any(step.stage in STAGES for step in session.recipe.steps.values())

    def _refresh(self) -> None:
        desk = self.desk
        material = self.material.material
        for made in (self.evaluate, self.report):
            made.setEnabled(desk.writable and desk.job is None)
        doing = desk.job.title if desk.job is not None else ""  # its bar may be out of sight, further up
        self.evaluate.setText("Scoring …" if doing == SCORE else "Score")
        self.report.setText("Writing …" if doing == REPORT else "Report")
        self.predict.setEnabled(desk.writable and desk.running.job is None and self._has_segmenter())
        self.train.setEnabled(self.predict.isEnabled() and material is not None and not material.missing)
        self.choice.allow_improving("" if material is None else material.fixed)
