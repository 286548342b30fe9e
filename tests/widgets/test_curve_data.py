"""Figures of a training, sorted into curves."""

import numpy as np
import pytest
from fake_training import training

from napari_wsss.progress import Progress
from napari_wsss.widgets._curve_data import MOST, CurveData


def heard(*trainings):
    data = CurveData()
    for events in trainings:
        for event in events:
            if isinstance(event, Progress):
                data.hear(event)
    return data


def test_every_figure_finds_its_curve():
    """Two steps an epoch: the first step is half an epoch. Losses are 1 / (1 + steps done)."""
    data = heard(training("s", epochs=3, steps=2))
    assert data.steps.points == [(0.5, 1 / 2), (1.0, 1 / 3), (1.5, 1 / 4), (2.0, 1 / 5), (2.5, 1 / 6), (3.0, 1 / 7)]
    assert data.loss.points == [(1.0, 1 / 3), (2.0, 1 / 5), (3.0, 1 / 7)]
    assert data.losses["val_loss"].points == [(1.0, 0.5), (2.0, pytest.approx(0.6)), (3.0, pytest.approx(0.7))]
    assert data.scores["auc"].points == [(1.0, 0.5), (2.0, 0.9), (3.0, 0.7)]
    assert [rate for _, rate in data.rate.points] == [0.001] * 6
    assert data.best == 2


def test_what_is_told_again_after_a_kill_replaces_what_was_told_before():
    whole = heard(training("s", epochs=4))
    again = heard(training("s", epochs=3), training("s", epochs=4, first=2))
    assert again == whole


def test_events_without_a_place_or_a_loss_are_no_figures():
    data = CurveData()
    assert not data.hear(Progress("s", 1, 2, values={"loss": 0.5}))
    assert not data.hear(Progress("s", 1, 2, "validation", {"epoch": 1, "steps": 2, "step": 2}))
    assert data == CurveData()


def test_a_long_training_keeps_its_shape_with_fewer_points():
    data = CurveData()
    for done in range(1, 10 * MOST + 1):
        data.hear(Progress("s", done, 0, values={"steps": 1, "loss": float(done), "lr": 0.1}))
    places = [place for place, _ in data.steps.points]
    assert MOST / 2 <= len(places) <= MOST
    # 40,000 steps, four halvings: means of 16 neighbours, the first of them of 1 … 16.
    np.testing.assert_allclose(np.diff(places[:-1]), 16.0)
    assert places[0] == 8.5
    assert all(value == pytest.approx(place) for place, value in data.steps.points), "told as the same number"
    assert data.steps.latest == 10 * MOST
