from __future__ import annotations

import csv
import io

from napari_wsss.report.content import Table, mask_tables
from napari_wsss.report.tables import as_csv, as_markdown, as_text

TABLE = Table(
    [{"mask": "refined", "dice": 0.5, "patients": 12}, {"mask": "a|b", "dice": None, "patients": 3}], "What it says."
)


def test_text_is_aligned():
    assert as_text(TABLE) == ("Mask      Dice  Patients\nrefined  0.500        12\na|b          –         3\n")


def test_markdown():
    assert as_markdown(TABLE).splitlines() == [
        "| Mask | Dice | Patients |",
        "| --- | ---: | ---: |",
        "| refined | 0.500 | 12 |",
        "| a\\|b | – | 3 |",
        "",
        "What it says.",
    ]


def test_csv_keeps_every_digit_and_leaves_undefined_empty():
    table = Table([{"mask": "m", "dice": 0.123456789012345}, {"mask": "n", "dice": None}])
    assert list(csv.DictReader(io.StringIO(as_csv(table)))) == [
        {"mask": "m", "dice": "0.123456789012345"},
        {"mask": "n", "dice": ""},
    ]


def test_columns_can_be_chosen_and_absent_ones_fall_out():
    table = Table(TABLE.rows, columns=("patients", "mask", "auc"))
    assert table.shown == ("patients", "mask")
    assert as_csv(table).splitlines()[0] == "patients,mask"


def test_a_table_without_rows_is_empty_but_no_error():
    empty = Table([])
    assert as_text(empty) == as_csv(empty) == "\n"


def test_mask_tables_show_the_class_only_where_there_are_several():
    rows = [{"mask": "refined", "class": name, "dice": 0.5, "patients": 2} for name in ("infarct", "bleed")]
    assert [table.shown for table in mask_tables(rows[:1]).values()] == [("mask", "dice"), ("mask", "patients")]
    first, _ = mask_tables(rows, "Test set").items()
    assert first[0] == "Test set"
    assert first[1].shown == ("mask", "class", "dice")
    assert "both empty" in first[1].caption
