"""Who accepted which slices: every part that stands keeps how it was made."""

from __future__ import annotations

import numpy as np
import pytest

from napari_wsss.data.cohort import Case
from napari_wsss.store.acceptance import numbers, parts, spans
from napari_wsss.store.accepted import AcceptedShelf
from napari_wsss.store.project import Project


@pytest.mark.parametrize(
    ("slices", "text"), [([], ""), ([3], "3"), ([0, 1, 2, 7], "0-2, 7"), ([5, 4, 4, 9, 10], "4-5, 9-10")]
)
def test_slices_in_words_and_back(slices: list[int], text: str) -> None:
    assert spans(slices) == text
    assert numbers(text) == sorted(set(slices))


def told(project: Project) -> list[tuple[list[int], str, str]]:
    facts = project.accepted_provenance("a")
    return [(part["slices"], part["by"], part["edits"][0]["edit"]) for part in parts(facts, 4)]


def facts(by: str, edit: str) -> dict[str, object]:
    return {"by": by, "time": by, "recipe": "r", "edited": True, "edits": [{"edit": edit, "voxels": 1, "time": "t"}]}


def test_parts_give_way_slice_by_slice(project: Project, mask: np.ndarray) -> None:
    project.accept("a", mask, facts("anna", "paint"), [0, 1, 2])
    assert told(project) == [([0, 1, 2], "anna", "paint")]
    project.accept("a", mask, facts("ben", "fill"), [2, 3])
    assert told(project) == [([2, 3], "ben", "fill"), ([0, 1], "anna", "paint")]
    project.accept("a", mask, facts("cleo", "erase"), [0])
    assert told(project) == [([0], "cleo", "erase"), ([2, 3], "ben", "fill"), ([1], "anna", "paint")]
    project.accept("a", mask, facts("anna", "margin"), [0, 1, 2, 3])
    assert told(project) == [([0, 1, 2, 3], "anna", "margin")]
    project.accept("a", mask, facts("ben", "fill"), [1])
    project.accept("a", mask, facts("dora", "holes"))
    assert told(project) == [([0, 1, 2, 3], "dora", "holes")]
    past = project.accepted_history("a")
    assert [entry["by"] for entry in parts(past.provenance("2"), 4)] == ["ben", "anna"]


def test_what_an_earlier_version_of_the_program_kept_is_one_part(cohort: list[Case], project: Project) -> None:
    shelf = AcceptedShelf(project.folder / "accepted")
    shelf.write(cohort[0], np.zeros((4, 5, 6), np.uint8), {"recipe": "old", "accepted_slices": [1, 2], "time": "t"})
    assert parts(shelf.provenance("a"), 4) == [{"slices": [1, 2], "time": "t", "recipe": "old"}]
    project.accept("a", np.ones((4, 5, 6), np.uint8), facts("anna", "paint"), [2])
    kept = parts(project.accepted_provenance("a"), 4)
    assert [part["slices"] for part in kept] == [[2], [1]]
    assert kept[1]["recipe"] == "old"
    assert parts({}, 4) == []
    assert parts({"recipe": "by hand"}, 3) == [{"slices": [0, 1, 2], "recipe": "by hand"}]
