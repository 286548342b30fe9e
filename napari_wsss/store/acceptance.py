"""Who accepted which slices of a mask, when, and how they had been made: kept for each part of it that stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from napari_wsss.types import BoolArray

_PART = ("by", "time", "recipe", "step", "params", "key", "weights", "seed", "edited", "edits")
"""What is kept of an acceptance once other slices were accepted after it."""
_SLICES, _EARLIER, _ALL = "slices", "earlier_parts", "accepted_slices"


def spans(slices: Sequence[int]) -> str:
    """Give slice numbers as people write them: "0-4, 7"."""
    listed = np.unique(np.asarray(slices, int))
    runs = np.split(listed, np.flatnonzero(np.diff(listed) > 1) + 1) if len(listed) else []
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def numbers(text: str) -> list[int]:
    """Give the slice numbers that :func:`spans` wrote."""
    ends = [part.partition("-") for part in text.replace(" ", "").split(",") if part]
    return [z for first, _, last in ends for z in range(int(first), int(last or first) + 1)]


def joined(
    facts: Mapping[str, Any], before: Mapping[str, Any], chosen: BoolArray, accepted: BoolArray
) -> dict[str, Any]:
    """Give the facts of an acceptance together with what still stands of those before.

    Args:
        facts: how the slices accepted now were made, by whom and when.
        before: what was kept of the mask up to now; empty where there was none.
        chosen: (Z,), True where accepted now.
        accepted: (Z,), True where accepted now or before.
    """
    earlier = []
    for part in parts(before, len(chosen)):
        left = [z for z in part[_SLICES] if z < len(chosen) and not chosen[z]]
        if left:
            earlier.append({_SLICES: spans(left), **{name: part[name] for name in _PART if name in part}})
    whole = {_ALL: np.flatnonzero(accepted).tolist()}
    return {**facts, _SLICES: spans(np.flatnonzero(chosen).tolist()), _EARLIER: earlier, **whole}


def parts(facts: Mapping[str, Any], depth: int) -> list[dict[str, Any]]:
    """Give the parts of an accepted mask, the one accepted last first.

    Args:
        facts: what is kept beside the mask (:meth:`~napari_wsss.store.project.Project.accepted_provenance`).
        depth: number of slices.

    Returns:
        For each part its ``slices``, a list of numbers, and what is known of ``by``, ``time``, ``recipe``, ``step``,
        ``params``, ``key``, ``weights``, ``seed``, ``edited`` and ``edits``.
    """
    if not facts:
        return []
    accepted = facts.get(_ALL)
    everything = list(range(depth)) if accepted is None else accepted
    earlier = [{**part, _SLICES: numbers(part[_SLICES])} for part in facts.get(_EARLIER, ())]
    last = {name: facts[name] for name in _PART if name in facts}
    slices = numbers(facts[_SLICES]) if _SLICES in facts else everything
    return [{_SLICES: slices, **last}, *earlier]
