"""What is known of one model: what it learnt from, its curves, its settings."""

from __future__ import annotations

from html import escape

from napari.utils.theme import get_theme
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_wsss.report.columns import cell
from napari_wsss.session.library import ModelEntry
from napari_wsss.store.provenance import clock
from napari_wsss.widgets._controls import line
from napari_wsss.widgets._curve_data import Curve
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._fold import Fold
from napari_wsss.widgets._plot import Line, Plot

_TRAINING, _VALIDATION, _SCORE = "#3d8fe0", "#e8811a", "#16a085"
SCORES = {"dice_to_targets": "Dice", "auc": "AUC", "loss": "loss", "accuracy": "accuracy"}


class ModelDetails(QWidget):
    """Shows a model; hidden while none is chosen."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.about = line(tooltip="What is known of the model")
        self.losses = Plot("Loss", "How wrong it was after each epoch of its training: lower is better.", 84)
        self.scores = Plot("Score", "How good it was on the validation patients after each epoch: 1 is perfect.", 84)
        self.settings = line(tooltip="The settings it was trained with")
        self.settings.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for part in (self.about, self.losses, self.scores):
            column.addWidget(part)
        column.addWidget(Fold("Settings of its training", self.settings, "Every setting it was trained with"))
        desk.viewer.events.theme.connect(self._paint)
        self._paint()
        self.hide()

    def show_model(self, entry: ModelEntry | None) -> None:
        """Show a model, or none."""
        self.setVisible(entry is not None)
        if entry is None:
            return
        self.about.setText(about(entry))
        curves = {name: _curve(entry, name) for name in {key for row in entry.curves for key in row}}
        losses = [(Line("training", _TRAINING), curves.get("loss", Curve()))]
        losses.append((Line("validation", _VALIDATION), curves.get("val_loss", Curve())))
        scores = [(Line(SCORES[name], _SCORE), curves[name]) for name in ("dice_to_targets", "auc") if name in curves]
        for plot, drawn in ((self.losses, losses), (self.scores, scores)):
            plot.clear()
            plot.draw([(how, curve) for how, curve in drawn if curve.points])
            plot.setVisible(any(curve.points for _, curve in drawn))
        lines = [f"{escape(name)}: {escape(str(value))}" for name, value in entry.settings.items()]
        self.settings.setText("<br>".join(lines))

    def _paint(self, _: object = None) -> None:
        theme = get_theme(self._desk.viewer.theme)
        for plot in (self.losses, self.scores):
            plot.paint(theme.canvas.as_hex(), theme.text.as_hex())


def about(entry: ModelEntry) -> str:
    """Say what a model is, one line a fact."""
    facts = [f"<b>{escape(entry.name)}</b>{' – in use' if entry.current else ''}"]
    facts.append(f"{entry.kind[0].upper()}{entry.kind[1:]}: {escape(entry.network)}")
    facts += [f"Learnt from {escape(entry.data)}"] if entry.data else []
    facts += [f"{score_words(entry)} on the patients that chose its best epoch"] if entry.scores else []
    facts += [f"Made {clock(entry.made)[:16]}"] if entry.made else []
    return "<br>".join(facts)


def score_words(entry: ModelEntry) -> str:
    """Write the figure by which a model's best epoch was chosen; "" where there is none."""
    return ", ".join(f"{SCORES.get(name, name)} {cell('dice', value)}" for name, value in entry.scores.items())


def _curve(entry: ModelEntry, name: str) -> Curve:
    made = Curve()
    for place, row in enumerate(entry.curves, start=1):
        if name in row:
            made.add(row.get("epoch", float(place)), row[name])
    return made
