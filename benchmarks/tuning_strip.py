"""A strip of pictures while sliders move: ``python benchmarks/tuning_strip.py PROJECT CASE OUT.png``.

Opens the project in the real viewer, moves the threshold, then the CRF's sliders, in the Tune dock, and pastes what
the canvas shows beside each other with what was moved and how long it took. The project is copied first.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from live_desk import Stage
from PIL import Image, ImageDraw

MOVES = (
    ("refined", "value", (0.2, 0.35, 0.5, 0.65)),
    ("crf", "compat", (1.0, 5.0, 15.0)),
    ("kernel", "sxy", (3.0, 30.0)),
    ("crf", "gt_prob", (0.55, 0.9)),
)
COLUMNS = 4
CAPTION = 22


def frames(stage: Stage) -> list[tuple[str, np.ndarray]]:
    """Move slider after slider; each picture with its caption."""
    shown = [("as opened", shot(stage))]
    for step, knob, values in MOVES:
        widget = stage.slider(step, knob)
        before = widget.value
        for value in values:
            took = timed(stage, partial(setattr, widget, "value", value))
            shown.append((f"{step}.{knob} = {value:g} ({1000 * took:.0f} ms)", shot(stage)))
        widget.value = before
        stage.settle()
    stage.viewer.dims.ndisplay = 3
    stage.settle()
    for value in MOVES[0][2][::3]:
        stage.slider("refined", "value").value = value
        stage.settle()
        stage.idle(0.5)
        shown.append((f"3D, refined.value = {value:g}", shot(stage)))
    return shown


def timed(stage: Stage, move: Callable[[], None]) -> float:
    """Give the seconds from a move until the canvas has drawn the slice's answer."""
    times: list[float] = []
    answered: list[Any] = []
    heard = stage.desk.answered.connect(answered.append)
    drawn = stage.screen.drawn.connect(lambda: times.append(perf_counter()) if answered and not times else None)
    begun = perf_counter()
    move()
    stage.settle()
    stage.desk.answered.disconnect(heard)
    stage.screen.drawn.disconnect(drawn)
    return times[0] - begun if times else 0.0


def shot(stage: Stage) -> np.ndarray:
    """Give the canvas as RGB."""
    return stage.viewer.screenshot(flash=False)[..., :3]


def prepare(stage: Stage) -> None:
    """Leave the window to the canvas and the Tune dock; go to the slice with most of the lesion; outline the mask."""
    qt_viewer = stage.viewer.window._qt_viewer
    for dock in (qt_viewer.dockLayerList, qt_viewer.dockLayerControls):
        dock.hide()
    stage.viewer.window.resize(860, 620)
    layers, reference = stage.desk.layers, stage.desk.loaded.reference
    amount = reference if reference is not None else layers.heat
    layers.go_to(int((amount > 0).sum(axis=(1, 2)).argmax()))
    layers.mask_layer.contour = 2
    stage.settle()
    stage.idle(0.5)
    stage.viewer.reset_view()


def paste(shown: list[tuple[str, np.ndarray]]) -> Image.Image:
    """Put the pictures beside each other."""
    height, width = shown[0][1].shape[:2]
    lines = -(-len(shown) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * width, lines * (height + CAPTION)), "black")
    draw = ImageDraw.Draw(sheet)
    for place, (words, picture) in enumerate(shown):
        x, y = place % COLUMNS * width, place // COLUMNS * (height + CAPTION)
        draw.text((x + 4, y + 4), words, "white")
        sheet.paste(Image.fromarray(picture), (x, y + CAPTION))
    return sheet


def main() -> None:
    """Open, move, paste, save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("project", type=Path)
    parser.add_argument("case")
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        shutil.copytree(options.project, Path(temporary) / "project")
        stage = Stage(Path(temporary) / "project", options.case)
        prepare(stage)
        sheet = paste(frames(stage))
        stage.close()
    sheet.save(options.out)


if __name__ == "__main__":
    sys.exit(main())
