"""The proposal of the case on the desk, whatever the mask layer shows: to restore from, and to compare with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from napari_wsss.types import FloatArray, LabelMap
from napari_wsss.widgets._questions import Answer

if TYPE_CHECKING:
    from napari_wsss.widgets._desk import Desk


class ProposalOnDesk(QObject):
    """Keeps the last whole answer of the sliders.

    Attributes:
        mask: (Z, Y, X); the one kept in the project before the first answer; None where there is neither.
        evidence: (classes, Z, Y, X) in [0, 1], or None.

    Signals:
        changed: the proposal is another.
    """

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self.mask: LabelMap | None = None
        self.evidence: FloatArray | None = None
        desk.case_opened.connect(self._on_case)
        desk.case_closed.connect(self._on_case)
        desk.answered.connect(self._on_answer)

    def _on_case(self) -> None:
        loaded = self._desk.loaded
        self.mask, self.evidence = (loaded.proposal if loaded is not None else None), None
        self.changed.emit()

    def _on_answer(self, answer: Answer) -> None:
        if answer.z is None:
            self.mask, self.evidence = answer.mask, answer.evidence
            self.changed.emit()
