"""A session that needs no training: a real project folder, and a tuner that cuts the scan at a threshold."""

# ruff: noqa: ARG002 (the signatures are those of Session)

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, Literal

import nibabel as nib
import numpy as np

from napari_wsss.data.cohort import scan_cohort
from napari_wsss.data.labels import LabelTable
from napari_wsss.params import Params, knob
from napari_wsss.progress import Note, Progress, drain
from napari_wsss.store.project import Project

LPS = np.diag([-1.0, -1.0, 2.5, 1.0])


class Classify(Params):
    """Learn from labels."""

    stage: ClassVar[str] = "train-classifier"
    live: ClassVar[bool] = False
    epochs: int = knob(3, "How often.", ge=1, le=50, unit="epochs")
    learning_rate: float = knob(1e-3, "Size of the steps.", ge=1e-8, le=1.0, step=1e-8)


class Segment(Params):
    """Learn from masks."""

    stage: ClassVar[str] = "train-segmenter"
    live: ClassVar[bool] = False
    width: int = knob(8, "Width.", ge=4, le=64)


class Cut(Params):
    """Cut the evidence."""

    stage: ClassVar[str] = "propose"
    live: ClassVar[bool] = True
    value: float = knob(0.5, "Where to cut.", ge=0.0, le=1.0, step=0.01)


class Smooth(Params):
    """Do nothing, with a choice."""

    stage: ClassVar[str] = "propose"
    live: ClassVar[bool] = True
    mode: Literal["2d", "3d"] = knob("2d", "Slice by slice or in space.")
    weight: float = knob(3.0, "How strongly.", ge=0.0, le=10.0, step=0.5, unit="mm")
    iterations: int = knob(5, "How often.", ge=1, le=20, advanced=True)


@dataclass(frozen=True)
class FakeRecipe:
    """Steps by name."""

    steps: dict[str, Params]
    name: str = "mixed-unet"
    title: str = "A recipe for tests"
    source: str = "nobody"

    def giving(self, artefact: str) -> list[str]:
        return ["prediction"] if artefact == "prediction" else []

    def step(self, name: str) -> Params:
        return self.steps[name]

    def with_knobs(self, step: str, **knobs: Any) -> FakeRecipe:
        return FakeRecipe({**self.steps, step: self.steps[step].replace(**knobs)})


def fake_recipe() -> FakeRecipe:
    return FakeRecipe({"classifier": Classify(), "cut": Cut(), "smooth": Smooth(), "segmenter": Segment()})


class FakeTuner:
    """Evidence is the scan stretched to [0, 1]; the mask is where it reaches the threshold."""

    has_maps = True
    stale = False
    slicewise = True

    def __init__(self, session: FakeSession, case_id: str) -> None:
        self.recipe = session.recipe
        self.has_maps = session.has_maps
        array = session.project.load(case_id).array[0].astype(np.float32)
        self._evidence = (array / array.max())[None]
        self._classes = len(session.project.labels.classes)
        self.calls: list[tuple[str, int | None]] = []

    @property
    def steps(self) -> dict[str, Params]:
        return {name: self.recipe.steps[name] for name in ("cut", "smooth")}

    @property
    def timings(self) -> dict[str, float]:
        return {"cut": 0.001, "smooth": 0.002}

    def set(self, step: str, **knobs: Any) -> None:
        self.recipe = self.recipe.with_knobs(step, **knobs)

    def evidence(self, z: int | None = None) -> np.ndarray:
        every = np.repeat(self._evidence, self._classes, axis=0)
        return every if z is None else every[:, z]

    def mask(self, z: int | None = None) -> np.ndarray:
        self.calls.append(("mask", z))
        evidence = self._evidence[0] if z is None else self._evidence[0, z]
        return (evidence >= self.recipe.steps["cut"].value).astype(np.uint8)

    def provenance(self) -> dict[str, Any]:
        return {"recipe": "fake", "step": "cut", "key": "0", "params": {}}


@dataclass
class FakeWorker:
    """The member of Worker that the desk uses."""

    cancelled: int = 0

    def cancel(self) -> None:
        self.cancelled += 1


@dataclass
class FakeSession:
    """The members of Session that docks use."""

    project: Project
    recipe: FakeRecipe = field(default_factory=fake_recipe)
    has_maps: bool = True
    ran: list[tuple[str, ...]] = field(default_factory=list)
    closed: bool = False
    fails: Exception | None = None
    worker: FakeWorker = field(default_factory=FakeWorker)

    def close(self) -> None:
        self.closed = True
        self.project.close()

    def load(self, case_id: str) -> Any:
        return self.project.load(case_id)

    def tuner(self, case_id: str) -> FakeTuner:
        return FakeTuner(self, case_id)

    def proposal(self, case_id: str) -> Any:
        return self.project.proposal("cut", case_id)

    def prediction(self, case_id: str) -> Any:
        return self.project.prediction("prediction", case_id)

    def label(self, case_id: str, cls: str, value: int, slices: Any = None) -> None:
        self.project.labels.set(case_id, cls, value, slices)
        self.project.save_labels()

    def accept(self, case_id: str, mask: Any, slices: Any = None, *, edited: bool = False, made: Any = None) -> Path:
        return self.project.accept(case_id, mask, {"edited": edited, **(made or {})}, slices)

    def reject(self, case_id: str, reason: str = "") -> None:
        self.project.reject(case_id, reason)

    def set(self, step: str, **knobs: Any) -> None:
        self.recipe = self.recipe.with_knobs(step, **knobs)

    def use(self, name: str) -> Any:
        yield Note(f"using {name}")
        return []

    def plan(self, stages: Any = None) -> list[Any]:
        state = "valid" if self.ran else "missing"
        names = {"train-classifier": "classifier", "maps": "maps", "propose": "cut", "train-segmenter": "segmenter"}
        steps = [*names.items(), ("predict", "prediction")]
        return [
            SimpleNamespace(stage=stage, step=step, state=state, units=3, seconds=None)
            for stage, step in steps
            if stages is None or stage in stages
        ]

    def estimate(self, stages: Any = None, *, device: str = "auto") -> Any:
        yield Progress("estimate", 0, 1)
        return [SimpleNamespace(**{**vars(step), "seconds": 75.0}) for step in self.plan(stages)]

    def run(self, stages: Any = None, *, device: str = "auto", cases: Any = None) -> Any:
        for done in range(4):
            yield Progress(stages[0], done, 4, f"epoch {done}", {"loss": 1.0 / (1 + done), "auc": 0.5 + done / 10})
            if self.fails is not None:
                raise self.fails
        self.ran.append(tuple(stages))
        return {}

    def evaluate(self, subsets: Any = ("val",)) -> Any:
        yield Progress("evaluate", 0, 1)
        rows = [{"mask": "origin", "pa": 0.91, "miou": 0.6, "dice": 0.41}, {"mask": "crf", "pa": 0.95, "dice": None}]
        classifier = [{"class": "lesion", "auc": 0.93, "accuracy": float("nan")}]
        return {"classifier": classifier, "masks": rows, "cases": [], "rule": "two empty masks agree"}

    def export(self, folder: Path, *, what: str = "accepted", cases: Any = None) -> Any:
        yield Progress("export", 0, 1)
        return [Path(folder) / f"{what}.nii.gz"]

    def report(self) -> Any:
        yield Progress("report", 0, 1)
        return self.project.folder / "report.html"


def write_scan(path: Path, shape: tuple[int, int, int] = (5, 24, 20), affine: np.ndarray = LPS, seed: int = 0) -> Path:
    """Write a NIfTI whose array is (Z, Y, X) = ``shape``: noise with a bright ball."""
    rng = np.random.default_rng(seed)
    z, y, x = np.ogrid[tuple(slice(0, size) for size in shape)]
    ball = ((z - shape[0] / 2) * 2) ** 2 + (y - shape[1] / 3) ** 2 + (x - shape[2] / 3) ** 2 < 16
    array = rng.uniform(10, 60, shape) + 120.0 * ball
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(array.astype(np.float32).transpose(2, 1, 0), affine), path)
    return path


def make_session(folder: Path, cases: int = 3, classes: tuple[str, ...] = ("lesion",)) -> FakeSession:
    """Make a project of some scans, the first with a reference mask."""
    for number in range(cases):
        write_scan(folder / "scans" / f"case{number}.nii.gz", seed=number)
    found = drain(scan_cohort(folder / "scans", None))
    labels = LabelTable.empty(classes, {case.id: case.geometry.shape[0] for case in found})
    return FakeSession(Project.create(folder / "project", "Sample", found, labels))
