"""Pictures on the page of a benchmark."""

from types import SimpleNamespace

import numpy as np

from napari_wsss.report.content import ReportContent, Table
from napari_wsss.report.pictures import picture_case, side_by_side
from napari_wsss.session.benchmark.report import _named, _pictures

SCAN = np.random.default_rng(0).random((8, 8)).astype(np.float32)
NAMES = SimpleNamespace(case=lambda case_id: case_id)


def test_a_picture_comes_apart_as_it_was_put_together(tmp_path):
    mask = (SCAN > 0.5).astype(np.uint8)
    drawn = picture_case("a", SCAN, masks={"Mask": mask})
    with_reference = picture_case("a", SCAN, reference=mask)
    project = SimpleNamespace(
        folder=tmp_path, case=lambda _: SimpleNamespace(geometry=SimpleNamespace(shape=(1, 8, 8)))
    )
    # A reference may be drawn where no Dice is known, of a patient without a lesion, and the other way round.
    for dice, picture in ((None, with_reference), (0.5, drawn)):
        (tmp_path / "one.png").write_bytes(side_by_side(picture))
        facts = {"recipe": "r", "masks": "proposal", "group": "val patients", "place": "best", "case": "a", "slice": 0}
        made = [facts | {"dice": dice, "file": "one.png", "panels": [*picture.panels]}]
        (shown,) = _pictures(project, made, NAMES)
        assert list(shown.panels) == list(picture.panels)
        assert shown.reference == ("Reference" in picture.panels)


def test_no_patient_is_named_in_notes_and_tables():
    names = SimpleNamespace(text=lambda words: words.replace("Smith", "P1"))
    row = {"note": "the mask of Smith is gone", "dice": 0.5, "interval": None}
    page = ReportContent("heads", tables={"Benchmark": Table([row], "Without Smith.")}, notes=["Smith is left out."])
    named = _named(page, names)
    assert named.notes == ["P1 is left out."]
    assert named.tables == {
        "Benchmark": Table([{"note": "the mask of P1 is gone", "dice": 0.5, "interval": None}], "Without P1.")
    }
