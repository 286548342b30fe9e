"""The Review dock: look, correct, accept or reject, next case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_wsss.widgets._case_bar import CaseBar
from napari_wsss.widgets._controls import heading
from napari_wsss.widgets._correct_panel import CorrectPanel
from napari_wsss.widgets._decide_panel import DecidePanel
from napari_wsss.widgets._dock import Dock
from napari_wsss.widgets._fold import Fold
from napari_wsss.widgets._keys_panel import KeysPanel
from napari_wsss.widgets._look_panel import LookPanel
from napari_wsss.widgets._numbers_panel import NumbersPanel
from napari_wsss.widgets._show_panel import ShowPanel
from napari_wsss.widgets._versions_panel import VersionsPanel

if TYPE_CHECKING:
    from napari import Viewer


class ReviewDock(Dock):
    """Fourth of the docks."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__(napari_viewer)
        desk = self.desk
        self.bar, self.decide = CaseBar(desk), DecidePanel(desk)
        self.column.addWidget(self.bar)
        self.column.addWidget(heading("Show"))
        self.column.addWidget(ShowPanel(desk))
        self.column.addWidget(LookPanel(desk))
        self.column.addWidget(heading("Correct"))
        self.column.addWidget(CorrectPanel(desk))
        self.column.addWidget(Fold("Versions", VersionsPanel(desk), "What was decided about this case, and by whom"))
        self.column.addWidget(Fold("Numbers", NumbersPanel(desk), "Volume, diameter and more of every lesion"))
        self.column.addWidget(Fold("Keys", KeysPanel(desk), "All keys, and how to change them"))
        self.column.addStretch()
        self.foot.setContentsMargins(6, 4, 6, 6)
        self.foot.addWidget(self.decide)
