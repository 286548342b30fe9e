"""Accepted masks: whole, by slices, with history."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from napari_wsss.data.cohort import Case
from napari_wsss.errors import InputError, ProjectError
from napari_wsss.store.accepted import AcceptedShelf

FAILURES = [
    (name, code, nth) for name, code in (("replace", 13), ("mkstemp", 28), ("mkstemp", 30)) for nth in range(1, 5)
]


@pytest.fixture
def shelf(tmp_path: Path) -> AcceptedShelf:
    return AcceptedShelf(tmp_path / "project" / "accepted")


def full(value: int) -> np.ndarray:
    return np.full((4, 5, 6), value, np.uint8)


def per_slice(shelf: AcceptedShelf) -> list[int]:
    mask = shelf.read("a")
    assert mask is not None
    assert all((plane == plane.flat[0]).all() for plane in mask)
    return mask[:, 0, 0].tolist()


def test_whole(shelf: AcceptedShelf, cohort: list[Case]) -> None:
    assert shelf.slices("a", 4).tolist() == [False] * 4
    shelf.accept(cohort[0], full(1), {"recipe": "r", "edited": True})
    assert shelf.slices("a", 4).tolist() == [True] * 4
    facts = shelf.provenance("a")
    assert (facts["recipe"], facts["edited"], facts["accepted_slices"]) == ("r", True, [0, 1, 2, 3])
    assert facts["earlier_version"] is None


def test_slice_by_slice(shelf: AcceptedShelf, cohort: list[Case]) -> None:
    shelf.accept(cohort[0], full(1), {}, slices=[1])
    assert per_slice(shelf) == [0, 1, 0, 0]
    assert shelf.slices("a", 4).tolist() == [False, True, False, False]
    shelf.accept(cohort[0], full(2), {}, slices=[3, 3])
    assert per_slice(shelf) == [0, 1, 0, 2]
    assert shelf.provenance("a")["accepted_slices"] == [1, 3]
    shelf.accept(cohort[0], full(0), {}, slices=[1])
    assert per_slice(shelf) == [0, 0, 0, 2]
    assert shelf.slices("a", 4).tolist() == [False, True, False, True]
    shelf.accept(cohort[0], full(1), {})
    assert per_slice(shelf) == [1, 1, 1, 1]
    assert shelf.slices("a", 4).all()


def test_killed_half_way_the_first_slices_are_never_taken_for_the_whole(
    shelf: AcceptedShelf, cohort: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    put, there = os.replace, []

    def killed(source: str, target: str) -> None:
        if there:
            raise KeyboardInterrupt  # neither caught nor mended
        there.append(target)
        put(source, target)

    monkeypatch.setattr("pathlib.Path.replace", killed)
    with pytest.raises(KeyboardInterrupt):
        shelf.accept(cohort[0], full(1), {}, slices=[1])
    assert len(there) == 1
    assert not shelf.slices("a", 4).any()


def test_every_version_is_kept(shelf: AcceptedShelf, cohort: list[Case]) -> None:
    for value in (0, 1, 2):
        shelf.accept(cohort[0], full(value), {"round": value})
    past = shelf.history("a")
    assert past.case_ids() == {"1", "2"}
    for number, value in (("1", 0), ("2", 1)):
        kept = past.read(number)
        assert kept is not None
        assert (kept == value).all()
        assert past.provenance(number)["round"] == value
    assert shelf.provenance("a")["earlier_version"] == "2"
    assert shelf.case_ids() == {"a"}


def test_withdrawing_keeps_the_mask_in_the_history(shelf: AcceptedShelf, cohort: list[Case]) -> None:
    shelf.accept(cohort[0], full(1), {})
    shelf.withdraw("a")
    shelf.withdraw("a")
    assert "a" not in shelf
    assert not shelf.slices("a", 4).any()
    assert shelf.history("a").case_ids() == {"1"}
    shelf.accept(cohort[0], full(2), {}, slices=[0])
    assert per_slice(shelf) == [2, 0, 0, 0]


def test_a_mask_put_there_by_hand_counts_as_whole(shelf: AcceptedShelf, cohort: list[Case]) -> None:
    shelf.accept(cohort[0], full(1), {})
    shelf.provenance_path("a").unlink()
    assert shelf.slices("a", 4).all()
    shelf.accept(cohort[0], full(2), {}, slices=[0])
    assert per_slice(shelf) == [2, 1, 1, 1]
    assert shelf.history("a").provenance("1") == {}


@pytest.mark.parametrize("z", [-1, 4])
def test_a_slice_out_of_range_is_refused(shelf: AcceptedShelf, cohort: list[Case], z: int) -> None:
    with pytest.raises(InputError, match=f"no slice {z}; its slices are 0 to 3"):
        shelf.accept(cohort[0], full(1), {}, slices=[0, z])
    assert "a" not in shelf


@pytest.mark.parametrize(("function", "code", "nth"), FAILURES)
def test_a_failure_at_any_point_harms_nothing(  # noqa: PLR0917
    shelf: AcceptedShelf,
    cohort: list[Case],
    snapshot: Callable[[], dict[str, bytes]],
    break_disk: Callable[..., None],
    function: str,
    code: int,
    nth: int,
) -> None:
    shelf.accept(cohort[0], full(1), {"round": 1})
    shelf.accept(cohort[0], full(2), {"round": 2})
    before = snapshot()
    break_disk(function, code, nth)
    with pytest.raises(ProjectError, match=os.strerror(code)):
        shelf.accept(cohort[0], full(0), {"round": 3}, slices=[0])
    assert snapshot() == before
    shelf.accept(cohort[0], full(0), {"round": 3})
    assert shelf.history("a").provenance("2")["round"] == 2
