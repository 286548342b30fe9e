"""Training curves, drawn while a job trains."""

from __future__ import annotations

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_wsss.progress import Progress
from napari_wsss.widgets._curve_data import Curve, CurveData
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._plot import Line, Plot

REDRAW_MS = 200
_TRAINING, _VALIDATION, _SCORES, _RATE = "#3d8fe0", "#e8811a", ("#16a085", "#c65fc0", "#a8960a"), "#8a8f98"
_NAMES = {"dice_to_targets": "Dice", "auc": "area under the curve", "accuracy": "accuracy", "val_loss": "validation"}


class Curves(QWidget):
    """Losses, scores on the validation patients, and the learning rate of one training, over its epochs.

    Attributes:
        data: what was heard.
        losses: the plot of the losses; the best epoch is marked here and among the scores.
        scores: the plot of the scores.
        rate: the plot of the learning rate.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.data = CurveData()
        self.losses = Plot(
            "Loss", "How wrong the network is: lower is better. The dashed line marks the best epoch.", 90
        )
        self.scores = Plot("Score", "How good it is on the validation patients: 1 is perfect.", 76)
        self.rate = Plot("Learning rate", "How large its steps are.", 76, last=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for plot in (self.losses, self.scores, self.rate):
            column.addWidget(plot)
        for plot in (self.scores, self.rate):
            plot.view.setXLink(self.losses.view)
        self._redraw_soon = QTimer(self)
        self._redraw_soon.setSingleShot(True)
        self._redraw_soon.setInterval(REDRAW_MS)
        self._redraw_soon.timeout.connect(self.redraw)
        desk.viewer.events.theme.connect(self._on_theme)
        self._paint()

    def hear(self, event: Progress) -> None:
        """Take the figures of an event; another stage's put away the curves before."""
        if event.stage != self.data.stage:
            self.clear()
            self.data.stage = event.stage
        if self.data.hear(event) and not self._redraw_soon.isActive():
            self._redraw_soon.start()

    def clear(self) -> None:
        """Put the curves away."""
        self._redraw_soon.stop()
        self.data = CurveData()
        for plot in (self.losses, self.scores, self.rate):
            plot.clear()

    def redraw(self) -> None:
        """Draw what was heard."""
        data = self.data
        losses: list[tuple[Line, Curve]] = [(Line("steps", _TRAINING, faint=True), data.steps)]
        losses.append((Line("training", _TRAINING), data.loss))
        losses += [(Line(_called(name), _VALIDATION), curve) for name, curve in sorted(data.losses.items())]
        self.losses.draw(losses, data.best)
        colours = zip(sorted(data.scores.items()), _SCORES, strict=False)
        self.scores.draw([(Line(_called(name), colour), curve) for (name, curve), colour in colours], data.best)
        self.rate.draw([(Line("now", _RATE), data.rate)])

    def _on_theme(self) -> None:
        self._paint()

    def _paint(self) -> None:
        """Take the window's colours."""
        from napari.utils.theme import get_theme

        theme = get_theme(self._desk.viewer.theme)
        for plot in (self.losses, self.scores, self.rate):
            plot.paint(theme.canvas.as_hex(), theme.text.as_hex())


def _called(name: str) -> str:
    """Give a figure's name as a person reads it."""
    return _NAMES.get(name, name.replace("_", " "))
