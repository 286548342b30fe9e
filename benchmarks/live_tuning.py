"""From slider to pixels: the real viewer, the Tune dock's own sliders, a 240×240×155 scan.

    xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/live_tuning.py
        [--project DIR [--case ID]] [--moves 40] [--no-training] [--folder DIR]

Without a project, a simulated one is made (maps written without training) in ``--folder``, kept for the next run, or
in a temporary folder; a project given is copied first. A move is a change of a slider's value. It ends when the canvas
has drawn the mask of that value or of a newer one ("drawn"); on a virtual screen the window shows it later, when all
of it is rasterised in software ("window"). The sliders rest between moves, except in the rows "dragged", where they
move every 16 ms. With training, the project's classifier is trained in the worker process meanwhile.
Prints a markdown table and whether each goal holds; ends with 1 if one does not.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from live_desk import Stage, simulated_project, torch_came
from qtpy.QtCore import QEventLoop, QObject, QTimer
from qtpy.QtWidgets import QApplication

from napari_wsss.progress import drain

DRAG_MS = 16
GAP_MS = 100.0


@dataclass
class Row:
    """One line of the table, in ms.

    Attributes:
        name: what was moved and watched.
        drawn: from the slider to the canvas being drawn.
        swapped: from the slider to the window having shown it.
        gap: the longest time the event loop stood still.
        goal: median and 95th percentile of ``drawn``; None where there is none.
        gap_goal: the longest gap; None where there is none.
    """

    name: str
    drawn: list[float]
    swapped: list[float]
    gap: float
    goal: tuple[float | None, float | None] = (None, None)
    gap_goal: float | None = GAP_MS

    def __post_init__(self) -> None:
        """Say so as soon as it is measured: the whole takes minutes."""
        print(self.line(), file=sys.stderr, flush=True)

    @property
    def holds(self) -> bool:
        """Whether the goals hold, that on gaps included."""
        pairs = zip((*self.goal, self.gap_goal), (median(self.drawn), late(self.drawn), self.gap), strict=True)
        return bool(self.drawn) and all(goal is None or value <= goal for goal, value in pairs)

    def line(self) -> str:
        """Give the line of the table."""
        goal = " / ".join("–" if value is None else f"{value:g}" for value in self.goal)
        times = f"{median(self.drawn):.1f} | {late(self.drawn):.1f} | {max(self.drawn, default=np.nan):.1f}"
        end = f"{median(self.swapped):.1f} | {self.gap:.0f} | {'yes' if self.holds else 'NO'}"
        return f"| {self.name} | {len(self.drawn)} | {times} | {goal} | {end} |"


def median(times: Sequence[float]) -> float:
    """Give the middle."""
    return statistics.median(times) if times else float("nan")


def late(times: Sequence[float]) -> float:
    """Give the 95th percentile."""
    return float(np.percentile(times, 95)) if times else float("nan")


class Watch(QObject):
    """Tells when each question of the sliders was answered on the screen.

    Args:
        stage: the viewer.
        whole: wait for the volume's answer; else the first answer that shows the visible slice will do.
    """

    def __init__(self, stage: Stage, *, whole: bool) -> None:
        super().__init__()
        self._stage, self._whole = stage, whole
        self._asked: dict[int, float] = {}
        self._shown: dict[int, float] = {}
        self._painted: dict[int, float] = {}
        self.drawn: list[float] = []
        self.swapped: list[float] = []
        self._loop: QEventLoop | None = None
        stage.desk.answered.connect(self._on_answer)
        stage.screen.drawn.connect(self._on_draw)
        stage.screen.swapped.connect(self._on_swap)

    def close(self) -> None:
        """Stop listening."""
        self._stage.desk.answered.disconnect(self._on_answer)
        self._stage.screen.drawn.disconnect(self._on_draw)
        self._stage.screen.swapped.disconnect(self._on_swap)

    def move(self, widget: Any, value: float) -> None:
        """Move a slider."""
        begun, live = perf_counter(), self._stage.desk.live
        self._asked[live.asked + 1] = begun  # before the move: its answer may come within it
        widget.value = value
        if live.asked not in self._asked and live.asked not in self._shown:
            self._asked.popitem()

    def wait(self, seconds: float = 10.0) -> None:
        """Wait until everything moved is on the screen. What changed nothing that can be seen is not counted."""
        self._loop = QEventLoop()
        QTimer.singleShot(int(seconds * 1000), self._loop.quit)
        if self._asked or self._shown or self._painted:
            self._loop.exec()
        for waiting in (self._asked, self._shown, self._painted):
            waiting.clear()

    def _on_answer(self, answer: Any) -> None:
        layers = self._stage.desk.layers
        if answer.z is None or (not self._whole and answer.z == layers.slice_index):
            if not layers.flat or self._whole:
                layers.mask_layer.events.set_data()  # also an answer that changed nothing visible ends in a frame
            for serial in [serial for serial in self._asked if serial <= answer.serial]:
                self._shown[serial] = self._asked.pop(serial)

    def _on_draw(self) -> None:
        now = perf_counter()
        self.drawn += [1000 * (now - begun) for begun in self._shown.values()]
        self._painted |= self._shown
        self._shown.clear()

    def _on_swap(self) -> None:
        now = perf_counter()
        self.swapped += [1000 * (now - begun) for begun in self._painted.values()]
        self._painted.clear()
        if not self._asked and not self._shown and self._loop is not None:
            self._loop.quit()


Times = tuple[list[float], list[float], float]
"""Times until drawn, until shown by the window, and the longest gap, in ms."""


def at_rest(stage: Stage, widget: Any, values: Sequence[float], *, whole: bool = False) -> Times:
    """Move a slider again and again, each time from rest."""
    watch = Watch(stage, whole=whole)
    watch.move(widget, values[-1])
    watch.wait()
    stage.settle()
    watch.drawn, watch.swapped = [], []
    stage.heart.restart()
    for value in values:
        watch.move(widget, value)
        watch.wait(2.0)
        stage.settle()
    watch.close()
    return watch.drawn, watch.swapped, 1000 * stage.heart.longest()


def drag(stage: Stage, widget: Any, values: Sequence[float]) -> Times:
    """Move a slider every 16 ms, as a hand does."""
    widget.value = values[-1]
    stage.settle()
    watch, left, loop, timer = Watch(stage, whole=False), list(values), QEventLoop(), QTimer()

    def step() -> None:
        watch.move(widget, left.pop(0))
        if not left:
            timer.stop()
            loop.quit()

    timer.timeout.connect(step)
    stage.heart.restart()
    timer.start(DRAG_MS)
    loop.exec()
    watch.wait(2.0)
    stage.settle()
    watch.close()
    return watch.drawn, watch.swapped, 1000 * stage.heart.longest()


def bare(stage: Stage, moves: int) -> Times:
    """Change the mask layer in place and redraw it, without a slider or anything of ours: what napari itself takes."""
    layers, drawn, swapped, loop = stage.desk.layers, [], [], QEventLoop()
    begun = 0.0

    def on_draw() -> None:
        drawn.append(1000 * (perf_counter() - begun))

    def on_swap() -> None:
        swapped.append(1000 * (perf_counter() - begun))
        loop.quit()

    stage.screen.drawn.connect(on_draw)
    stage.screen.swapped.connect(on_swap)
    stage.heart.restart()
    kept = layers.mask.copy()
    for number in range(moves):
        stage.idle(0.05)
        begun = perf_counter()
        layers.mask[layers.slice_index, 20:60, 20:60] = number % 2
        layers.mask_layer.refresh(thumbnail=False, highlight=False, extent=False)
        loop.exec()
    stage.screen.drawn.disconnect(on_draw)
    stage.screen.swapped.disconnect(on_swap)
    layers.show_mask(kept)
    return drawn, swapped, 1000 * stage.heart.longest()


def sweep(count: int, low: float, high: float, step: float) -> list[float]:
    """Give values that all differ from their neighbour and mostly from all before: results kept cannot answer."""
    grid = np.arange(low, high + step / 2, step)
    order = np.random.default_rng(0).permutation(len(grid))
    return [float(round(grid[order[number % len(grid)]], 6)) for number in range(count)]


def busiest_slice(stage: Stage) -> int:
    """Give the slice with the most evidence."""
    return int(stage.desk.layers.heat.sum(axis=(1, 2)).argmax())


def only_threshold(session: Any) -> None:
    """Let the proposal be the threshold's mask."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "threshold-only.yaml"
        changed = session.recipe.model_copy(update={"name": "threshold-only", "proposal": "refined", "small": ()})
        path.write_text(changed.to_yaml(), encoding="utf-8")
        drain(session.use(path, device="cpu"))


def filters(stage: Stage, *, on: bool) -> bool:
    """Switch islands and hole filling on or off; whether the recipe has them."""
    have = [name for name in ("islands", "holes") if name in stage.dock.forms or name in stage.desk.tuner.steps]
    for name in have:
        stage.desk.tuning.move(name, on=on)
    stage.settle()
    return bool(have)


def forget(stage: Stage) -> None:
    """Drop the results kept, so that every move is computed."""
    cache = stage.desk.session._cache
    with cache._lock:
        cache._arrays.clear()
        cache._bytes = 0


def measure_threshold(stage: Stage, moves: int, load: str) -> list[Row]:
    """Measure the recipe whose mask is the threshold's."""
    stage.desk.layers.go_to(busiest_slice(stage))
    stage.settle()
    widget, values = stage.slider("refined", "value"), sweep(moves, 0.1, 0.9, 0.01)
    rows = [Row(f"napari alone redraws a changed slice{load}", *bare(stage, moves), gap_goal=None)]
    forget(stage)
    rows.append(Row(f"threshold, visible slice{load}", *at_rest(stage, widget, values), (16, 33)))
    forget(stage)
    rows.append(Row(f"threshold, visible slice, dragged{load}", *drag(stage, widget, values * 2)))
    forget(stage)
    rows.append(Row(f"threshold, whole volume{load}", *at_rest(stage, widget, values, whole=True), (80, None)))
    if not load:
        rows += measure_3d(stage, widget, values[: max(3, moves // 8)])
    return rows


def measure_3d(stage: Stage, widget: Any, values: Sequence[float]) -> list[Row]:
    """Measure in 3D display, in a small window; without a graphics card a volume takes seconds to draw: no goals."""
    stage.viewer.window.resize(700, 420)
    stage.viewer.dims.ndisplay = 3
    stage.settle()
    rows = [Row("napari alone redraws a changed volume in 3D", *bare(stage, len(values)), gap_goal=None)]
    forget(stage)
    rows.append(Row("threshold, volume in 3D", *at_rest(stage, widget, values, whole=True), gap_goal=None))
    stage.viewer.dims.ndisplay = 2
    stage.viewer.window.resize(1280, 800)
    stage.settle()
    return rows


def measure_crf(stage: Stage, moves: int, load: str) -> list[Row]:
    """Measure the recipe whose mask went through the CRF."""
    stage.desk.layers.go_to(busiest_slice(stage))
    stage.settle()
    rows = []
    widget, values = stage.slider("refined", "value"), sweep(moves, 0.1, 0.9, 0.01)
    forget(stage)
    rows.append(Row(f"threshold with CRF, visible slice{load}", *at_rest(stage, widget, values), (33, None)))
    forget(stage)
    rows.append(Row(f"threshold with CRF, visible slice, drag{load}", *drag(stage, widget, values)))
    forget(stage)
    compat = stage.slider("crf", "compat")
    rows.append(Row(f"CRF compat, visible slice{load}", *at_rest(stage, compat, sweep(moves, 1, 20, 0.5)), (33, None)))
    if filters(stage, on=True):
        smallest, sizes = stage.slider("islands", "smallest"), sweep(moves, 1, 2000, 1)
        rows.append(
            Row(f"islands and holes, whole volume{load}", *at_rest(stage, smallest, sizes, whole=True), (300, None))
        )
        filters(stage, on=False)
    return rows


def docks(stage: Stage) -> Row:
    """Measure how long each dock takes to open in a fresh viewer."""
    import napari

    from napari_wsss.widgets._open_desk import DOCKS, dock_called

    times = []
    for name in DOCKS:
        viewer = napari.Viewer(show=True)
        stage.idle(0.3)
        begun = perf_counter()
        dock_called(viewer, name)
        QApplication.processEvents()
        times.append(1000 * (perf_counter() - begun))
        viewer.close()
    return Row("a dock opens in a fresh viewer, each of five", times, [], 0.0, (500, 500))


def in_viewer(
    project: Path, case: str | None, recipe: Any, measure: Callable[..., list[Row]], options: Any
) -> list[Row]:
    """Measure in a viewer of its own, without load and then beside a training."""
    stage = Stage(project, case, recipe)
    rows = measure(stage, options.moves, "")
    if measure is measure_crf:
        rows.append(docks(stage))
    if options.training:
        train(stage)
        rows += measure(stage, options.moves, ", while training")
        print("training still ran:", not stage.desk.idle, file=sys.stderr)
        stage.desk.running.cancel()
        stage.until(lambda: stage.desk.idle)
    stage.close()
    return rows


def train(stage: Stage) -> None:
    """Start training the classifier in the worker and wait until it takes its steps."""
    session = stage.desk.session
    session.project.settings.setdefault("recipe", session.recipe.name)
    session.set("slices", size=128)
    session.set(
        "classifier", backbone="resnet18", weights="random", stride=16, epochs=200, batch_size=16, learning_rate=1e-4
    )
    heard: list[Any] = []
    stage.desk.run_heard.connect(heard.append)
    stage.desk.run(["train-classifier"], "Train the classifier", "cpu")
    stage.until(lambda: any("loss" in getattr(event, "values", {}) for event in heard) or stage.desk.idle)
    if stage.desk.idle:
        raise RuntimeError("the training ended before it began")
    stage.idle(1.0)


def copy_of(project: Path, folder: Path) -> Path:
    """Copy a project: measuring changes its settings."""
    shutil.rmtree(folder / "copy", ignore_errors=True)
    return Path(shutil.copytree(project, folder / "copy"))


def main() -> int:
    """Measure, print the table, say whether all goals hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--project", type=Path)
    parser.add_argument("--case")
    parser.add_argument("--moves", type=int, default=40)
    parser.add_argument("--no-training", dest="training", action="store_false")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        project = options.project or simulated_project(folder)
        rows = in_viewer(copy_of(project, folder), options.case, only_threshold, measure_threshold, options)
        rows += in_viewer(copy_of(project, folder), options.case, lambda _: None, measure_crf, options)
    print(
        "| from slider to pixels | moves | drawn, median ms | 95 % | max | goal | window, median | longest gap | ok |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        print(row.line())
    print(f"\ntorch in the window's process: {'YES' if torch_came() else 'no'}")
    return int(not all(row.holds for row in rows) or torch_came())


if __name__ == "__main__":
    sys.exit(main())
