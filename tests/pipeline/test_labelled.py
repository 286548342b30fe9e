"""Which labels can teach, and which can judge."""

from types import SimpleNamespace

import numpy as np
import pytest

from napari_wsss.errors import InputError
from napari_wsss.pipeline.labelled import both_kinds, check_labels, decidable, doubts, ranking


@pytest.mark.parametrize(
    ("rows", "both", "some"),
    [
        ([[1, 0], [0, 1]], True, True),
        ([[1, 0], [0, 0]], False, True),
        ([[1, -1], [-1, 0]], False, False),
        ([[1, 1], [1, 1]], False, False),
    ],
)
def test_kinds_of_labels(rows, both, some):
    labels = np.array(rows, np.int8)
    assert both_kinds(labels) is both
    assert decidable(labels) is some
    monitor, validate, notes = ranking(SimpleNamespace(labels=labels), 4, "cpu")
    assert (monitor, validate is not None, len(notes)) == (("auc", True, 0) if some else ("loss", False, 1))


def test_no_labels_at_all_decide_nothing():
    none = np.zeros((0, 2), np.int8)
    assert not both_kinds(none)
    assert not decidable(none)


def test_the_class_that_cannot_be_learnt_is_named():
    examples = SimpleNamespace(labels=np.array([[1, 1], [0, 1], [-1, -1]], np.int8))
    with pytest.raises(InputError, match="class 'bleed': 2 training volumes with and 0 without it"):
        check_labels(examples, ("tumour", "bleed"), "volumes")


@pytest.mark.parametrize(
    ("best", "monitor", "warned"),
    [(0.6, "auc", True), (0.75, "auc", False), (0.1, "loss", False), (float("nan"), "auc", False)],
)
def test_a_classifier_that_guesses_is_doubted(best, monitor, warned):
    notes = doubts(best, monitor, 40)
    assert [note.level for note in notes] == ["warning"] * warned
    assert all("which of 40 examples" in note.text and "0.60" in note.text for note in notes)
