"""What the reader is told beside the table."""

from types import SimpleNamespace

import pytest

from napari_wsss.session.benchmark.notes import FOLDS, NO_REFERENCE, NOBODY_APART, OWN_SPLIT, notes_on

ROWS = [
    {"recipe": "good", "masks": "proposal", "group": "val patients", "auc": 0.9},
    {"recipe": "weak", "masks": "proposal", "group": "val patients", "auc": 0.61},
    {"recipe": "weak", "masks": "segmenter", "group": "val patients", "auc": None},
    {"recipe": "upside down", "masks": "proposal", "group": "val patients", "auc": 0.0},
    {"recipe": "failed", "masks": "–", "note": "no training patient has a mask"},
]


def project(*references, subset="val"):
    cases = [SimpleNamespace(reference=path, subset=subset) for path in references]
    return SimpleNamespace(cases=dict(enumerate(cases)))


def test_a_classifier_that_guesses_or_worse_is_named_once():
    notes = notes_on(project("a.nii.gz", None), {"rows": ROWS, "folds": None})
    told = [note for note in notes if "hardly knows" in note]
    assert len(told) == 2
    assert told[0].startswith("weak, val patients")
    assert "AUC 0.61" in told[0]
    assert "AUC 0.00" in told[1]
    assert "1 of 2 cases have no reference mask: no score of theirs is known." in notes


def test_without_references_what_nobody_can_know_comes_first():
    notes = notes_on(project(None), {"rows": ROWS, "folds": 3})
    assert notes[0] == NO_REFERENCE
    assert any("hardly knows" in note for note in notes)


def test_each_failure_is_told_once():
    failed = [{**ROWS[0], "note": "the disk is full"}, {**ROWS[1], "note": "the disk is full"}, {**ROWS[0], "note": ""}]
    notes = notes_on(project("a.nii.gz"), {"rows": failed, "folds": None})
    assert notes.count("the disk is full") == 1
    assert "" not in notes


@pytest.mark.parametrize(
    ("folds", "subset", "told"),
    [(None, "val", {OWN_SPLIT}), (None, "test", set()), (None, "train", {NOBODY_APART}), (3, "train", {FOLDS})],
)
def test_what_is_said_of_the_split_fits_it(folds, subset, told):
    notes = notes_on(project("a.nii.gz", subset=subset), {"rows": ROWS, "folds": folds})
    assert {OWN_SPLIT, NOBODY_APART, FOLDS} & {*notes} == told
