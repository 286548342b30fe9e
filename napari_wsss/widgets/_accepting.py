"""Acceptances that wait until the mask shown is whole."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from napari_wsss.widgets._notify import tell


@dataclass
class Accepting:
    """Holds what a person accepted of the case at hand while its mask was still being computed.

    Attributes:
        case_id: the case; None while nothing waits.
        visit: the turn of the case that the acceptances belong to.
    """

    case_id: str | None = None
    visit: int = 0
    _deeds: dict[Hashable, Callable[[], None]] = field(default_factory=dict)

    def add(self, case_id: str, visit: int, what: Hashable, deed: Callable[[], None]) -> None:
        """Do ``deed`` once the mask is whole. The same part accepted twice (``what``) is accepted once."""
        if (case_id, visit) != (self.case_id, self.visit):
            self.give_up()
        self.case_id, self.visit = case_id, visit
        self._deeds[what] = deed
        tell("The mask is accepted as soon as all its slices are computed.")

    def take(self) -> list[Callable[[], None]]:
        """Give all that waits, in the order accepted; then nothing waits any more."""
        deeds = list(self._deeds.values())
        self._deeds, self.case_id = {}, None
        return deeds

    def give_up(self) -> None:
        """Drop what waits, and say so."""
        if self.case_id is not None:
            tell(f"{self.case_id}: not accepted, because its mask was not finished.")
            self.take()
