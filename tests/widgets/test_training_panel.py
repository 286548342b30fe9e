"""What is seen of a training: filled from its events alone."""

from types import SimpleNamespace

import numpy as np
import pytest
from fake_training import training
from napari.components import ViewerModel
from PIL import Image
from qtpy.QtCore import QObject, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QWidget

from napari_wsss.progress import Note, Progress
from napari_wsss.widgets._training_panel import TrainingPanel

pytestmark = pytest.mark.gui
STAGES = ("train-segmenter", "predict")


@pytest.fixture
def png(tmp_path):
    path = tmp_path / "preview.png"
    Image.fromarray(np.full((124, 100, 3), 200, np.uint8)).save(path)
    return path


class Desk(QObject):
    """The members of a desk that the panel knows, without a viewer behind them."""

    project_changed, recipe_changed = Signal(), Signal()
    run_changed, run_heard = Signal(), Signal(object)

    def __init__(self):
        super().__init__()
        stages = {"classifier": "train-classifier", "segmenter": "train-segmenter", "prediction": "predict"}
        steps = {name: SimpleNamespace(stage=stage) for name, stage in stages.items()}
        self.session = SimpleNamespace(recipe=SimpleNamespace(steps=steps))
        self.running = SimpleNamespace(job=None)
        self.viewer = ViewerModel()

    def begin(self):
        self.running.job = object()
        self.run_changed.emit()

    def end(self):
        self.running.job = None
        self.run_changed.emit()


@pytest.fixture
def panel(qtbot):
    made = TrainingPanel(Desk(), STAGES)
    made.setFixedWidth(300)
    qtbot.addWidget(made)
    return made


def hear(panel, events, until=None):
    for event in events:
        panel.hear(event)
        if until is not None and isinstance(event, Progress) and event.done >= until:
            break


def test_it_is_hidden_until_one_of_its_steps_trains(panel):
    hear(panel, training("classifier"))
    hear(panel, [Note("hello"), Progress("segmenter", 0, 3), Progress("prediction", 1, 3), Progress("nothing", 1, 3)])
    assert panel.isHidden()
    hear(panel, training("segmenter"), until=1)
    assert not panel.isHidden()


def test_bars_badge_and_time_left_follow_the_events(panel):
    """16 examples at 8 a second: 2 s an epoch; after 3 of 6 steps 1.5 epochs are left."""
    hear(panel, training("segmenter"), until=1)
    assert (panel.epochs.value(), panel.epochs.maximum(), panel.epochs.text()) == (1, 3, "Epoch 1 of 3")
    assert (panel.steps.value(), panel.steps.maximum(), panel.steps.text()) == (1, 2, "Step 1 of 2")
    assert panel.badge.device.text() == "CPU (x86_64)"
    assert "parameters: 1,944,049" in panel.badge.device.toolTip()
    assert panel.badge.speed.text() == "8 examples/s · 1.5 GiB · 32 bit"
    assert panel.left.text() == "about 5 s left"
    hear(panel, training("segmenter"), until=3)
    assert panel.left.text() == "about 3 s left"


def test_the_picture_comes_with_its_caption_and_a_torn_file_leaves_the_one_before(panel, png):
    assert panel.picture.pixmap.isNull()
    hear(panel, training("segmenter", picture=png))
    assert (panel.picture.pixmap.width(), panel.picture.pixmap.height()) == (100, 124)
    assert panel.picture.caption.text() == "validation slice 3, epoch 3"
    png.write_bytes(png.read_bytes()[:40])
    hear(panel, training("segmenter", picture=png))
    assert panel.picture.pixmap.width() == 100
    assert panel.picture.caption.text() == "validation slice 3, epoch 3"


def test_the_curves_are_drawn_and_the_best_epoch_is_marked(panel):
    hear(panel, training("segmenter"))
    panel.curves.redraw()
    losses = {tuple(item.getData()[1].round(3)) for item in panel.curves.losses.view.listDataItems()}
    assert {(0.333, 0.2, 0.143), (0.5, 0.6, 0.7)} <= losses
    assert "training 0.143" in panel.curves.losses.head.text().replace("</span>", "")
    assert "validation 0.7" in panel.curves.losses.head.text().replace("</span>", "")
    (score,) = panel.curves.scores.view.listDataItems()
    np.testing.assert_allclose(score.getData(), [[1, 2, 3], [0.5, 0.9, 0.7]])
    for plot in (panel.curves.losses, panel.curves.scores):
        assert plot._best.isVisible()
        assert plot._best.value() == 2


def test_nothing_changes_its_size_while_it_grows(panel, png):
    """Whoever reads on is not interrupted: from the first event on, all parts keep height and width."""
    hear(panel, training("segmenter"), until=1)
    parts = panel.findChildren(QWidget)

    def sizes():
        return [max(part.sizeHint().height(), part.heightForWidth(300)) for part in parts]

    parts = [part for part in parts if part.parent() is not None and not part.isHidden()]
    before = sizes()
    hear(panel, training("segmenter", epochs=12, picture=png, score="dice_to_targets"))
    panel.curves.redraw()
    assert sizes() == before
    assert panel.minimumSizeHint().width() <= 300


def test_a_training_from_the_beginning_empties_the_curves_and_one_that_goes_on_keeps_them(panel, png):
    panel._desk.begin()
    hear(panel, training("segmenter", picture=png))
    panel._desk.end()
    panel._desk.begin()
    hear(panel, training("segmenter", epochs=5, first=4))
    assert [place for place, _ in panel.curves.data.loss.points] == [1, 2, 3, 4, 5]
    panel._desk.end()
    panel._desk.begin()
    hear(panel, training("segmenter"), until=2)
    assert panel.curves.data.loss.points == []
    assert panel.picture.pixmap.isNull()


def test_it_says_how_the_training_ended(panel):
    panel._desk.begin()
    hear(panel, training("segmenter"))
    panel._desk.end()
    assert panel.left.text() == "Trained; epoch 2 was the best."
    panel._desk.begin()
    hear(panel, training("segmenter"), until=1)
    panel._desk.end()
    assert panel.left.text() == "Ended in epoch 1 of 3."
    panel._desk.begin()
    panel._desk.end()
    assert panel.left.text() == "Ended in epoch 1 of 3.", "another job says nothing about it"


def test_prediction_after_it_is_counted_in_its_line(panel):
    hear(panel, training("segmenter"))
    hear(panel, [Progress("prediction", 1, 3)])
    assert panel.left.text() == "prediction: 1 of 3"


def test_another_project_or_recipe_takes_it_away(panel):
    hear(panel, training("segmenter"))
    panel._desk.project_changed.emit()
    assert panel.isHidden()
    hear(panel, training("segmenter"))
    assert not panel.isHidden()
    del panel._desk.session.recipe.steps["segmenter"]
    panel._desk.recipe_changed.emit()
    assert panel.isHidden()
    assert panel.curves.data.loss.points == []


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_it_takes_the_windows_colours(panel, theme):
    from napari.utils.theme import get_theme

    panel._desk.viewer.theme = "light" if theme == "dark" else "dark"
    panel._desk.viewer.theme = theme
    canvas = get_theme(theme).canvas.as_hex()
    for plot in (panel.curves.losses, panel.curves.scores, panel.curves.rate):
        assert plot.view.backgroundBrush().color() == QColor(canvas)


def test_double_click_undoes_a_zoom(panel):
    hear(panel, training("segmenter"))
    panel.curves.redraw()
    plot = panel.curves.losses
    whole = plot.view.viewRange()
    plot.view.setXRange(1.0, 1.2, padding=0)
    assert plot.view.viewRange() != whole

    class Click:
        def double(self):
            return True

    plot.view.scene().sigMouseClicked.emit(Click())
    assert plot.view.getViewBox().state["autoRange"] == [True, True]
