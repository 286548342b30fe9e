"""What leaves a project bears pseudonyms, fits the scan and tells how it was made."""

import csv
import re
from types import SimpleNamespace

import nibabel as nib
import numpy as np
import pytest
from leaving import AFFINES, labels_of, write_scan

from napari_wsss.errors import FaultsError, InputError, ProjectError
from napari_wsss.export.formats import FORMATS
from napari_wsss.progress import Note, Progress, drain
from napari_wsss.session import Session
from napari_wsss.session.names import Names
from napari_wsss.session.preferences import Preferences, write_preferences

SECRET = re.compile(rb"miller|jones", re.IGNORECASE)


@pytest.fixture
def session(tmp_path):
    """Three scans of two patients; two are accepted, one of them in part."""
    for number, name in enumerate(("Miller_1", "Miller_2", "Jones_1")):
        write_scan(tmp_path / "in" / f"{name}.nii.gz", AFFINES["oblique"], seed=number)
    made = drain(
        Session.create(
            tmp_path / "project", images=tmp_path / "in", patient_regex=r"^[A-Za-z]+", classes=["bleed", "infarct"]
        )
    )
    how = {
        "recipe": "mixed-unet",
        "step": "crf",
        "key": "0",
        "params": {"crf": {"compat": 3.0}, "classifier": {"weights": "/home/miller/net.pt"}},
        "weights": {"net": "ab"},
    }
    edits = [{"edit": "paint", "voxels": 5, "time": "2026-01-02T10:00:00+00:00"}] * 2
    made.accept("Miller_1", labels_of(), made=how, edits=edits)
    made.accept("Jones_1", labels_of(), [1, 2], made=how)
    yield made
    made.close()
    write_preferences(Preferences())


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def unpacked(path, content):
    import gzip

    return gzip.decompress(content) if path.suffix == ".gz" else content


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "dicom-seg"])
def test_nothing_that_leaves_names_a_patient(session, tmp_path, name):
    events = []
    written = drain(session.export(tmp_path / "out", format=name), events.append)
    assert written
    found = contents(tmp_path / "out")
    assert not [path for path in found if SECRET.search(str(path.relative_to(tmp_path)).encode())]
    assert not [path for path, content in found.items() if SECRET.search(unpacked(path, content))]
    told = [event.message for event in events if isinstance(event, Progress)]
    assert not SECRET.search(" ".join(told).encode())
    notes = [event.text for event in events if isinstance(event, Note)]
    assert any("accepted in part" in text for text in notes)
    assert "Not for diagnosis" in notes[-1]


def test_pseudonyms_stay_the_same_and_are_in_the_key(session, tmp_path):
    key = session.write_key()
    assert key.parent == session.project.folder
    with key.open(encoding="utf-8") as file:
        rows = {row["case"]: row for row in csv.DictReader(file)}
    assert set(rows) == {"Miller_1", "Miller_2", "Jones_1"}
    drain(session.export(tmp_path / "out", format="nifti"))
    again = nib.load(tmp_path / "out" / f"{rows['Miller_1']['pseudonym']}.nii.gz")
    np.testing.assert_array_equal(np.asarray(again.dataobj).T, labels_of())


def test_names_by_word_or_by_preference(session, tmp_path):
    drain(session.export(tmp_path / "out", names=True))
    assert (tmp_path / "out" / "Miller_1.nii.gz").is_file()
    write_preferences(Preferences(pseudonyms=False))
    assert {path.name for path in drain(session.export(tmp_path / "more"))} == {"Miller_1.nii.gz", "Jones_1.nii.gz"}


def test_one_case_and_a_case_without_a_mask(session, tmp_path):
    assert len(drain(session.export(tmp_path / "out", cases=["Jones_1"]))) == 1
    with pytest.raises(InputError, match="nothing to export"):
        drain(session.export(tmp_path / "out", cases=["Miller_2"]))
    with pytest.raises(InputError, match=r"no export format 'nifty'\. Did you mean 'nifti'"):
        drain(session.export(tmp_path / "out", format="nifty"))
    with pytest.raises(InputError, match="no kind of mask here"):
        drain(session.export(tmp_path / "out", what="guesses"))


def test_faults_are_told_together_and_the_others_are_written(session, tmp_path):
    (tmp_path / "in" / "Jones_1.nii.gz").unlink()
    with pytest.raises(FaultsError, match=r"1 of 2 masks written: 1 fault") as caught:
        drain(session.export(tmp_path / "out", format="nnunet"))
    assert "Jones_1" in caught.value.faults[0]
    assert (
        len(list((tmp_path / "out" / "labelsTr").glob("*") if (tmp_path / "out" / "labelsTr").is_dir() else [1])) == 1
    )


def test_the_project_itself_is_no_place_for_an_export(session):
    for folder in (
        session.project.folder,
        session.project.folder / "accepted",
        session.project.folder / "models" / "x",
    ):
        with pytest.raises(InputError, match="holds the project itself"):
            drain(session.export(folder))
    assert drain(session.export(session.project.folder / "exports"))


def test_statistics_of_all_accepted_cases(session):
    rows = drain(session.statistics())
    whole = [row for row in rows if row["lesion"] == "all"]
    assert len(whole) == 4
    first = session.project.pseudonym("Miller_1")
    (bleed,) = [row for row in whole if (row["case"], row["class"]) == (first, "bleed")]
    assert bleed["voxels"] == (labels_of() == 1).sum()
    assert "mean:image" in bleed
    assert drain(session.statistics(names=True))[0]["case"] == "Jones_1"
    with pytest.raises(InputError, match="nothing to measure"):
        drain(session.statistics(what="predictions"))


def test_statistics_without_the_scan_leave_out_grey_values(session, tmp_path):
    (tmp_path / "in" / "Jones_1.nii.gz").unlink()
    notes = []
    rows = drain(session.statistics(cases=["Jones_1"]), notes.append)
    assert rows[0]["voxels"] > 0
    assert "mean:image" not in rows[0]
    assert any(isinstance(note, Note) and "No grey values" in note.text for note in notes)


def test_the_report_shows_every_accepted_case_and_how_it_was_made(session, tmp_path):
    path = drain(session.report_accepted(tmp_path / "page.html"))
    page = path.read_text(encoding="utf-8")
    assert not SECRET.search(page.encode())
    assert page.count('<figure class="case">') == 2
    for words in ("Not for diagnosis", "mixed-unet", "paint ×2", "2 of 6 slices accepted", "net ab", "compat: 3.0"):
        assert words in page
    assert session.project.pseudonym("Miller_1") in page
    assert f"accepted by {Preferences().signature}" in page


def test_the_report_by_name_and_of_one_case(session):
    path = drain(session.report_accepted(cases=["Jones_1"], names=True))
    assert path == session.project.folder / "accepted.html"
    page = path.read_text(encoding="utf-8")
    assert "Jones_1, slice" in page
    assert "Miller" not in page
    with pytest.raises(InputError, match="none of 1 cases is accepted"):
        drain(session.report_accepted(cases=["Miller_2"]))


def test_a_case_that_cannot_be_read_is_named_in_the_report(session, tmp_path):
    (tmp_path / "in" / "Jones_1.nii.gz").unlink()
    page = drain(session.report_accepted(tmp_path / "page.html")).read_text(encoding="utf-8")
    assert page.count('<figure class="case">') == 1
    assert f"{session.project.pseudonym('Jones_1')} is missing" in page
    assert not SECRET.search(page.encode())
    assert str(tmp_path) not in page, "folders name people too"


def test_a_project_for_reading_can_be_exported_but_gets_no_key(session, tmp_path):
    with Session.open(session.project.folder, read_only=True) as second:
        assert drain(second.export(tmp_path / "out"))
        with pytest.raises(ProjectError):
            second.write_key()


def test_names_in_texts():
    cases = {
        name: SimpleNamespace(id=name, patient=patient) for name, patient in (("p12", "p12"), ("p1", "p1"), ("7", "7"))
    }
    order = {"p12": "S002-1", "p1": "S001-1", "7": "S003-1"}
    project = SimpleNamespace(cases=cases, case=cases.__getitem__, pseudonym=order.__getitem__)
    names = Names(project, shown=False)
    assert names.text("p12: slice 7 of p12.nii.gz") == "S002-1: slice 7 of S002-1.nii.gz"
    assert names.text("7") == "S003-1"
    assert names.text("p123 and xp12") == "p123 and xp12"
    assert Names(project, shown=True).text("p12") == "p12"
