"""How smooth the worklist is with many cases: gaps of the event loop while a person works with it.

    xvfb-run -a -s "-screen 0 1600x1200x24" python benchmarks/worklist.py [--cases 1000] [--slices 24]

A real project of small scans with proposals, 300 of them accepted, every slice labelled, in a real viewer under a
virtual screen. Prints JSON: for each deed the longest gap between two rounds of the event loop in milliseconds and
how many were longer than 50 ms, the most work of the window's own thread in one round, and how long it takes until
everything stands. On a busy machine the work says more than the gap. The aim is 50 ms for everything but opening.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np

SIDE = 64


def generate(folder: Path, cases: int, slices: int) -> Path:
    """Make the project; all scans are links to one file, all masks to another."""
    from napari_wsss.data.cohort import scan_cohort
    from napari_wsss.data.labels import LabelTable
    from napari_wsss.progress import drain
    from napari_wsss.store.project import Project

    rng = np.random.default_rng(0)
    scans = folder / "scans"
    scans.mkdir()
    names = [f"patient_{number:04}" for number in range(cases)]
    first = scans / f"{names[0]}.nii.gz"
    scan = rng.normal(100, 20, (SIDE, SIDE, slices)).astype(np.float32)
    nib.save(nib.Nifti1Image(scan, np.diag([-1.0, -1.0, 3.0, 1.0])), first)
    (found,) = drain(scan_cohort(scans, None))
    for name in names[1:]:
        os.link(first, scans / f"{name}.nii.gz")
    cohort = [
        found.replace(id=name, patient=name, subset="train", channels={"image": scans / f"{name}.nii.gz"})
        for name in names
    ]
    labels = LabelTable.empty(["lesion"], dict.fromkeys(names, slices))
    for name in names:
        labels.case(name).slices[:] = rng.integers(0, 2, (slices, 1))
    mask = np.zeros((slices, SIDE, SIDE), np.uint8)
    mask[slices // 3 : slices // 2, 20:40, 10:30] = 1
    project_folder = folder / "project"
    with Project.create(project_folder, "benchmark", cohort, labels) as project:
        project.write_proposal("crf", names[0], mask, {"key": "k"})
        project.accept(names[0], mask, {"recipe": "none"})
        for shelf, count in (
            (project.proposal_path("crf", "x").parent, cases),
            (project.accepted_path("x").parent, 300),
        ):
            for name in names[1:count]:
                for suffix in (".nii.gz", ".yaml"):
                    os.link(shelf / f"{names[0]}{suffix}", shelf / f"{name}{suffix}")
    return project_folder


class Probe:
    """Watches the event loop."""

    def __init__(self) -> None:
        from qtpy.QtWidgets import QApplication

        self._app = QApplication.instance()
        self.results: dict[str, dict[str, float]] = {}

    def watch(self, name: str, do: Callable[[], object], until: Callable[[], bool], least: float = 0.5) -> None:
        """Do something and note the gaps until it is done, for at least a while."""
        gaps: list[float] = []
        work: list[float] = []
        begun = last = time.perf_counter()
        spent = time.thread_time()
        do()
        ready = None
        while ready is None or last - begun < least:
            self._app.processEvents()
            now = time.perf_counter()
            gaps.append(now - last)
            work.append(time.thread_time() - spent)
            last, spent = now, time.thread_time()
            if ready is None and until():
                ready = now - begun
            time.sleep(0.001)
        long = [gap for gap in gaps if gap > 0.05]
        self.results[name] = {
            "longest_gap_ms": round(1000 * max(gaps), 1),
            "most_work_ms": round(1000 * max(work), 1),
            "gaps_over_50_ms": len(long),
            "seconds": round(ready, 2),
        }


def main() -> None:
    """Generate in a temporary folder, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--slices", type=int, default=24)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = generate(Path(folder), chosen.cases, chosen.slices)
        print(json.dumps({"cases": chosen.cases, **measure(project)}, indent=1))


def measure(folder: Path) -> dict[str, dict[str, float]]:
    """Work with the list."""
    import napari

    from napari_wsss.session import Session
    from napari_wsss.widgets import open_desk
    from napari_wsss.widgets._decisions import accept
    from napari_wsss.widgets._open_desk import show_dock

    viewer = napari.Viewer(show=True)
    viewer.window.resize(1280, 720)
    desk = open_desk(viewer)
    panel = show_dock(viewer, "Project").cases
    worklist, table, probe = desk.worklist, panel.table, Probe()
    bar = table.verticalScrollBar()

    def idle() -> bool:
        return not worklist.filler.running and not worklist._settle.isActive() and desk.writer.idle

    def scroll() -> None:
        for place in np.linspace(0, bar.maximum(), 60).astype(int).tolist():
            bar.setValue(place)
            probe._app.processEvents()

    probe.watch("open", lambda: desk.adopt(Session.open(folder)), lambda: desk.loaded is not None, 3.0)
    probe.watch("first figures of all cases", lambda: None, idle)
    for place, at in enumerate(np.linspace(0, bar.maximum(), 20).astype(int).tolist()):
        probe.watch(f"scroll {place}", lambda at=at: bar.setValue(at), lambda: True, 0.15)
    scrolled = [probe.results.pop(f"scroll {place}")["longest_gap_ms"] for place in range(20)]
    probe.results["scroll, 20 places, thumbnails drawn"] = {"longest_gap_ms": max(scrolled)}
    probe.watch("sort by volume", lambda: panel.table._on_heading(4), lambda: True)
    probe.watch("sort by state", lambda: panel.table._on_heading(1), lambda: True)
    probe.watch("order at random", lambda: panel.order.setCurrentIndex(4), lambda: True)
    probe.watch("filter accepted", lambda: panel.state.setCurrentIndex(6), lambda: True)
    probe.watch("no filter", lambda: panel.state.setCurrentIndex(0), lambda: True)
    for text in ("p", "pa", "patient_05", ""):
        probe.watch(f"search {text!r}", lambda text=text: panel.search.setText(text), lambda: True, 0.3)
    probe.watch("order by uncertainty (all maps looked up)", lambda: panel.order.setCurrentIndex(1), idle)
    probe.watch(
        "order by gain (learnt)", lambda: panel.order.setCurrentIndex(3), lambda: idle() and worklist.note != ""
    )
    probe.watch("label a slice", lambda: desk.labelling.press(0), idle)
    desk.mask.choose("accepted")
    probe.watch("accept", lambda: accept(desk), lambda: idle() and not desk.live.busy, 1.0)
    probe.watch("next case", lambda: desk.step_case(1), lambda: not desk.loading and idle(), 1.0)
    probe.watch("everything looked up again", worklist.look_again, idle)
    viewer.close()
    return probe.results


if __name__ == "__main__":
    main()
