"""How long the stages of a branch took, kept with it: one that is gone on with later keeps the sum."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path

from napari_wsss.errors import ModelError
from napari_wsss.files import write_json
from napari_wsss.models.card import read_card
from napari_wsss.pipeline.plan import PlannedStep
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.workspace import ModelShelf
from napari_wsss.progress import Event, Note
from napari_wsss.store.project import Project

FILE = "time.json"
"""In the branch's folder: stage → seconds."""

_MASKS = "propose"
"""The stage under which the making of all masks is told."""


class Stopwatch:
    """Adds up the time of each stage by the events that are heard; the time of trainings stands on their cards.

    Args:
        project: the branch.
    """

    def __init__(self, project: Project) -> None:
        self._path = project.folder / FILE
        self._seconds = _read(self._path)
        self._stage, self._clock = "", time.monotonic()

    def begin(self, planned: Iterable[PlannedStep], cases: int) -> None:
        """Start the clock; what is to be done from its very beginning has taken no time yet."""
        for step in planned:
            if step.units >= cases:
                self._seconds.pop(_MASKS if step.stage == _MASKS else step.step, None)
        self._clock = time.monotonic()

    def hear(self, event: Event) -> Event:
        """Count the time since the last event to the stage of this one."""
        stage = self._stage if isinstance(event, Note) else event.stage
        now = time.monotonic()
        self._seconds[stage] = self._seconds.get(stage, 0.0) + now - self._clock
        self._clock = now
        if stage != self._stage:
            self._stage = stage
            self.save()
        return event

    def take_over(self, other: Project, stages: Iterable[str]) -> None:
        """Count what ``other`` took for stages whose results come from there."""
        theirs = _read(other.folder / FILE)
        for stage in sorted(set(stages) & theirs.keys()):
            self._seconds[stage] = theirs[stage]
        self.save()

    def save(self) -> None:
        """Write the time so far. Raises ProjectError if it cannot be written."""
        write_json(self._path, {name: round(seconds, 2) for name, seconds in self._seconds.items()})


def minutes_of(project: Project, recipe: Recipe) -> float:
    """Give the minutes that a branch took, whoever made what is shared, and however often it was interrupted."""
    shelf, spent = ModelShelf(project.models_folder), _read(project.folder / FILE)
    for name, step in recipe.steps.items():
        if step.works_on == "cohort":
            spent[name] = _of_training(shelf, name, spent.get(name, 0.0))
    return sum(spent.values()) / 60.0


def _of_training(shelf: ModelShelf, name: str, clock: float) -> float:
    key = shelf.current(name)
    try:
        return float(read_card(shelf.place(name, key)).get("seconds", clock)) if key else clock
    except ModelError:
        return clock


def _read(path: Path) -> dict[str, float]:
    try:
        return {str(name): float(seconds) for name, seconds in json.loads(path.read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, AttributeError):
        return {}
