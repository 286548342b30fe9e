"""Versions of a case: in order, in words, each with its mask."""

from __future__ import annotations

import numpy as np
import pytest

from napari_wsss.edit.delta import Delta
from napari_wsss.edit.history import Edit, History
from napari_wsss.errors import InputError
from napari_wsss.store.project import Project
from napari_wsss.store.versions import edits_in_words, mask_of, versions_of


def test_nothing_yet(project: Project) -> None:
    assert versions_of(project, "a") == []
    with pytest.raises(InputError, match="no case"):
        versions_of(project, "z")


def test_all_that_happened_newest_first(project: Project, mask: np.ndarray) -> None:
    edits = [{"edit": "paint", "times": 12, "voxels": 9, "time": "t"}, {"edit": "margin", "voxels": 1, "time": "t"}]
    project.accept("a", mask, {"time": "2020-01-01T00:00:00+00:00", "by": "anna", "edited": False})
    project.accept("a", mask * 0, {"time": "2020-01-02T00:00:00+00:00", "by": "ben", "edits": edits}, [1, 2])
    project.reject("b", "blurred", by="cleo")
    history = History()
    history.do(Edit("paint", Delta.between(mask * 0, mask)))
    journal = project.drafts.new("a", "accepted", {}, "dora")
    journal.begin(mask, history)
    journal.close()
    found = versions_of(project, "a")
    assert [(version.kind, version.number, version.by, version.what) for version in found] == [
        ("draft", 1, "dora", "not accepted: 1 edit"),
        ("accepted", 0, "ben", "slices 1-2: 12 × paint, margin; slices 0, 3: as proposed"),
        ("earlier", 1, "anna", "whole scan: as proposed"),
    ]
    np.testing.assert_array_equal(mask_of(project, "a", found[0]), mask)
    assert mask_of(project, "a", found[1])[1:3].sum() == 0
    np.testing.assert_array_equal(mask_of(project, "a", found[2]), mask)
    (rejection,) = versions_of(project, "b")
    assert (rejection.kind, rejection.by, rejection.what) == ("rejected", "cleo", "rejected: blurred")
    with pytest.raises(InputError, match="there is no mask"):
        mask_of(project, "b", rejection)


def test_damage_hides_no_version(project: Project, mask: np.ndarray) -> None:
    project.accept("a", mask, {"by": "anna"})
    project.accept("a", mask, {"by": "anna"})
    project.accepted_path("a").with_name("a.yaml").write_text("{")
    project.accepted_history("a").provenance_path("1").unlink()
    assert [version.what for version in versions_of(project, "a")] == ["accepted; nothing more is known"] * 2


def test_edits_in_words() -> None:
    assert edits_in_words([]) == ""
    assert edits_in_words([{"edit": "paint"}, {"edit": "fill"}, {"edit": "paint", "times": 3}]) == "4 × paint, fill"
