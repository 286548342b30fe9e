"""Many strokes in few lines."""

from __future__ import annotations

from typing import Any

from napari_wsss.edit.brief import brief


def line(edit: str, time: int, voxels: int = 10, **more: Any) -> dict[str, Any]:
    return {"edit": edit, "voxels": voxels, "time": f"t{time}", **more}


def test_the_same_again_and_again_is_one_line() -> None:
    told = brief([line("paint", 1), line("paint", 2, 5), line("fill", 3), line("paint", 4)])
    assert told == [
        {"edit": "paint", "voxels": 15, "time": "t1", "times": 2, "until": "t2"},
        line("fill", 3),
        line("paint", 4),
    ]


def test_other_settings_are_another_line() -> None:
    lines = [line("margin", 1, details={"mm": 1}), line("margin", 2, details={"mm": 2})]
    assert brief(lines) == lines


def test_telling_in_two_goes_tells_the_same() -> None:
    lines = [line("paint" if place % 5 else "erase", place) for place in range(23)]
    assert brief([*brief(lines[:9]), *lines[9:]]) == brief(lines)


def test_beyond_the_limit_the_oldest_become_one() -> None:
    lines = [line("paint" if place % 2 else "erase", place, details={"a": 1}) for place in range(10)]
    told = brief(lines, limit=4)
    assert told == [
        {"edit": "earlier edits", "voxels": 70, "time": "t0", "times": 7, "until": "t6"},
        *lines[7:],
    ]
    assert sum(item.get("times", 1) for item in told) == 10
    assert brief([]) == []
