"""Session: the one way into a project, for the window, the command line and Python alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from napari_wsss.data.cohort import file_names, scan_cohort
from napari_wsss.data.labels import LabelTable
from napari_wsss.data.splits import assign_subsets, read_patients
from napari_wsss.data.volume import Volume
from napari_wsss.errors import InputError, ProjectError, RecipeError
from napari_wsss.export.masks import export_masks
from napari_wsss.files import write_text
from napari_wsss.pipeline.cache import ArrayCache
from napari_wsss.pipeline.recipe import Recipe, parse_override
from napari_wsss.pipeline.runner import PlannedStep, plan
from napari_wsss.pipeline.step import STAGES
from napari_wsss.pipeline.workspace import Workspace
from napari_wsss.progress import Note, Work
from napari_wsss.recipes import recipe_named
from napari_wsss.session.jobs import Worker
from napari_wsss.session.tuner import Tuner
from napari_wsss.session.workspaces import workspace_of
from napari_wsss.store.project import Project, is_project
from napari_wsss.store.provenance import provenance
from napari_wsss.types import LabelMap

DEFAULT_RECIPE = "mixed-unet"


class Session:
    """An open project, the recipe in use, and the worker process that does the long work.

    Attributes:
        project: the folder: cases, labels, masks.
        recipe: the recipe with this project's settings.
        worker: the process that has torch; started at the first long work.
    """

    def __init__(self, project: Project, worker: Worker | None = None) -> None:
        self.project = project
        self.worker = worker if worker is not None else Worker()
        self._cache = ArrayCache()
        self.recipe = self._stored_recipe()

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        images: Path | None = None,
        channels: Mapping[str, Path] | None = None,
        labels: Path | None = None,
        split: Path | None = None,
        reference: Path | None = None,
        patient_regex: str | None = None,
        classes: Sequence[str] | None = None,
        name: str | None = None,
    ) -> Work[Session]:
        """Make a project folder from scans and, where there is one, a table of image-level labels.

        Args:
            folder: the new project folder.
            images: folder of scans with one channel (or colour) each. Give this or ``channels``.
            channels: channel name → folder of its scans.
            labels: CSV ``image[,slice],<class>…``; without it all labels start unknown.
            split: CSV ``image,split``; without it patients are drawn 60/20/20.
            reference: folder of expert masks, for scoring only.
            patient_regex: finds the patient in a file name (first group, or the whole match).
            classes: columns of the table to take (all when None); without a table the class names ("lesion").
            name: of the project; the folder's name unless given.

        Raises:
            InputError: both or neither of ``images`` and ``channels``; any fault of scans, table or split, all
                faults of one kind together.
            ProjectError: the folder cannot be written or already holds a project.
        """
        if (images is None) == (not channels):
            raise InputError("give either --images or --channel: one folder of scans, or one folder per channel.")
        if is_project(Path(folder)):
            raise ProjectError(f"{folder}: holds a project already. Open it, or give another folder.")
        cases = yield from scan_cohort(images, channels, reference)
        depths = {case.id: case.geometry.shape[0] for case in cases}
        if labels is None:
            table = LabelTable.empty(tuple(classes or ("lesion",)), depths)
        else:
            table = LabelTable.read(Path(labels), depths, file_names(cases), classes)
        patients = read_patients(Path(labels), cases) if labels is not None else {}
        cases = assign_subsets(cases, split=split, patient_regex=patient_regex, patients=patients)
        for case in cases:
            for warning in case.warnings:
                yield Note(f"{case.id}: {warning}", "warning")
        project = Project.create(Path(folder), name or Path(folder).name, cases, table)
        return cls(project)

    @classmethod
    def open(cls, folder: Path, *, read_only: bool = False) -> Self:
        """Open a project folder. A second opener of the same project gets it read-only.

        Raises:
            ProjectError: no project there, or one of a newer version, or a damaged one.
        """
        return cls(Project.open(Path(folder), read_only=read_only))

    def close(self) -> None:
        """End the worker and give the project free."""
        self.worker.stop()
        self.project.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def workspace(self) -> Workspace:
        """The project as the pipeline sees it."""
        return workspace_of(self.project, self.recipe)

    def use(
        self,
        recipe: str | Path | None = None,
        overrides: Sequence[str] = (),
        device: str = "auto",
        *,
        keep: bool = True,
    ) -> Work[list[str]]:
        """Choose a recipe and settings for this project.

        Without a GPU the recipe's smaller settings are taken for every knob that ``overrides`` does not set.

        Args:
            recipe: name of a published recipe, or a YAML file. None, or the project's own recipe, keeps the
                project's settings, to which ``overrides`` are added; another recipe starts from its own settings.
            overrides: settings ``step.knob=value``.
            device: "auto", "cpu", "cuda" or "mps".
            keep: store the choice in the project.

        Returns:
            The smaller settings that were taken.

        Raises:
            RecipeError: unknown recipe, step or knob, or a value out of bounds.
        """
        if recipe is None or recipe == self.project.settings.get("recipe"):
            recipe, overrides = self._recipe_name(), [*self._overrides(), *overrides]
        base = _base_recipe(str(recipe))
        base.with_overrides(overrides)
        taken: list[str] = []
        if base.small and not (yield from self._has_gpu(device)):
            theirs = {parse_override(text)[:2] for text in overrides}
            taken = [text for text in base.small if parse_override(text)[:2] not in theirs]
        if taken:
            yield Note(f"No GPU: smaller settings than the published ones ({', '.join(taken)}); --set changes them.")
        self._adopt(base, [*taken, *overrides], keep=keep)
        return taken

    def set(self, step: str, **knobs: Any) -> None:  # noqa: ANN401
        """Change knobs of one step for this project. Raises RecipeError for an unknown name or a bad value."""
        self.recipe.with_knobs(step, **knobs)
        new = {(step, knob): f"{step}.{knob}={json.dumps(value)}" for knob, value in knobs.items()}
        kept = [text for text in self._overrides() if parse_override(text)[:2] not in new]
        self._adopt(_base_recipe(self._recipe_name()), [*kept, *new.values()])

    def plan(self, stages: Sequence[str] | None = None) -> list[PlannedStep]:
        """Say what :meth:`run` would do; ``seconds`` stay unknown until :meth:`estimate`."""
        return plan(self.recipe, self.workspace, _stages(stages))

    def estimate(self, stages: Sequence[str] | None = None, *, device: str = "auto") -> Work[list[PlannedStep]]:
        """Plan with times, measured in some seconds on this machine."""
        planned = self.plan(stages)
        if all(step.state == "valid" for step in planned):
            return planned
        rates = yield from self._ask("estimate", device=device)
        return [
            PlannedStep(step.stage, step.step, step.state, step.units, rates[step.step] * step.units)
            if step.step in rates
            else step
            for step in planned
        ]

    def run(
        self, stages: Sequence[str] | None = None, *, device: str = "auto", cases: Sequence[str] | None = None
    ) -> Work[dict[str, Any]]:
        """Run stages (all when None) in the worker; what is still valid is not done again.

        Closing the generator cancels; everything finished is kept and training continues from its checkpoint.

        Raises:
            ProjectError: the project is read-only, or an earlier stage is missing.
            WsssError: whatever went wrong in the worker.
        """
        self.project.check_writable()
        wanted = _stages(stages)
        if "recipe" not in self.project.settings:
            yield from self.use(device=device)
        cases = list(cases) if cases is not None else None
        done: dict[str, Any] = yield from self._ask("run", stages=wanted, device=device, cases=cases)
        return done

    def evaluate(self, subsets: Sequence[str] = ("val",)) -> Work[dict[str, Any]]:
        """Score classifier, proposals and predictions; the result is kept in the project's ``metrics`` folder.

        Raises:
            InputError: no case of these subsets has a reference mask or a label to score against.
        """
        scores: dict[str, Any] = yield from self._ask("evaluate", subsets=list(subsets))
        return scores

    def report(self, path: Path | None = None) -> Work[Path]:
        """Write an HTML report with pictures, tables and curves; ``PROJECT/report.html`` unless ``path`` is given."""
        from napari_wsss.session.reporting import write_project_report

        target = path if path is not None else self.project.folder / "report.html"
        return (yield from write_project_report(self.project, self.workspace, self.recipe, target))

    def load(self, case_id: str) -> Volume:
        """Read a case's scan. Raises InputError when the file is gone or unreadable."""
        return self.project.load(case_id)

    def tuner(self, case_id: str) -> Tuner:
        """Give the live path of one case."""
        self.project.case(case_id)
        return Tuner(self.recipe, self.workspace, case_id, self._cache)

    def proposal(self, case_id: str) -> LabelMap | None:
        """Give the proposal kept for a case, or None."""
        return self.project.proposal(self.recipe.proposal, case_id)

    def prediction(self, case_id: str) -> LabelMap | None:
        """Give the segmenter's mask of a case, or None."""
        names = self.recipe.giving("prediction")
        return self.project.prediction(names[-1], case_id) if names else None

    def label(self, case_id: str, cls: str, value: int, slices: Sequence[int] | None = None) -> None:
        """Set an image-level label (1, 0, or -1 for unknown) of slices, or of the whole scan, and save the table."""
        self.project.check_writable()
        self.project.labels.set(case_id, cls, value, slices)
        self.project.save_labels()

    def accept(
        self,
        case_id: str,
        mask: LabelMap,
        slices: Sequence[int] | None = None,
        *,
        edited: bool = False,
        made: Mapping[str, Any] | None = None,
    ) -> Path:
        """Keep ``mask`` (Z, Y, X) as the person's own decision; the version before stays in the history.

        Args:
            case_id: the case.
            mask: label map on the scan's grid.
            slices: only these slices are accepted; all when None.
            edited: the person changed the proposal by hand.
            made: how the proposal was made (:meth:`Tuner.provenance`); that of the proposal kept when None.
        """
        kept = self.project.proposal_provenance(self.recipe.proposal, case_id) if made is None else made
        bare = {"recipe": self.recipe.name, "step": "", "key": "", "params": {}}
        facts = {name: kept[name] for name in (*bare, "weights") if name in kept}
        facts = provenance(**(bare | facts), edited=edited)
        return self.project.accept(case_id, mask, facts, slices)

    def reject(self, case_id: str, reason: str = "") -> None:
        """Mark a case's proposal as no use."""
        self.project.reject(case_id, reason)

    def export(self, folder: Path, *, what: str = "accepted", cases: Sequence[str] | None = None) -> Work[list[Path]]:
        """Write masks in the kind of file the scans came in, on the scans' own grid.

        Args:
            folder: where to; made when missing.
            what: "accepted", "predictions", or a mask step of the recipe ("proposals" is its proposal).
            cases: which cases; all that have such a mask when None.

        Raises:
            InputError: no such mask.
        """
        read = self._reader_of(what)
        wanted = [self.project.case(case_id) for case_id in (self.project.cases if cases is None else cases)]
        written = yield from export_masks(wanted, read, Path(folder))
        if not written:
            raise InputError(f"nothing to export: none of {len(wanted)} cases has a mask of the kind '{what}' yet.")
        yield Note("Masks made by software: not for diagnosis.")
        return written

    def _reader_of(self, what: str) -> Callable[[str], LabelMap | None]:
        """Give the function that reads the masks a person calls ``what``."""
        if what == "accepted":
            return self.project.accepted
        if what == "predictions":
            return self.prediction
        kind = self.recipe.proposal if what == "proposals" else what
        if kind not in self.recipe.giving("mask"):
            names = ", ".join(("accepted", "predictions", "proposals", *self.recipe.giving("mask")))
            raise InputError(f"'{what}' is no kind of mask here; give one of: {names}.")
        return partial(self.project.proposal, kind)

    def _ask(self, task: str, **arguments: Any) -> Work[Any]:  # noqa: ANN401
        folder, recipe = str(self.project.folder), self.recipe.model_dump(mode="json")
        return (yield from self.worker.call(task, project=folder, recipe=recipe, **arguments))

    def _has_gpu(self, device: str) -> Work[bool]:
        if device != "auto":
            return device != "cpu"
        return bool((yield from self.worker.call("machine"))["gpu"])

    def _recipe_name(self) -> str:
        name = str(self.project.settings.get("recipe", DEFAULT_RECIPE))
        return str(self.project.folder / name) if _is_file(name) else name

    def _overrides(self) -> list[str]:
        return list(self.project.settings.get("overrides", ()))

    def _stored_recipe(self) -> Recipe:
        return _base_recipe(self._recipe_name()).with_overrides(self._overrides())

    def _adopt(self, base: Recipe, overrides: Sequence[str], *, keep: bool = True) -> None:
        """Put a recipe and its settings to use, and store them unless told not to or the project is read-only."""
        by_knob = {parse_override(text)[:2]: text for text in overrides}
        self.recipe = base.with_overrides(list(by_knob.values()))
        if not keep or self.project.read_only:
            return
        stored = {"recipe": self._name_to_store(base), "overrides": list(by_knob.values())}
        if any(self.project.settings.get(key) != stored[key] for key in stored):
            self.project.settings.update(stored)
            self.project.save()

    def _name_to_store(self, base: Recipe) -> str:
        """A published recipe is stored by name; a person's own is copied into the project."""
        try:
            if recipe_named(base.name) == base:
                return base.name
        except RecipeError:
            pass
        kept = self.project.folder / "recipes" / f"{base.name}.yaml"
        write_text(kept, base.to_yaml())
        return kept.relative_to(self.project.folder).as_posix()


def _base_recipe(name: str) -> Recipe:
    return Recipe.read(Path(name)) if _is_file(name) else recipe_named(name)


def _is_file(recipe: str) -> bool:
    return recipe.endswith((".yaml", ".yml"))


def _stages(stages: Sequence[str] | None) -> list[str]:
    wanted = list(STAGES if stages is None else stages)
    if unknown := [stage for stage in wanted if stage not in STAGES]:
        raise RecipeError(f"no stage called {', '.join(unknown)}; stages are {', '.join(STAGES)}.")
    return wanted
