"""Badge: what a training works with and how fast it is, in two lines."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtWidgets import QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_wsss.progress import About, Progress
from napari_wsss.widgets._controls import wrapped

_DEVICE = "Where it computes"
_SPEED = (
    "Examples it goes through in a second; the memory it holds, on a graphics card the most so far; how exactly it "
    "computes"
)


class Badge(QWidget):
    """Two lines; each keeps its height, whatever it says.

    Attributes:
        device: where it computes.
        speed: examples a second, memory, and how exactly it computes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.device, self.speed = QElidingLabel(), QElidingLabel()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.device, self.speed):
            column.addWidget(part)
        self.clear()

    def clear(self) -> None:
        """Say nothing."""
        self._precision = ""
        self._say(self.device, "", _DEVICE)
        self._say(self.speed, "", _SPEED)

    def about(self, event: About) -> None:
        """Take the facts of a training."""
        self._precision = event.facts.get("precision", "")
        self._say(self.device, event.facts.get("device", ""), f"{_DEVICE}<br>{_all(event.facts)}")

    def hear(self, event: Progress) -> None:
        """Take speed and memory of an event, where it tells them."""
        values = event.values
        if "samples_per_second" in values:
            speed = f"{values['samples_per_second']:.3g} examples/s"
            memory = f"{values['memory_gib']:.1f} GiB" if "memory_gib" in values else ""
            self._say(self.speed, " · ".join(part for part in (speed, memory, self._precision) if part), _SPEED)

    def _say(self, label: QElidingLabel, text: str, tooltip: str) -> None:
        label.setText(text or " ")  # a blank keeps the line's height
        label.setToolTip(wrapped(tooltip))


def _all(facts: Mapping[str, str]) -> str:
    return "<br>".join(f"{name}: {value}" for name, value in facts.items())
