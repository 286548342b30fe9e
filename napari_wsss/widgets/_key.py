"""Key: what one key does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_wsss.widgets._desk import Desk


def _always(_: Desk) -> bool:
    return True


@dataclass(frozen=True)
class Key:
    """A deed and the key that does it.

    Attributes:
        name: under which a person's own key is kept in the preferences; never changes.
        key: the usual key in napari's spelling, "Shift-A".
        words: what it does, as shown in the list of keys.
        do: the deed; called only while a case is on the desk.
        offered: whether it makes sense in the project at hand, and so whether the list of keys shows it.
    """

    name: str
    key: str
    words: str
    do: Callable[[Desk], object]
    offered: Callable[[Desk], bool] = _always
