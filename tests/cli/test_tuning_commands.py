"""Threshold search and calibration from the command line."""

import json

import pytest

from napari_wsss.cli import main

AXES = [
    {"step": "a", "knob": "value", "values": [0.0, 0.5], "now": 0.35},
    {"step": "b", "knob": "value", "values": [0.0, 1.0], "now": 0.35},
]
ONE = {"settings": {"a.value": 0.5}, "dice": 0.5, "miou": 0.75}
TABLE = {
    "at": "a",
    "text": "searched with 2 accepted masks of 2 patients",
    "axes": AXES[:1],
    "dice": [0.25, 0.5],
    "miou": [0.5, 0.75],
    "best": {"index": [1], **ONE},
    "best_miou": {"index": [1], **ONE},
    "now": {"settings": {"a.value": 0.35}, "dice": 0.4, "miou": 0.6},
    "fixed": {"settings": {"a.value": 0.7}, "dice": 0.3, "miou": 0.55},
}
OUTCOME = {
    "rows": [{"case": "a1", "patient": "a", "slices": 12, "before": 0.25, "after": 0.75, "unseen": 0.5}],
    "before": {"dice": 0.25},
    "after": {"dice": 0.75},
    "unseen": {"dice": 0.5},
    "present": {"a.value": 0.35, "kernel.srgb": [10.0], "join.rule": "and"},
    "found": {"a.value": 0.6, "kernel.srgb": [25.0], "join.rule": "or"},
    "settings": {"a.value": 0.6, "kernel.srgb": [25.0], "join.rule": "or"},
    "reason": "It holds.",
    "text": "calibrated with 1 accepted mask of 1 patient",
    "finished": True,
}


def asked(session, name):
    return [call[1:] for call in session.calls if call[0] == name]


def test_search_of_one_threshold(session, capsys):
    session.table = TABLE
    assert main(["search-thresholds", "p"]) == 0
    assert asked(session, "search") == [("accepted", None, 0.1)]
    assert asked(session, "apply") == []
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "a    Dice   mIoU",
        "0    0.250  0.500  ##########",
        "0.5  0.500  0.750  ####################",
    ]
    assert "set now    0.35     0.400  0.600" in lines
    assert lines[-2:] == [TABLE["text"], "Apply it with: napari-wsss propose p --set a.value=0.5"]


def test_search_of_two_thresholds_is_a_heat_map_in_figures(session, capsys):
    best = {"settings": {"a.value": 0.5, "b.value": 1.0}, "dice": 0.4, "miou": 0.7}
    session.table = TABLE | {"axes": AXES, "dice": [[0.1, 0.2], [0.3, 0.4]], "best": {"index": [1, 1], **best}}
    session.table |= {"best_miou": best, "now": best, "fixed": best, "at": "join"}
    assert main(["search-thresholds", "p", "--masks", "reference", "--at", "join", "--step", "0.5", "--apply"]) == 0
    assert asked(session, "search") == [("reference", "join", 0.5)]
    assert asked(session, "apply") == [({"a.value": 0.5, "b.value": 1.0},)]
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        "Dice at 'join': rows a, columns b",
        "     0     1",
        "0    0.10  0.20",
        "0.5  0.30  0.40",
    ]
    assert lines[-1] == "Set: a.value=0.5 b.value=1.0. Make the masks with: napari-wsss propose p"


@pytest.mark.parametrize(("command", "result"), [("search-thresholds", TABLE), ("calibrate", OUTCOME)])
def test_as_json(session, capsys, command, result):
    session.table = session.outcome = result
    assert main([command, "p", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == result


def test_calibrate_tells_before_and_after_and_what_to_do(session, capsys):
    session.outcome = OUTCOME
    assert main(["calibrate", "p", "--knobs", "a.value", "kernel.srgb", "--minutes", "2"]) == 0
    assert asked(session, "calibrate") == [("accepted", ("a.value", "kernel.srgb"), 2.0)]
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "case  slices  before  after  chosen without it",
        "a1    12      0.250   0.750  0.500",
        "mean          0.250   0.750  0.500",
    ]
    assert "kernel.srgb  [10.0]  [25.0]" in lines
    assert "join.rule    and     or" in lines
    assert lines[-2] == "It holds. (calibrated with 1 accepted mask of 1 patient)"
    assert lines[-1] == ("Apply it with: napari-wsss propose p --set a.value=0.6 kernel.srgb=[25.0] join.rule=or")


def test_calibrate_that_finds_nothing_to_recommend_changes_nothing(session, capsys):
    row = {**OUTCOME["rows"][0], "unseen": None}
    session.outcome = OUTCOME | {"settings": {}, "unseen": None, "rows": [row], "finished": False}
    assert main(["calibrate", "p", "--apply"]) == 0
    assert asked(session, "calibrate") == [("accepted", None, 5.0)]
    assert asked(session, "apply") == [({},)]
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "mean          0.250   0.750  –"
    assert lines[-1] == "The time was over before the search was; --minutes gives it more."
