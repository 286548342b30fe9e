"""What the live benchmarks share: a project to tune, the real viewer with its docks, and what happens in it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import nibabel as nib
import numpy as np
from qtpy.QtCore import QEventLoop, QObject, Qt, QTimer, Signal
from scipy import ndimage

from napari_wsss.data.simulated.lesions import LESION
from napari_wsss.data.simulated.patient import draw_patient, scanner_geometry
from napari_wsss.pipeline.workspace import ArrayShelf
from napari_wsss.progress import drain
from napari_wsss.session import Session

FULL = (155, 240, 240)
"""Voxels along Z, Y, X of a BraTS scan."""
SCALES = (0.5, 1.0, 1.5, 2.0)
BEAT_MS = 5
PATIENCE_SECONDS = 120.0


def simulated_project(folder: Path, shape: tuple[int, int, int] = FULL, cases: int = 2) -> Path:
    """Make a project of simulated heads with labels, reference masks and activation maps; nothing is trained.

    The head is drawn at half the resolution, which is enough for a timing and takes seconds instead of a minute.
    """
    if (folder / "project" / "project.json").exists():
        return folder / "project"
    rows = ["image,slice,lesion"]
    masks = {}
    for number in range(cases):
        name, coarse = f"head{number}", tuple(max(4, size // 2) for size in shape)
        patient = draw_patient(scanner_geometry(coarse), [LESION], np.random.default_rng([7, number]))
        factors = [size / half for size, half in zip(shape, coarse, strict=True)]
        scan = ndimage.zoom(patient.scan.astype(np.float32), factors, order=1)
        masks[name] = (ndimage.zoom((patient.reference > 0).astype(np.float32), factors, order=1) >= 0.5).astype(
            np.uint8
        )
        affine = scanner_geometry(shape).affine
        for kind, array in (("images", scan.astype(np.int16)), ("masks", masks[name])):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            nib.save(nib.Nifti1Image(array.transpose(2, 1, 0), affine), folder / kind / f"{name}.nii.gz")
        rows += [f"{name}.nii.gz,{z},{int(mask.any())}" for z, mask in enumerate(masks[name])]
    (folder / "labels.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    session = drain(
        Session.create(
            folder / "project", images=folder / "images", labels=folder / "labels.csv", reference=folder / "masks"
        )
    )
    with session:
        drain(session.use("mixed-unet", device="cpu"))
        for name, mask in masks.items():
            write_maps(session, name, mask)
    return folder / "project"


def write_maps(session: Session, case_id: str, mask: np.ndarray, size: int = 256, stride: int = 16) -> None:
    """Put maps on the shelf as a classifier would leave them: coarse, blurred, and not quite in the right place."""
    rng = np.random.default_rng(3)
    arrays: dict[str, Any] = {"logits": np.where(mask.any(axis=(1, 2)), 4.0, -4.0).astype(np.float32)[:, None]}
    arrays["size"] = np.asarray(size)
    for scale in SCALES:
        side = max(2, round(size * scale / stride))
        factors = (1.0, side / mask.shape[1], side / mask.shape[2])
        coarse = ndimage.zoom(ndimage.gaussian_filter(mask.astype(np.float32), (0.5, 9, 9)), factors, order=1)
        coarse += 0.02 * rng.random(coarse.shape, dtype=np.float32)
        arrays[f"scale-{scale:g}"] = coarse[None].astype(np.float16)
        arrays[f"grid-{scale:g}"] = np.array([[0.5 / side, 1.0 / side]] * 2)
    ArrayShelf(session.workspace.cache, "maps", case_id).write("0" * 64, arrays)


class Heart(QObject):
    """Beats every few milliseconds while the event loop turns, and so knows how long it ever stood still."""

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self.gaps: list[float] = []
        self._last = perf_counter()
        self._timer.start()

    def restart(self) -> None:
        """Forget what was measured."""
        self.gaps, self._last = [], perf_counter()

    def longest(self) -> float:
        """Give the longest time in seconds between two beats, less the beat itself."""
        return max(self.gaps, default=0.0)

    def _beat(self) -> None:
        now = perf_counter()
        self.gaps.append(max(0.0, now - self._last - BEAT_MS / 1000))
        self._last = now


class Screen(QObject):
    """Tells when the canvas was drawn, and when the window showed the drawing.

    With a graphics card the two are one; a virtual screen first rasterises in software, docks and all.

    Signals:
        drawn: the canvas has drawn.
        swapped: the window shows it.
    """

    drawn = Signal()
    swapped = Signal()

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        canvas = viewer.window._qt_viewer.canvas
        canvas._scene_canvas.events.draw.connect(lambda _: self.drawn.emit(), position="last")
        canvas.native.frameSwapped.connect(self.swapped)


class Stage(QObject):
    """The real viewer with all docks and a project in it.

    Args:
        project: project folder.
        case: the case; the first unless given.
        recipe: changes the session's recipe before the case is opened.
    """

    def __init__(
        self, project: Path, case: str | None = None, recipe: Callable[[Session], None] = lambda _: None
    ) -> None:
        super().__init__()
        import napari

        from napari_wsss.widgets._open_desk import open_desk, show_dock

        self.viewer = napari.Viewer(show=True)
        self.viewer.window.resize(1280, 800)
        self.desk = open_desk(self.viewer)
        self.screen, self.heart = Screen(self.viewer), Heart()
        session = Session.open(project)
        recipe(session)
        self.desk.adopt(session)
        self.until(lambda: not self.desk.loading and self.desk.tuner is not None)
        if case is not None and self.desk.loaded.case_id != case:
            self.open(case)
        self.dock = show_dock(self.viewer, "Tune")
        self.warm()
        if self.desk.mask.origin != "proposal":
            self.desk.mask.choose("proposal")
            self.desk.retune()
        self.settle()

    def open(self, case: str) -> None:
        """Open a case."""
        self.desk.show_case(case)
        self.until(lambda: not self.desk.loading and self.desk.loaded.case_id == case and self.desk.tuner is not None)
        self.settle()

    def warm(self) -> None:
        """Wait until the CRF is compiled: a person needs longer to reach the first slider."""
        warmer = self.desk._warmer
        self.until(lambda: warmer is None or not warmer.running)

    def settle(self) -> None:
        """Wait until the mask shown is that of the knobs, and drawn."""
        self.until(lambda: not self.desk.live.busy and not self.desk.loading)
        self.idle(0.05)

    def idle(self, seconds: float) -> None:
        """Let the event loop turn."""
        loop = QEventLoop()
        QTimer.singleShot(int(seconds * 1000), loop.quit)
        loop.exec()

    def until(self, condition: Callable[[], bool], patience: float = PATIENCE_SECONDS) -> None:
        """Turn the event loop until ``condition`` holds."""
        end, loop, timer = perf_counter() + patience, QEventLoop(), QTimer()
        timer.setInterval(1)
        timer.timeout.connect(lambda: loop.quit() if condition() or perf_counter() > end else None)
        timer.start()
        if not condition():
            loop.exec()
        if not condition():
            raise TimeoutError(f"waited {patience:g} s in vain")

    def slider(self, step: str, knob: str) -> Any:
        """Give the control of a knob in the Tune dock."""
        return self.dock.forms[step].editor(knob).widget

    def close(self) -> None:
        """Close the window."""
        self.viewer.close()


def torch_came() -> bool:
    """Whether the window's process has loaded torch."""
    return "torch" in sys.modules
