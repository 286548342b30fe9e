"""What was done to a mask in few lines, however many strokes it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

LINES = 200
"""Lines at most; beyond, the oldest become one."""


def brief(lines: Sequence[Mapping[str, Any]], limit: int = LINES) -> list[dict[str, Any]]:
    """Put together what was done again and again, one right after another.

    Args:
        lines: of :meth:`~napari_wsss.edit.history.History.summary`, or of an earlier answer, or both one after another.
        limit: lines at most.

    Returns:
        Lines with ``edit``, ``voxels``, ``time`` and ``details`` as they came; ``times`` where it was done more than
        once, and ``until``, the time of the last.
    """
    told: list[dict[str, Any]] = []
    for line in lines:
        if told and _same(told[-1], line):
            told[-1] = _together(told[-1], line)
        else:
            told.append(dict(line))
    if len(told) <= limit:
        return told
    first = dict(told[0])
    for line in told[1 : len(told) - limit + 1]:
        first = _together(first, line)
    first.pop("details", None)
    return [{**first, "edit": "earlier edits"}, *told[len(told) - limit + 1 :]]


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(one["edit"] == other["edit"] and one.get("details") == other.get("details"))


def _together(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    times = one.get("times", 1) + other.get("times", 1)
    until = other.get("until", other["time"])
    return {**one, "times": times, "voxels": one["voxels"] + other["voxels"], "until": until}
