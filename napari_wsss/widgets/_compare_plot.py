"""Two models, patient by patient: a line from the Dice of the older one to that of the newer one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyqtgraph
from qtpy.QtCore import Qt

from napari_wsss.report.two_models import BETTER, SEEN, WORSE, tone
from napari_wsss.widgets._controls import wrapped

HEIGHT = 150
_DASHES = {SEEN: Qt.PenStyle.DashLine, BETTER: Qt.PenStyle.SolidLine, WORSE: Qt.PenStyle.SolidLine}


class ComparePlot(pyqtgraph.PlotWidget):
    """Draws the rows of a comparison; the patient under the mouse is named in the tooltip of its dots."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(HEIGHT)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseEnabled(x=False, y=True)
        self.setToolTip(
            wrapped(
                "Each line is a patient: left the Dice of the older model, right that of the newer one. Blue: better, "
                "orange: worse, grey and dashed: one of them was trained with this patient. Wheel to zoom."
            )
        )
        self.getAxis("left").setWidth(40)
        self.getAxis("left").enableAutoSIPrefix(False)
        self.setXRange(-0.15, 1.15, padding=0)
        self.getAxis("bottom").setTicks([[(0, "before"), (1, "now")]])

    def draw(self, result: Mapping[str, Any]) -> None:
        """Show a comparison, as :func:`napari_wsss.session.comparing.compare` describes it."""
        self.clear()
        for row in result["rows"]:
            colour = tone(row)
            self.plot(
                (0.0, 1.0),
                (row["first"], row["second"]),
                pen=pyqtgraph.mkPen(colour, width=2, style=_DASHES[colour]),
                symbol="o",
                symbolSize=5,
                symbolBrush=colour,
                symbolPen=None,
            )
        self.autoRange(padding=0.1)
        self.setXRange(-0.15, 1.15, padding=0)

    def paint(self, canvas: str, text: str) -> None:
        """Take the window's colours."""
        self.setBackground(canvas)
        for side in ("left", "bottom"):
            self.getAxis(side).setPen(text)
            self.getAxis(side).setTextPen(text)
