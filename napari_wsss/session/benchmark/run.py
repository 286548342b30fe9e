"""What the scoring of a benchmark is told: which branches there are, and whose patients stand in which row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from napari_wsss.types import Subset


@dataclass(frozen=True)
class Run:
    """A recipe, or its ceiling, as it was run.

    Attributes:
        recipe: its name.
        folders: of its branches, one a fold; of the project's own split, one.
        ceiling: the segmenter was taught by reference masks.
        own_metric: of the recipe.
        error: what ended it before everything was made; "" where nothing did.
    """

    recipe: str
    folders: tuple[str, ...]
    ceiling: bool = False
    own_metric: str = ""
    error: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild a run from :meth:`to_json`."""
        return cls(**{**data, "folders": tuple(data["folders"])})

    def to_json(self) -> dict[str, Any]:
        """Give a JSON object."""
        return asdict(self)


@dataclass(frozen=True)
class Group:
    """Patients of a row.

    Attributes:
        name: in the table.
        subsets: of a branch.
    """

    name: str
    subsets: tuple[Subset, ...]


@dataclass(frozen=True)
class Groups:
    """The patients that were learnt from, by their image-level labels, and those that were not.

    Attributes:
        seen: learnt from.
        apart: the others, val patients before test patients; () where there are none.
    """

    seen: Group
    apart: tuple[Group, ...]

    @property
    def all(self) -> tuple[Group, ...]:
        """Both, in the order of the table."""
        return (self.seen, *self.apart)


def groups_of(folds: int | None, subsets: Iterable[Subset | None]) -> Groups:
    """Give whose patients are scored: with folds, those learnt from and the others; else each subset by itself.

    Args:
        folds: how many; None for the project's own split.
        subsets: of the project's cases.
    """
    if folds:
        return Groups(Group("patients learnt from", ("train", "val")), (Group("patients kept apart", ("test",)),))
    there, held_out = set(subsets), (Group("val patients", ("val",)), Group("test patients", ("test",)))
    return Groups(Group("train patients", ("train",)), tuple(group for group in held_out if there & {*group.subsets}))
