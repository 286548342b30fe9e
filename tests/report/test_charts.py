from __future__ import annotations

import math

from napari_wsss.report import charts

HISTORY = [
    {"epoch": 1, "loss": 1.0, "val_loss": 0.5, "auc": 0.5, "lr": 1e-3, "seconds": 9.0},
    {"epoch": 2, "loss": 0.5, "val_loss": math.nan, "auc": 0.75, "lr": 5e-4, "seconds": 9.0},
    {"epoch": 3, "loss": 0.0, "val_loss": 0.25, "auc": 1.0, "lr": 0.0, "seconds": 9.0},
]


def test_losses_and_scores_are_drawn_apart_times_and_rates_not_at_all():
    loss, scores = charts.charts(HISTORY)
    assert [line.name for line in loss.lines] == ["loss", "val loss"]
    assert [line.name for line in scores.lines] == ["auc"]


def test_points_by_hand():
    loss, _ = charts.charts(HISTORY)
    middle_x = charts.LEFT + (charts.WIDTH - charts.LEFT - charts.RIGHT) / 2
    middle_y = charts.HEIGHT - charts.BOTTOM - (charts.HEIGHT - charts.TOP - charts.BOTTOM) / 2
    assert loss.lines[0].points == (
        f"{charts.LEFT:.1f},{charts.TOP:.1f} {middle_x:.1f},{middle_y:.1f} "
        f"{charts.WIDTH - charts.RIGHT:.1f},{charts.HEIGHT - charts.BOTTOM:.1f}"
    )
    assert loss.lines[0].last == "0"


def test_values_that_are_not_finite_are_skipped():
    loss, _ = charts.charts(HISTORY)
    assert len(loss.lines[1].points.split()) == 2
    assert loss.lines[1].last == "0.25"


def test_ticks_are_whole_epochs_inside_the_drawing():
    loss, _ = charts.charts(HISTORY)
    assert [text for _, text in loss.x_ticks] == ["1", "2", "3"]
    assert all(charts.TOP <= y <= charts.HEIGHT - charts.BOTTOM for y, _ in loss.y_ticks)


def test_one_epoch_is_a_dot_and_none_is_nothing():
    (chart,) = charts.charts([{"loss": 0.3}])
    first, second = chart.lines[0].points.split()
    assert first == second
    assert charts.charts([]) == []
