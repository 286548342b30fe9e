"""Random hands: controls of the Tune dock moved at random in the real viewer, and what is shown checked at rest."""

from __future__ import annotations

import gc
import random
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import numpy as np
import psutil
from magicgui.widgets import CheckBox, ComboBox
from magicgui.widgets.bases import RangedWidget
from qtpy.QtCore import QtMsgType, qInstallMessageHandler

from napari_wsss.errors import WsssError
from napari_wsss.pipeline.cache import ArrayCache
from napari_wsss.session.tuner import Tuner

SLOW_KNOBS = ("engine",)
"""Left alone: the other engine is a library that may not be there."""


class Faults:
    """Hears whatever goes wrong anywhere in the process while it is open."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def __enter__(self) -> Self:
        self._hooks = sys.excepthook, threading.excepthook
        sys.excepthook = self._on_error
        threading.excepthook = lambda args: self._on_error(args.exc_type, args.exc_value or args.exc_type(), None)
        self._messages = qInstallMessageHandler(self._on_message)
        return self

    def __exit__(self, *_: object) -> None:
        sys.excepthook, threading.excepthook = self._hooks
        qInstallMessageHandler(self._messages)

    def _on_error(self, kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
        self.heard.append(f"{kind.__name__}: {error}")

    def _on_message(self, level: QtMsgType, _: object, text: str) -> None:
        if level in {QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg}:
            self.heard.append(f"Qt: {text}")


@dataclass
class Soak:
    """Moves things at random and checks what is shown.

    Args:
        desk: the desk of a viewer with a project open.
        dock: its Tune dock.
        settle: waits until the sliders' last answer is in and no case is being read.
        seed: of the moves.
        full: compare the whole volume at each rest, not three slices of it.
        spare_3d: never turn to 3D display, which takes seconds a frame without a graphics card.

    Attributes:
        moves: what was done how often.
        faults: what was wrong.
        refused: what a step refused with a message to the person, and how often.
        memory: (bytes of results kept, resident bytes of the process) at each rest.
    """

    desk: Any
    dock: Any
    settle: Callable[[], None]
    seed: int = 0
    full: bool = True
    spare_3d: bool = False
    moves: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[int, int]] = field(default_factory=list)
    rests: int = 0

    def __post_init__(self) -> None:
        """Listen to what the live path says."""
        self._dice = random.Random(self.seed)  # noqa: S311 (nothing secret)
        self.desk.live.failed.connect(self._on_failed)

    def burst(self, breathe: Callable[[], None]) -> None:
        """Do one to eight things; ``breathe`` turns the event loop a little between them. Then rest."""
        for _ in range(self._dice.randint(1, 8)):
            deed = self._dice.choices(
                [self.move_knob, self.switch, self.scroll, self.back, self.turn], (10, 3, 4, 2, 1)
            )
            deed[0]()
            breathe()
        if self._dice.random() < 0.1:
            self.other_case()
        self.settle()
        if not self.desk.live.current:  # a step refused the knobs, and said so: nothing may be broken by it
            self.desk.tuning.reset()
            self.settle()

    def move_knob(self) -> None:
        """Move any control of any step."""
        name, form = self._dice.choice(list(self.dock.forms.items()))
        knobs = [knob for knob in form.names if knob not in SLOW_KNOBS]
        if knobs:
            knob = self._dice.choice(knobs)
            self._set(form.editor(knob).widget)
            self.moves[f"{name}.{knob}"] += 1

    def switch(self) -> None:
        """Switch a filter on or off."""
        chips = [chip for chip in self.dock.steps.chips.chips.values() if chip.isEnabled()]
        if chips:
            self._dice.choice(chips).click()
            self.moves["filter"] += 1

    def scroll(self) -> None:
        """Go to another slice."""
        self.desk.layers.go_to(self._dice.randrange(self.desk.layers.depth))
        self.moves["slice"] += 1

    def back(self) -> None:
        """Undo or redo."""
        self._dice.choice([self.desk.tuning.undo, self.desk.tuning.redo])()
        self.moves["undo or redo"] += 1

    def turn(self) -> None:
        """Go from slices to the volume, or back."""
        dims = self.desk.viewer.dims
        if not self.spare_3d:
            dims.ndisplay = 5 - dims.ndisplay
            self.moves["2D or 3D"] += 1

    def other_case(self) -> None:
        """Open the next or the previous case; sometimes change one's mind at once."""
        for _ in range(self._dice.randint(1, 2)):
            self.desk.step_case(self._dice.choice([-1, 1]))
        self.moves["case"] += 1

    def check(self) -> None:
        """Compare what is shown with what a tuner that knows nothing gives for the same knobs."""
        desk = self.desk
        self.rests += 1
        self.memory.append((desk.tuner.memory, psutil.Process().memory_info().rss))
        if desk.tuner.memory > desk.session._cache.limit:
            self.faults.append(f"{desk.tuner.memory} bytes of results are kept, more than {desk.session._cache.limit}")
        if not desk.tuner.has_maps:
            return
        if not desk.live.current:
            self.faults.append(f"rest {self.rests}: the stored settings cannot be computed: {self._knobs()}")
            return
        fresh = Tuner(desk.session.recipe, desk.session.workspace, desk.loaded.case_id, ArrayCache(), desk_ask(desk))
        for name, step in desk.tuning.steps.items():
            fresh.set(name, **{knob: getattr(step, knob) for knob in step.knobs()})
        depth = desk.layers.depth
        slices = range(depth) if self.full else {desk.layers.slice_index, *self._dice.sample(range(depth), 2)}
        volume = fresh.mask() if self.full or not fresh.slicewise else None
        for z in slices:
            expected = volume[z] if volume is not None else fresh.mask(z)
            if not np.array_equal(desk.layers.mask[z], expected):
                self.faults.append(
                    f"rest {self.rests}: stale mask in slice {z} of {desk.loaded.case_id}: {self._knobs()}"
                )
                return
        self._check_pixels()

    def _check_pixels(self) -> None:
        """Draw all layers anew: nothing on the screen may change."""
        desk, layers = self.desk, self.desk.layers
        if not layers.flat:
            return
        before = desk.viewer.screenshot(flash=False)
        for layer in (layers.map_layer, layers.mask_layer):
            layer.refresh()
        if not np.array_equal(before, desk.viewer.screenshot(flash=False)):
            self.faults.append(f"rest {self.rests}: the screen did not show the layers' arrays: {self._knobs()}")

    def _knobs(self) -> str:
        return str(self.desk.tuner.changes())

    def _set(self, widget: Any) -> None:
        if isinstance(widget, CheckBox):
            widget.value = not widget.value
        elif isinstance(widget, ComboBox):
            widget.value = self._dice.choice(widget.choices)
        elif isinstance(widget, RangedWidget):
            low, high, step = float(widget.min), min(float(widget.max), 1e4), float(widget.step or 1)
            value = low + step * self._dice.randint(0, int((high - low) / step))
            widget.value = type(widget.value)(value)

    def _on_failed(self, error: BaseException) -> None:
        if isinstance(error, WsssError):
            self.refused[str(error)] += 1
        else:
            self.faults.append(f"{type(error).__name__}: {error}; {self._knobs()}")


def desk_ask(desk: Any) -> Any:
    """Give what the desk's own tuner asks a classifier with."""
    roots = desk.tuner._roots
    return {name: root for name, root in roots.items() if callable(root)}


def trend(values: list[int]) -> float:
    """Give by how much the second half's median exceeds the first's."""
    gc.collect()
    half = len(values) // 2
    return float(np.median(values[half:]) - np.median(values[:half])) if half else 0.0
