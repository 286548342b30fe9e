"""The Maps dock: train the classifier and compute where it looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QComboBox

from napari_wsss.widgets._controls import button, heading, line, row, wrapped
from napari_wsss.widgets._cost_line import CostLine
from napari_wsss.widgets._dock import Dock
from napari_wsss.widgets._job_panel import JobPanel
from napari_wsss.widgets._plan_panel import PlanPanel
from napari_wsss.widgets._recipe_box import RecipeBox
from napari_wsss.widgets._settings_panel import SettingsPanel
from napari_wsss.widgets._training_panel import TrainingPanel

if TYPE_CHECKING:
    from napari import Viewer

STAGES = ("train-classifier", "maps")


class MapsDock(Dock):
    """Second of the docks."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__(napari_viewer)
        self.device = device_box()
        self.train = button(
            "Train classifier", "Learn from the image-level labels which slices show a lesion", self._train
        )
        self.compute = button(
            "Compute maps", "Compute for every scan where the classifier looks, then first masks from it", self._compute
        )
        self.settings = SettingsPanel(self.desk, STAGES, open=("activation-maps",))
        self.cost = CostLine(self.desk, self.settings)
        self.column.addWidget(heading("Recipe"))
        self.column.addWidget(RecipeBox(self.desk))
        self.column.addWidget(heading("Do"))
        self.column.addLayout(row(self.train, self.compute))
        self.column.addLayout(row(line("Compute on"), self.device))
        self.column.addWidget(JobPanel(self.desk, STAGES))
        self.column.addWidget(PlanPanel(self.desk, STAGES))
        self.column.addWidget(self.cost)
        self.column.addWidget(self.settings)
        self.column.addWidget(TrainingPanel(self.desk, STAGES))
        self.column.addStretch()
        self.desk.project_changed.connect(self._refresh)
        self.desk.run_changed.connect(self._refresh)
        self._refresh()

    def _train(self) -> None:
        self.settings.save()
        self.desk.run(["train-classifier"], "Train the classifier", self.device.currentText())

    def _compute(self) -> None:
        self.settings.save()
        self.desk.run(["maps", "propose"], "Compute maps and proposals", self.device.currentText())

    def _refresh(self) -> None:
        for made in (self.train, self.compute):
            made.setEnabled(self.desk.writable and self.desk.running.job is None)


def device_box() -> QComboBox:
    """Make the list of devices that long work can run on."""
    made = QComboBox()
    made.addItems(["auto", "cpu", "cuda", "mps"])
    made.setToolTip(wrapped("Where to compute: auto takes a graphics card when there is one"))
    return made
