"""Format: a way of writing masks. One a file; :data:`napari_wsss.export.formats.FORMATS` lists them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from napari_wsss.export.item import Item


class Format(ABC):
    """Base of the formats; one object serves one export.

    Attributes:
        title: as a person chooses it.
        help: what it is good for.
    """

    title: ClassVar[str]
    help: ClassVar[str]

    @abstractmethod
    def write(self, item: Item, folder: Path) -> None:
        """Write the files of one mask below ``folder``, at the places where they will lie in the end.

        Raises:
            InputError: this mask cannot be written in this format.
            ProjectError: the folder cannot be written.
        """

    def record(self, item: Item) -> str | None:
        """Give the place of the JSON file that tells how the mask was made; None where the format keeps none."""
        return f"{item.name}.json"

    def facts(self, item: Item) -> dict[str, Any]:  # noqa: ARG002 (for those that have something to add)
        """Give what the format adds to that JSON file."""
        return {}

    def finish(self, folder: Path, target: Path) -> None:  # noqa: B027 (most formats have nothing to add)
        """Write the files that stand for the whole export below ``folder``; ``target`` holds all masks by then."""
