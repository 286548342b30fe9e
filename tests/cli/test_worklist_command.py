"""The command that lists the cases."""

import json

from napari_wsss.cli import main


def test_the_worklist_is_a_table_with_a_count(session, capsys):
    assert main(["worklist", "p", "--order", "random", "--seed", "3"]) == 0
    assert ("worklist", "random", 3) in session.calls
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "case", "set", "state", "labels", "mask", "dice", "ml", "uncertainty", "disagreement", "gain",
    ]  # fmt: skip
    assert lines[1].split() == ["a1", "train", "accepted", "lesion", "accepted", "0.500", "12.3", "0.0200", "0.100"]
    assert lines[2].split() == ["b1", "val", "in", "progress"]
    assert lines[3] == "1 of 2 accepted, 1 in progress."


def test_as_json_every_figure_is_there(session, capsys):
    assert main(["worklist", "p", "--json"]) == 0
    assert ("worklist", "list", 0) in session.calls
    first, second = json.loads(capsys.readouterr().out)
    assert first["masks"]["volume_ml"] == 12.34
    assert first["evidence"]["uncertainty"] == 0.02
    assert (second["case_id"], second["gain"]) == ("b1", None)


def test_an_unknown_order_is_refused(capsys):
    assert main(["worklist", "p", "--order", "best"]) == 2
    assert "uncertainty" in capsys.readouterr().err
