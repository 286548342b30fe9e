"""Climb: coordinate search, knob by knob and coarse to fine, by several climbers over different cases at once.

The climbers differ only in the cases they may look at. They share every evaluation, so leaving out one patient after
the other costs little more than a single search as long as the climbers agree.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Any

import numpy as np

from napari_wsss.metrics.foreground import foreground_dice
from napari_wsss.pipeline.bench import Bench
from napari_wsss.pipeline.scale import ROUNDS
from napari_wsss.pipeline.search_space import Dimension
from napari_wsss.pipeline.setting import Setting

GAIN = 0.001
"""Least gain in mean Dice for which a knob is moved; less is noise, and the value set is kept."""


class Climber:
    """One search.

    Args:
        cases: the only cases whose masks it looks at.
        start: the setting it starts from, ``step.knob`` → value.

    Attributes:
        held: the best setting so far; never worse on ``cases`` than the start.
    """

    def __init__(self, cases: Sequence[str], start: Setting) -> None:
        self.cases, self.start = list(cases), dict(start)
        self.held = dict(start)

    @property
    def changed(self) -> dict[str, Any]:
        """What differs from the start."""
        return {name: value for name, value in self.held.items() if value != self.start[name]}

    def options(self, dimension: Dimension, number: int) -> list[Setting]:
        """Give the settings to try for one knob in round ``number``; in the last, the value it started from."""
        name = dimension.name
        values = dimension.candidates(self.held[name], number) if number < len(ROUNDS) else [self.start[name]]
        return [{**self.held, name: value} for value in values if value != self.held[name]]

    def choose(self, bench: Bench, options: Sequence[Setting], least_gain: float) -> None:
        """Move to the best option if it gains more than ``least_gain``; a negative one lets it move at a loss."""
        scores = [score(bench, self.cases, option) for option in options]
        if scores and max(scores) > score(bench, self.cases, self.held) + least_gain:
            self.held = dict(options[int(np.argmax(scores))])


def score(bench: Bench, cases: Sequence[str], setting: Setting) -> float:
    """Give the mean foreground Dice of a setting over cases on which it was judged."""
    return float(np.mean([foreground_dice(bench.matrix(case_id, setting)) for case_id in cases]))


def sweeps(dimensions: Sequence[Dimension]) -> int:
    """Give the number of sweeps of a whole climb: every knob once a round, and once more on the way back."""
    return (len(ROUNDS) + 1) * len(dimensions)


def climb(bench: Bench, dimensions: Sequence[Dimension], climbers: Sequence[Climber]) -> Generator[int, None, None]:
    """Let all climbers climb; at last each knob goes back to where it started wherever that costs next to nothing.

    Yields:
        sweeps finished, several times a second. Closing the generator leaves every climber with the best it found.
    """
    done = 0
    for number in range(len(ROUNDS) + 1):
        # Going back may cost GAIN in all: less than the least that any knob moved has gained.
        least_gain = GAIN if number < len(ROUNDS) else -GAIN / len(dimensions)
        for dimension in dimensions:
            options = [climber.options(dimension, number) for climber in climbers]
            with closing(bench.judge(wanted(climbers, options))) as beats:
                for _ in beats:
                    yield done
            for climber, offered in zip(climbers, options, strict=True):
                climber.choose(bench, offered, least_gain)
            done += 1
            yield done


def wanted(climbers: Sequence[Climber], options: Sequence[Sequence[Setting]]) -> dict[str, list[Setting]]:
    """Give case → settings that must be judged on it, without those of climbers that may not look at it."""
    wanted: dict[str, list[Setting]] = {}
    for climber, offered in zip(climbers, options, strict=True):
        for case_id in climber.cases:
            wanted.setdefault(case_id, []).extend([climber.held, *offered] if offered else [])
    return {case_id: settings for case_id, settings in wanted.items() if settings}
