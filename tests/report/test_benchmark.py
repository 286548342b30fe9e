"""The tables of a benchmark as people read them."""

from napari_wsss.report.benchmark import as_page, as_pages_of_text, benchmark_tables, plain_rows
from napari_wsss.report.html import render_report

SCORED = {
    "recipe": "mixed-unet",
    "masks": "proposal",
    "group": "val patients",
    "shown": 12,
    "patients": 11,
    "dice": 0.5,
    "dice_median": 0.625,
    "dice_low": 0.25,
    "dice_high": 0.75,
    "patients_without_lesion": 1,
    "false_alarms": 1,
    "own_metric": "mean_iou",
    "own": 0.75,
    "minutes": 12.5,
    "note": "",
}
FAILED = {"recipe": "resnet-lstm", "masks": "–", "minutes": None, "note": "slices: a volume is needed."}
DIFFERENCE = {
    "recipe": "resnet-lstm",
    "against": "mixed-unet",
    "masks": "proposal",
    "group": "val patients",
    "compared": 11,
    "first": 0.5,
    "second": 0.25,
    "difference": -0.25,
    "low": -0.5,
    "high": -0.125,
    "p": 0.03125,
}
TABLES = {
    "recipes": ["mixed-unet", "resnet-lstm"],
    "folds": None,
    "minutes": 30.0,
    "rows": [SCORED, FAILED],
    "differences": [DIFFERENCE],
    "accepted": {"rows": [{"accepted": 3, "proposal": 0.625}], "notes": ["Minutes are an assumption."]},
    "notes": ["What to know."],
}


def test_all_tables_as_one_text():
    text = as_pages_of_text("heads", TABLES)
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "# heads: benchmark",
        "## Benchmark",
        "## Benchmark: where something is marked",
        "## Benchmark: differences in Dice",
        "## Benchmark: a few accepted masks",
        "## Notes",
    ]
    assert "A proposal is given the image-level labels" in text
    assert "0.250 … 0.750" in text
    assert "| mIoU 0.750 |" in text
    assert "| 1 of 1 |" in text
    assert "−0.500 … −0.125 | 0.0312 |" in text
    assert "a volume is needed." in text
    assert text.endswith("- What to know.\n")


def test_without_references_the_table_says_what_can_be_known():
    marked = {"recipe": "r", "masks": "proposal", "group": "val patients", "shown": 3, "dice": None, "auc": 0.75}
    tables = benchmark_tables({**TABLES, "rows": [marked], "differences": [], "accepted": None})
    assert list(tables) == ["Benchmark"]
    assert "dice" not in tables["Benchmark"].shown
    assert "auc" in tables["Benchmark"].shown


def test_the_page_is_whole():
    page = render_report(as_page("heads", TABLES, ()))
    assert "heads: benchmark" in page
    assert "30 min a run" in page
    parts = [page.index(text) for text in ("a segmenter, the scan alone", "differences in Dice", "What to know.")]
    assert parts == sorted(parts), "tables before notes"


def test_a_spreadsheet_has_the_same_columns_in_every_row():
    rows = plain_rows([{"a": 1}, {"b": 2}])
    assert rows == [{"a": 1, "b": None}, {"a": None, "b": 2}]
