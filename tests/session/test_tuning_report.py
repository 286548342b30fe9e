"""The report of a project that was searched and calibrated."""

import json
from types import SimpleNamespace

import pytest

from napari_wsss.recipes import recipe_named
from napari_wsss.report.content import ReportContent
from napari_wsss.report.html import render_report
from napari_wsss.session.tuning_report import calibration_table, chosen_with, heat_maps

SCORE = {"dice": 0.25, "miou": 0.5}
SEARCH = {
    "at": "refined",
    "text": "searched with 2 reference masks of 2 patients",
    "axes": [{"step": "refined", "knob": "value", "values": [0.0, 0.5, 1.0], "now": 0.35}],
    "dice": [0.1, 0.4, 0.2],
    "best": {"index": [1], "settings": {"refined.value": 0.5}, **SCORE},
    "now": SCORE,
    "fixed": SCORE,
}
CALIBRATION = {
    "text": "calibrated with 2 accepted masks of 2 patients",
    "reason": "It holds.",
    "settings": {"refined.value": 0.6, "crf.compat": 2.0},
    "found": {"refined.value": 0.6, "crf.compat": 2.0},
    "rows": [{"case": "a", "patient": "p", "slices": 3, "before": 0.5, "after": 0.75, "unseen": None}],
}


NAMES = SimpleNamespace(text={"a": "S001-1"}.get)


@pytest.fixture
def project(tmp_path):
    return SimpleNamespace(metrics_folder=tmp_path)


def keep(project, name, data):
    (project.metrics_folder / name).write_text(json.dumps(data), encoding="utf-8")


def test_without_a_search_there_is_nothing_to_show(project):
    assert heat_maps(project) == {}
    assert calibration_table(project, NAMES) == {}
    assert chosen_with(project, recipe_named("mixed-unet")) == []


def test_one_threshold_is_a_row_and_two_are_a_square(project):
    keep(project, "threshold-search.json", SEARCH)
    (one,) = heat_maps(project).values()
    assert (one.scores, one.columns, one.best) == ([[0.1, 0.4, 0.2]], ["0", "0.5", "1"], (0, 1))
    assert [one.shade(score) for score in one.scores[0]] == [0, 100, 33]
    second = {"step": "other", "knob": "value", "values": [0.0, 1.0], "now": 0.5}
    dice, miou = [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], [[0.9, 0.8], [0.7, 0.6], [0.5, 0.4]]
    square = {"axes": [*SEARCH["axes"], second], "dice": dice, "miou": miou}
    best = {"best": {**SEARCH["best"], "index": [2, 1]}, "best_miou": {**SEARCH["best"], "index": [0, 0]}}
    keep(project, "threshold-search.json", {**SEARCH, **square, **best})
    two, other = heat_maps(project).values()
    assert (two.scores, two.rows, two.columns, two.best) == (dice, ["0", "0.5", "1"], ["0", "1"], (2, 1))
    assert (two.row_title, two.column_title) == ("refined", "other")
    assert (other.scores, other.best) == (miou, (0, 0))
    assert "Dice" in two.caption
    assert "fixed at 0.7: 0.250" in two.caption
    assert "mIoU" in other.caption
    assert "fixed at 0.7: 0.500" in other.caption


def test_the_page_shows_scores_the_best_cell_and_the_calibration(project):
    keep(project, "threshold-search.json", SEARCH)
    keep(project, "calibration.json", CALIBRATION)
    page = render_report(ReportContent("x", heat_maps=heat_maps(project), tables=calibration_table(project, NAMES)))
    assert '<td style="--shade: 100%" class="best">0.40</td>' in page
    assert page.count('class="best"') == 1
    assert "searched with 2 reference masks of 2 patients" in page
    assert "found: refined.value 0.6, crf.compat 2.0. It holds." in page
    assert "0.750" in page


def test_settings_in_use_that_were_chosen_by_masks_are_named(project):
    keep(project, "threshold-search.json", SEARCH)
    keep(project, "calibration.json", CALIBRATION)
    recipe = recipe_named("mixed-unet")
    assert chosen_with(project, recipe) == []
    assert chosen_with(project, recipe.with_knobs("refined", value=0.5)) == [
        "The thresholds in use were searched with 2 reference masks of 2 patients."
    ]
    calibrated = recipe.with_knobs("refined", value=0.6).with_knobs("crf", compat=2.0)
    assert chosen_with(project, calibrated) == [
        "Settings in use (refined.value, crf.compat) were calibrated with 2 accepted masks of 2 patients."
    ]
    keep(project, "calibration.json", {**CALIBRATION, "settings": {}})
    assert chosen_with(project, calibrated) == []


def test_settings_with_one_number_a_channel_are_recognised_and_those_of_knobs_that_are_gone_pass(project):
    keep(project, "calibration.json", {**CALIBRATION, "settings": {"kernel.srgb": [20.0], "refined.value": 0.6}})
    recipe = recipe_named("mixed-unet").with_knobs("refined", value=0.6)
    assert chosen_with(project, recipe) == []
    assert chosen_with(project, recipe.with_knobs("kernel", srgb=20)) == [
        "Settings in use (kernel.srgb, refined.value) were calibrated with 2 accepted masks of 2 patients."
    ]
    keep(project, "calibration.json", {**CALIBRATION, "settings": {"crf.srgb": 20.0}})
    assert chosen_with(project, recipe) == []
