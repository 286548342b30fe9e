"""A session that needs no training: a real project folder, and a tuner that cuts the scan at a threshold."""

# ruff: noqa: ARG002 (the signatures are those of Session)

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, Literal

import nibabel as nib
import numpy as np
from fake_models import FakeModels
from fake_training import training

from napari_wsss.data.cohort import scan_cohort
from napari_wsss.data.labels import LabelTable
from napari_wsss.errors import RecipeError
from napari_wsss.models.settings import NETWORKS
from napari_wsss.params import Params, knob
from napari_wsss.progress import Note, Progress, drain
from napari_wsss.session.material import Material
from napari_wsss.session.segmenter_choice import SegmenterChoice
from napari_wsss.store.project import Project
from napari_wsss.store.versions import mask_of, versions_of

STEPS = {
    "train-classifier": "classifier",
    "maps": "maps",
    "propose": "cut",
    "train-segmenter": "segmenter",
    "predict": "prediction",
}
"""Stage → its step."""
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


class Frame(Params):
    """Keep what lies inside boxes."""

    kind: Literal["box-filter"] = "box-filter"
    stage: ClassVar[str] = "propose"
    live: ClassVar[bool] = True
    on: bool = knob(False, "Whether.")
    boxes: tuple[tuple[int, int, int, int, int, int], ...] = knob((), "The boxes.")
    inside: Literal["keep", "drop"] = knob("keep", "What happens inside.")


class Islands(Params):
    """Drop small islands."""

    kind: Literal["island-filter"] = "island-filter"
    stage: ClassVar[str] = "propose"
    live: ClassVar[bool] = True
    on: bool = knob(False, "Whether.")
    smallest: float = knob(50.0, "How small.", ge=0.0, le=1000.0, step=1.0, unit="mm3")


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
    live = {"cut": Cut(), "smooth": Smooth(), "box": Frame(), "islands": Islands()}
    return FakeRecipe({"classifier": Classify(), **live, "segmenter": Segment()})


class FakeTuner:
    """Evidence is the scan stretched to [0, 1]; the mask is where it reaches the threshold."""

    has_maps = True
    stale = False
    slicewise = True

    def __init__(self, session: FakeSession, case_id: str) -> None:
        self.recipe = session.recipe_for(case_id)
        self.has_maps = session.has_maps
        array = session.project.load(case_id).array[0].astype(np.float32)
        self._evidence = (array / array.max())[None]
        self._classes = len(session.project.labels.classes)
        self.calls: list[tuple[str, int | None]] = []

    @property
    def steps(self) -> dict[str, Params]:
        return {name: self.recipe.steps[name] for name in ("cut", "smooth", "box", "islands")}

    @property
    def timings(self) -> dict[str, float]:
        return {"cut": 0.001, "smooth": 0.002}

    def set(self, step: str, **knobs: Any) -> None:
        self.recipe = self.recipe.with_knobs(step, **knobs)

    def evidence(self, z: int | None = None, stop: Any = None) -> np.ndarray:
        every = np.repeat(self._evidence, self._classes, axis=0)
        return every if z is None else every[:, z]

    def quick(self, z: int) -> bool:
        return self.slicewise

    def preview(self, z: int) -> np.ndarray | None:
        return None

    def at_hand(self, z: int | None = None) -> bool:
        return False

    def keep(self) -> None:
        self.calls.append(("keep", None))

    def mask(self, z: int | None = None, stop: Any = None) -> np.ndarray:
        self.calls.append(("mask", z))
        mask = (self._evidence[0] >= self.recipe.steps["cut"].value).astype(np.uint8)
        frame = self.recipe.steps["box"]
        if frame.on and frame.boxes:
            inside = np.zeros(mask.shape, bool)
            for z0, y0, x0, z1, y1, x1 in frame.boxes:
                inside[z0:z1, y0:y1, x0:x1] = True
            mask = mask * (inside == (frame.inside == "keep"))
        return mask if z is None else mask[z]

    def provenance(self) -> dict[str, Any]:
        return {"recipe": "fake", "step": "cut", "key": "0", "params": {}}


@dataclass
class FakeWorker:
    """The members of Worker that the desk uses."""

    cancelled: int = 0
    stopped: int = 0

    def stop_run(self) -> None:
        self.stopped += 1

    def cancel(self) -> None:
        self.cancelled += 1


@dataclass
class FakeSession(FakeModels):
    """The members of Session that docks use."""

    project: Project
    recipe: FakeRecipe = field(default_factory=fake_recipe)
    has_maps: bool = True
    ran: list[tuple[str, ...]] = field(default_factory=list)
    closed: bool = False
    left: bool = False
    run_at_hand: Any = None
    fails: Exception | None = None
    settled: bool = True
    chosen: SegmenterChoice = field(default_factory=SegmenterChoice)
    choices: list[SegmenterChoice] = field(default_factory=list)
    taught: Material = field(default_factory=lambda: Material(2, 10, 1, "1 patient validates, by accepted masks."))
    notes: list[str] = field(default_factory=list)
    worker: FakeWorker = field(default_factory=FakeWorker)
    own: dict[str, dict[tuple[str, str], Any]] = field(default_factory=dict)
    kept: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    exported: list[tuple[Path, dict[str, Any]]] = field(default_factory=list)

    def close(self) -> None:
        self.closed = True
        self.project.close()

    def load(self, case_id: str) -> Any:
        return self.project.load(case_id)

    def tuner(self, case_id: str) -> FakeTuner:
        return FakeTuner(self, case_id)

    def versions(self, case_id: str) -> Any:
        return versions_of(self.project, case_id)

    def version_mask(self, case_id: str, version: Any) -> Any:
        return mask_of(self.project, case_id, version)

    def proposal(self, case_id: str) -> Any:
        return self.project.proposal("cut", case_id)

    def prediction(self, case_id: str) -> Any:
        return self.project.prediction("prediction", case_id)

    def offered_made(self, case_id: str) -> Any:
        if self.offers(case_id) == "prediction":
            return self.project.prediction_provenance("prediction", case_id)
        return self.project.proposal_provenance("cut", case_id)

    def mask_paths(self, case_id: str) -> list[Path]:
        project = self.project
        return [project.proposal_path("cut", case_id), project.prediction_path("prediction", case_id)]

    def evidence(self) -> Any:
        key = "as it is" if self.has_maps else ""
        return lambda case_id: SimpleNamespace(key=key, maps=lambda: [FakeTuner(self, case_id).evidence()])

    def label(self, case_id: str, cls: str, value: int, slices: Any = None) -> None:
        self.project.labels.set(case_id, cls, value, slices)
        self.project.save_labels()

    def accept(
        self,
        case_id: str,
        mask: Any,
        slices: Any = None,
        *,
        edited: bool = False,
        made: Any = None,
        edits: Any = (),
    ) -> Path:
        made = made or {}
        facts = {name: made[name] for name in ("recipe", "step", "key", "params", "weights") if name in made}
        facts |= {"edited": edited or bool(made.get("edited")), "edits": [*made.get("edits", ()), *edits]}
        return self.project.accept(case_id, mask, facts, slices)

    def reject(self, case_id: str, reason: str = "") -> None:
        self.project.reject(case_id, reason)

    def set(self, step: str, **knobs: Any) -> None:
        self.recipe = self.recipe.with_knobs(step, **knobs)

    def keep(self, knobs: Any) -> None:
        for step, values in knobs.items():
            self.set(step, **values)

    def apply(self, setting: dict[str, Any]) -> None:
        for place, value in setting.items():
            step, name = place.split(".")
            self.set(step, **{name: value})

    def recipe_for(self, case_id: str) -> FakeRecipe:
        recipe = self.recipe
        for (step, name), value in self.own.get(case_id, {}).items():
            recipe = recipe.with_knobs(step, **{name: value})
        return recipe

    def set_case(self, case_id: str, step: str, **knobs: Any) -> None:
        self.own.setdefault(case_id, {}).update({(step, name): value for name, value in knobs.items()})

    def keep_case(self, case_id: str, knobs: Any) -> None:
        for step, values in knobs.items():
            self.set_case(case_id, step, **values)

    def case_overrides(self, case_id: str) -> list[str]:
        return [f"{step}.{name}={value}" for (step, name), value in self.own.get(case_id, {}).items()]

    def clear_case(self, case_id: str, step: str | None = None, knob: str | None = None) -> None:
        own = self.own.get(case_id, {})
        for place in [p for p in own if step in (None, p[0]) and knob in (None, p[1])]:
            del own[place]

    def save_preset(self, name: str, knobs: Any) -> None:
        self.kept[name] = {step: dict(values) for step, values in knobs.items()}

    def presets(self) -> dict[str, list[str]]:
        return {name: [f"{step}={knobs}" for step, knobs in kept.items()] for name, kept in self.kept.items()}

    def preset(self, name: str) -> dict[str, dict[str, Any]]:
        return self.kept[name]

    def delete_preset(self, name: str) -> None:
        del self.kept[name]

    def search_thresholds(self, masks: str = "accepted", at: Any = None, step: float = 0.1) -> Any:
        yield Progress("search thresholds", 0, 1)
        values = [round(0.1 * index, 1) for index in range(11)]
        dice = [1 - abs(value - 0.3) for value in values]
        axis = {"step": "cut", "knob": "value", "values": values, "now": 0.5}
        best = {"index": [3], "settings": {"cut.value": 0.3}, "dice": 1.0, "miou": 1.0}
        text = f"searched with 2 {masks} masks of 2 patients"
        return {
            "axes": [axis],
            "dice": dice,
            "best": best,
            "now": {"settings": {"cut.value": 0.5}, "dice": 0.8},
            "text": text,
        }

    def calibrate(self, masks: str = "accepted", knobs: Any = None, minutes: float = 5.0) -> Any:
        yield Progress("calibrate", 0, 1, values={"before": 0.6, "best": 0.7})
        return {
            "text": f"calibrated with 2 {masks} masks of 2 patients",
            "reason": "Better on every patient not used for the choice.",
            "trusted": True,
            "present": {"cut.value": 0.5},
            "settings": {"cut.value": 0.3},
            "before": {"dice": 0.6, "miou": 0.7},
            "after": {"dice": 0.8, "miou": 0.85},
            "unseen": {"dice": 0.75, "miou": 0.8},
            "rows": [{"case": "case0", "patient": "p0", "slices": 5, "before": 0.6, "after": 0.8, "unseen": 0.75}],
        }

    def last_run(self) -> Any:
        return self.run_at_hand

    def run_under_way(self) -> Any:
        return self.run_at_hand if self.run_at_hand is not None and self.run_at_hand.under_way else None

    def unfinished(self) -> Any:
        run = self.run_at_hand
        return run if run is not None and run.state in {"stopped", "died"} else None

    def follow(self, run: Any = None) -> Any:
        return (yield from self.run(run.job.stages))

    def resume(self, run: Any) -> Any:
        return (yield from self.run(run.job.stages))

    def pause(self) -> None:
        self.run_at_hand.state = "paused"

    def go_on(self) -> None:
        self.run_at_hand.state = "running"

    def leave(self) -> None:
        self.left = True

    def use(self, name: str) -> Any:
        yield Note(f"using {name}")
        return []

    def plan(self, stages: Any = None) -> list[Any]:
        state = "valid" if self.ran else "missing"
        return [
            SimpleNamespace(stage=stage, step=step, state=state, units=3, seconds=None)
            for stage, step in STEPS.items()
            if stages is None or stage in stages
        ]

    def estimate(self, stages: Any = None, *, device: str = "auto") -> Any:
        yield Progress("estimate", 0, 1)
        return [SimpleNamespace(**{**vars(step), "seconds": 75.0}) for step in self.plan(stages)]

    def run(self, stages: Any = None, *, device: str = "auto", cases: Any = None) -> Any:
        for stage in stages:
            yield from self._stage(stage)
        self.ran.append(tuple(stages))
        return {STEPS[stage]: {"trained": True} if stage.startswith("train-") else {"made": 3} for stage in stages}

    def _stage(self, stage: str) -> Any:
        """Give the events of a stage; the first is the last where it fails."""
        trains = stage.startswith("train-")
        events = training(STEPS[stage]) if trains else (Progress(STEPS[stage], done, 3, "case") for done in range(4))
        for event in events:
            yield event
            if self.fails is not None and isinstance(event, Progress):
                raise self.fails

    def choice(self) -> SegmenterChoice:
        if "segmenter" not in self.recipe.steps:
            raise RecipeError("the recipe trains no segmenter")
        return self.chosen

    def choose(self, choice: SegmenterChoice) -> None:
        if choice.fine_tune and self.taught.fixed:
            raise RecipeError(self.taught.fixed)
        self.chosen = choice
        self.choices.append(choice)

    def choosing(self, choice: SegmenterChoice) -> Any:
        yield Progress("choose", 0, 1)
        self.settled = True
        self.choose(choice)

    def networks(self) -> tuple[str, ...]:
        return NETWORKS

    def qualities(self) -> dict[str, str]:
        epochs = {"quick look": 2, "standard": 8, "thorough": 24}
        return {name: f"{number // (2 if self.chosen.fine_tune else 1)} epochs" for name, number in epochs.items()}

    def material(self) -> Material:
        self.choice()
        return self.taught

    def evaluate(self, subsets: Any = ("val",)) -> Any:
        yield Progress("evaluate", 0, 1)
        origin = {"pixel_accuracy": 0.91, "mean_iou": 0.6, "dice": 0.41, "slices": 5}
        rows = [{"mask": "origin", **origin}, {"mask": "crf", "pixel_accuracy": 0.95, "dice": None}]
        rows = [{"class": "lesion", **row} for row in rows]
        classifier = [{"class": "lesion", "auc": 0.93, "accuracy": float("nan")}]
        return {"classifier": classifier, "masks": rows, "cases": [], "rule": "two empty masks agree"}

    def export(self, folder: Path, **wanted: Any) -> Any:
        yield Progress("export", 0, 1)
        self.exported.append((folder, wanted))
        return [Path(folder) / "S001-1.nii.gz"]

    def report_accepted(self, path: Path, *, names: Any = None) -> Any:
        yield Progress("report", 0, 1)
        return path

    def write_key(self) -> Path:
        return self.project.folder / "pseudonyms.csv"

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
