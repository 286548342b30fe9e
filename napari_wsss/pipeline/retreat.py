"""Retreat: a knob at an end of its range comes back towards where it started, if little is gained by the extreme.

On few masks a search runs to an end of a range for a gain that is noise. Such a setting looks odd, leaves no room to
move, and holds less well on the next patient than one nearer to what the person had.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing

from napari_wsss.pipeline.bench import Bench
from napari_wsss.pipeline.climb import Climber, score, wanted
from napari_wsss.pipeline.search_space import Dimension
from napari_wsss.pipeline.setting import Setting

NOISE = 0.005
"""Mean Dice that all knobs of a search together may give up to come back from the ends of their ranges."""


def retreat(bench: Bench, dimensions: Sequence[Dimension], climbers: Sequence[Climber]) -> Generator[None, None, None]:
    """Take every knob at an end of its range as far back as costs no more than :data:`NOISE` in all.

    No climber ends below the score it started from.

    Yields:
        several times a second. Closing the generator leaves every climber as it is by then.
    """
    least = [_least(bench, climber) for climber in climbers]
    for dimension in dimensions:
        options = [_options(climber, dimension) for climber in climbers]
        with closing(bench.judge(wanted(climbers, options))) as beats:
            for _ in beats:
                yield
        for climber, offered, enough in zip(climbers, options, least, strict=True):
            good = (option for option in offered if score(bench, climber.cases, option) >= enough)
            climber.held = dict(next(good, climber.held))


def _least(bench: Bench, climber: Climber) -> float:
    found, start = (score(bench, climber.cases, setting) for setting in (climber.held, climber.start))
    return max(found - NOISE, start)


def _options(climber: Climber, dimension: Dimension) -> list[Setting]:
    """Give the settings to try for one knob, the nearest to the start first; none where it is at no end."""
    name = dimension.name
    held, start = climber.held[name], climber.start[name]
    if held == start or not dimension.at_an_end(held):
        return []
    return [{**climber.held, name: value} for value in dimension.way_back(held, start)]
