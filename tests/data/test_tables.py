"""CSV tables: header, rows, the scan a cell means, faults by row."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_wsss.data.tables import RowFaults, ScanNames, read_table
from napari_wsss.errors import FaultsError, InputError


def test_rows_keep_the_number_a_spreadsheet_shows(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('IMAGE,Lesion\na,1\n\n"b, left",0\n')
    table = read_table(tmp_path / "t.csv")
    assert table.header == ("image", "Lesion")
    assert table.rows == ((2, ("a", "1")), (4, ("b, left", "0")))
    assert table.column("Lesion") == 1
    assert table.column("lesion") is None


def test_a_file_name_wins_over_nothing_but_the_id() -> None:
    names = ScanNames(["a", "b"], {"x.nii": "a", "b": "a"})
    assert names.find("b") == "b"
    assert names.find("x.nii") == "a"
    assert names.find("deep/in/x.nii") == "a"
    assert names.find("x") is None
    assert names.find("") is None
    assert names.unknown("") == "column 'image' is empty"


def test_faults_are_ordered_by_row_and_joined() -> None:
    faults = RowFaults()
    for row in (9, 4, 5, 6, 4):
        faults.add(row, "odd")
    faults.add(2, "bad")
    assert faults.lines() == ["row 2: bad", "rows 4-6, 9: odd"]
    with pytest.raises(FaultsError, match="2 faults"):
        faults.check("t.csv")


def test_no_fault_raises_nothing() -> None:
    RowFaults().check("t.csv")


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_table(tmp_path)
