"""Corrections on a scan of 155×240×240 in the real viewer: how long each takes, and how long the window stands still.

    python benchmarks/editing.py [--folder DIR] [--repeat 3] [--hidden]

A simulated project is made in DIR (and kept for the next time). Every operation is started as its button starts it; the
longest time between two beats of the event loop is measured until the mask is changed and drawn, then undone and made
again. "redraw" is the floor: drawing the mask anew without any change.

A screen without a graphics card draws in software, docks and all, which takes longer than most edits: ``--hidden``
hides the window, so that nothing is drawn and what is left is ours.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from live_desk import Stage, simulated_project

from napari_wsss.edit.catalogue import operation

LIMIT = 0.05
"""Seconds that the window may stand still."""
OPERATIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("margin", {"distance": 3.0, "mode": "3d"}),
    ("margin", {"distance": -3.0, "mode": "3d"}),
    ("smoothing", {"size": 5.0, "mode": "3d"}),
    ("smoothing", {"method": "closing", "size": 5.0, "mode": "3d"}),
    ("islands", {"keep": "largest", "mode": "3d"}),
    ("islands", {"keep": "most evidence", "mode": "3d"}),
    ("holes", {"mode": "3d"}),
    ("logical-operators", {"how": "xor", "other": "proposal"}),
    ("logical-operators", {"how": "invert"}),
    ("logical-operators", {"how": "clear"}),
    ("restore", {}),
)


def voxels(desk: Any) -> int:
    """Give how many voxels the last edit changed."""
    return len(desk.edits.history.done[-1].delta) if desk.edits.history.done else 0


def measured(stage: Stage, name: str, act: Callable[[], object]) -> tuple[float, float]:
    """Give seconds until it is over, and seconds that the window stood still at most."""
    stage.idle(0.3)
    stage.heart.restart()
    begun = perf_counter()
    act()
    stage.until(lambda: not stage.desk.operating.busy)
    took = perf_counter() - begun
    stage.idle(0.3)
    gap = stage.heart.longest()
    mark = "" if gap <= LIMIT else "  <-- over the limit"
    print(f"{name:58} {took:7.3f} s   window {1000 * gap:5.0f} ms   {voxels(stage.desk):9,} voxels{mark}")
    return took, gap


def strokes(stage: Stage) -> None:
    """A drag of a ball of 15 mm through 40 places, as napari draws it."""
    layer = stage.desk.layers.mask_layer
    layer.n_edit_dimensions, layer.brush_size, layer.mode = 3, 15, "paint"
    z, rows, columns = stage.desk.layers.slice_index, *layer.data.shape[1:]
    places = [(z, rows // 2, columns // 2 - 20 + step) for step in range(40)]
    with layer.block_history():
        for before, after in pairwise(places):
            layer._draw(1, before, after)
            stage.idle(0.001)
    layer.mode = "pan_zoom"


def run(folder: Path, repeat: int, hidden: bool) -> list[float]:
    """Measure everything; gives the gaps."""
    stage = Stage(simulated_project(folder, cases=1))
    if hidden:
        stage.viewer.window._qt_window.hide()
    desk, gaps = stage.desk, []
    start = np.asarray(desk.proposal.mask).copy()
    for number in range(repeat):
        print(f"--- {number + 1} of {repeat}")
        measured(stage, "redraw", lambda: desk.layers.mask_layer.refresh(extent=False))
        gaps.append(measured(stage, "stroke: ball of 15 mm through 40 places", lambda: strokes(stage))[1])
        gaps.append(measured(stage, "  undo", desk.edits.undo)[1])
        for name, settings in OPERATIONS:
            made = operation(name, {**settings, "scope": "volume"})
            words = f"{name} {', '.join(map(str, settings.values()))}"
            gaps.append(measured(stage, words, lambda made=made: desk.operating.run(made))[1])
            if desk.edits.history.done:
                gaps.append(measured(stage, "  undo", desk.edits.undo)[1])
                gaps.append(measured(stage, "  redo", desk.edits.redo)[1])
                desk.edits.undo()
        gaps += between(stage, start) + filling(stage) + difference(stage)
    stage.close()
    return gaps


def between(stage: Stage, start: np.ndarray) -> list[float]:
    """Keep every tenth slice, and fill those between."""
    desk = stage.desk
    kept = start.copy()
    kept[np.arange(len(kept)) % 10 > 0] = 0
    desk.edits.do("every tenth slice", kept)
    gap = measured(
        stage, "fill between slices, 9 of 10", lambda: desk.operating.run(operation("fill-between-slices", {}))
    )
    desk.edits.undo()
    desk.edits.undo()
    return [gap[1]]


def filling(stage: Stage) -> list[float]:
    """Smart fill in 3D as far as 150 mm: the whole head."""
    desk = stage.desk
    place = tuple(size // 2 for size in desk.layers.mask.shape)
    made = operation("smart-fill", {"mode": "3d", "radius": 150.0, "tolerance": 60.0})
    gap = measured(stage, "smart fill, 3D, 150 mm", lambda: desk.operating.run(made, place))
    desk.edits.undo()
    return [gap[1]]


def difference(stage: Stage) -> list[float]:
    """A stroke while the difference is shown."""
    desk = stage.desk
    gaps = [measured(stage, "difference on", lambda: desk.difference.show(True))[1]]
    gaps.append(measured(stage, "stroke with the difference", lambda: strokes(stage))[1])
    gaps.append(measured(stage, "  undo", desk.edits.undo)[1])
    desk.difference.show(False)
    return gaps


def main() -> None:
    """Print a line each, and the worst."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--hidden", action="store_true")
    chosen = parser.parse_args()
    folder = chosen.folder or Path(tempfile.mkdtemp(prefix="editing-"))
    gaps = run(folder, chosen.repeat, chosen.hidden)
    over = sum(gap > LIMIT for gap in gaps)
    print(f"window stood still for {1000 * max(gaps):.0f} ms at most; {over} of {len(gaps)} over {1000 * LIMIT:.0f} ms")


if __name__ == "__main__":
    main()
