"""Commands that hand results out."""

import csv
import json
from pathlib import Path
from typing import get_args

from napari_wsss.cli import main
from napari_wsss.cli.export_commands import FormatName
from napari_wsss.export.formats import FORMATS


def asked(session, name):
    return [call[1:] for call in session.calls if call[0] == name]


def test_every_format_can_be_asked_for():
    assert get_args(FormatName) == tuple(FORMATS)


def test_export_as_asked(session, capsys):
    words = ["export", "p", "out", "--what", "predictions", "--cases", "a1", "--format", "bids", "--json"]
    assert main(words) == 0
    wanted = {"what": "predictions", "cases": ("a1",), "format": "bids", "names": None, "overwrite": False}
    assert asked(session, "export") == [(Path("out"), wanted)]
    assert json.loads(capsys.readouterr().out) == [str(Path("out") / "S001-1.nii.gz")]


def test_export_without_words(session, capsys):
    assert main(["export", "p", "out"]) == 0
    wanted = {"what": "accepted", "cases": None, "format": "native", "names": None, "overwrite": False}
    assert asked(session, "export") == [(Path("out"), wanted)]
    assert capsys.readouterr().out == "1 file written to out.\n"


def test_names_and_overwriting_are_asked_for(session):
    assert main(["export", "p", "out", "--names", "--overwrite"]) == 0
    ((_, wanted),) = asked(session, "export")
    assert (wanted["names"], wanted["overwrite"]) == (True, True)


def test_statistics_as_table_csv_and_json(session, capsys, tmp_path):
    assert main(["statistics", "p"]) == 0
    table = capsys.readouterr().out
    assert table.splitlines()[0].split() == ["Case", "Class", "Lesion", "Voxels", "ml", "Mean", "T2"]
    assert "1.235" in table
    assert "Not for diagnosis" in table
    file = tmp_path / "numbers.csv"
    assert main(["statistics", "p", "--csv", str(file), "--what", "proposals"]) == 0
    assert "1 rows written" in capsys.readouterr().out
    (row,) = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    assert (row["ml"], row["mean:T2"]) == ("1.234567", "3.5")
    assert main(["statistics", "p", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["voxels"] == 1234
    assert [wanted["what"] for (wanted,) in asked(session, "statistics")] == ["accepted", "proposals", "accepted"]


def test_report_and_key(session, capsys):
    assert main(["report", "p", "--out", "page.html", "--names"]) == 0
    assert asked(session, "report accepted") == [(Path("page.html"), {"cases": None, "names": True})]
    assert main(["report", "p"]) == 0
    assert main(["pseudonyms", "p"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out == [
        "report: page.html",
        f"report: {Path('p') / 'accepted.html'}",
        f"key: {Path('p') / 'pseudonyms.csv'}",
    ]


def test_a_log_file_calls_cases_by_their_pseudonyms(session, capsys):
    session.failure = ValueError("patient-a/a1.nii.gz is torn")
    assert main(["export", "p", "out"]) == 1
    assert "patient-a" not in capsys.readouterr().err
    assert main(["export", "p", "out", "--names"]) == 1
    assert "patient-a/a1.nii.gz is torn" in capsys.readouterr().err


def test_on_a_terminal_cases_bear_their_names(session, capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    session.failure = ValueError("patient-a is torn")
    assert main(["export", "p", "out"]) == 1
    assert "patient-a is torn" in capsys.readouterr().err
