"""Session: the one way into a project, for the window, the command line and Python alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from napari_wsss.data.volume import Volume
from napari_wsss.errors import RecipeError
from napari_wsss.pipeline.cache import ArrayCache
from napari_wsss.pipeline.kept import KeptMasks
from napari_wsss.pipeline.plan import PlannedStep, plan
from napari_wsss.pipeline.runner import pinned_models
from napari_wsss.pipeline.step import STAGES
from napari_wsss.pipeline.workspace import Workspace
from napari_wsss.progress import Note, Work
from napari_wsss.session.classify import askers
from napari_wsss.session.creation import create_project
from napari_wsss.session.exporting import export_from, prediction_of
from napari_wsss.session.jobs import Worker
from napari_wsss.session.knobs import Knobs
from napari_wsss.session.recipe_choice import smaller_settings
from napari_wsss.session.remote_crf import RemoteCrf, nvidia_driver
from napari_wsss.session.tuner import Tuner
from napari_wsss.session.workspaces import workspace_of
from napari_wsss.store.project import Project
from napari_wsss.store.provenance import provenance
from napari_wsss.types import LabelMap


class Session(Knobs):
    """An open project, the recipe in use, and the worker process that does the long work.

    Attributes:
        project: the folder: cases, labels, masks.
        worker: the process that has torch; started at the first long work.
    """

    def __init__(self, project: Project, worker: Worker | None = None) -> None:
        super().__init__(project)
        self.worker = worker if worker is not None else Worker()
        live = KeptMasks(project.cache_folder / "live", writable=not project.read_only)
        self._cache = ArrayCache(kept=live)
        self._gpu = RemoteCrf(self.worker) if nvidia_driver() else None

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
        project = yield from create_project(
            Path(folder),
            images=images,
            channels=channels,
            labels=None if labels is None else Path(labels),
            split=split,
            reference=reference,
            patient_regex=patient_regex,
            classes=classes,
            name=name,
        )
        return cls._of(project)

    @classmethod
    def open(cls, folder: Path, *, read_only: bool = False) -> Self:
        """Open a project folder. A second opener of the same project gets it read-only.

        Settings stored by an earlier version that no longer fit are left out; :attr:`notes` says which.

        Raises:
            ProjectError: no project there, or one of a newer version, or a damaged one.
            RecipeError: the project's recipe is unknown, or its file is damaged.
        """
        return cls._of(Project.open(Path(folder), read_only=read_only))

    @classmethod
    def _of(cls, project: Project) -> Self:
        """Give a session; where that fails the project is left free."""
        try:
            return cls(project)
        except BaseException:
            project.close()
            raise

    def close(self) -> None:
        """End the worker and give the project free."""
        if self._gpu is not None:
            self._gpu.close()
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
        base = self._choice.base(None if self._choice.is_own(recipe) else recipe)
        if self._choice.is_own(recipe):
            overrides = [*self._choice.overrides(base), *overrides]
        base.with_overrides(overrides)
        taken: list[str] = []
        if base.small and not (yield from self._has_gpu(device)):
            taken = smaller_settings(base, overrides)
        if taken:
            yield Note(f"No GPU: smaller settings than the published ones ({', '.join(taken)}); --set changes them.")
        self._choice.adopt(base, [*taken, *overrides], keep=keep)
        return taken

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

    def search_thresholds(
        self, masks: str = "accepted", at: str | None = None, step: float = 0.1
    ) -> Work[dict[str, Any]]:
        """Score every combination of thresholds on the cases that have a mask; nothing is changed by it.

        The table, described at :func:`napari_wsss.pipeline.search.search_thresholds`, is kept in the project's
        ``metrics`` folder. :meth:`apply` takes ``table["best"]["settings"]``.

        Args:
            masks: "accepted" (of train and val patients) or "reference" (of train patients).
            at: mask step that is scored; the threshold itself, or the ensemble of two, unless given.
            step: distance between two thresholds.

        Raises:
            InputError: there is no such mask.
            RecipeError: not one or two thresholds lead to ``at``.
            ProjectError: a case has no activation maps, or the project cannot be written.
        """
        self.project.check_writable()
        table: dict[str, Any] = yield from self._ask("search-thresholds", masks=masks, at=at, step=step)
        return table

    def calibrate(
        self, masks: str = "accepted", knobs: Sequence[str] | None = None, *, minutes: float | None = 5.0
    ) -> Work[dict[str, Any]]:
        """Look for settings that bring proposals closest to the masks at hand; nothing is changed by it.

        The outcome, described at :func:`napari_wsss.pipeline.calibrate.calibrate`, is kept in the project's
        ``metrics`` folder. :meth:`apply` takes ``outcome["settings"]``.

        Args:
            masks: "accepted" (of train and val patients) or "reference" (of train patients).
            knobs: ``step.knob`` of those to move; thresholds, CRF and the filters in use unless given.
            minutes: how long to search; scoring what was found comes on top. None for no limit.

        Raises:
            InputError: there is no such mask.
            RecipeError: an unknown knob.
            ProjectError: a case has no activation maps, or the project cannot be written.
        """
        self.project.check_writable()
        names = list(knobs) if knobs is not None else None
        outcome: dict[str, Any] = yield from self._ask("calibrate", masks=masks, knobs=names, minutes=minutes)
        return outcome

    def report(self, path: Path | None = None) -> Work[Path]:
        """Write an HTML report with pictures, tables and curves; ``PROJECT/report.html`` unless ``path`` is given."""
        from napari_wsss.session.reporting import write_project_report

        target = path if path is not None else self.project.folder / "report.html"
        return (yield from write_project_report(self.project, self.workspace, self.recipe, target))

    def load(self, case_id: str) -> Volume:
        """Read a case's scan. Raises InputError when the file is gone or unreadable."""
        return self.project.load(case_id)

    def tuner(self, case_id: str) -> Tuner:
        """Give the live path of one case, with its own settings."""
        self.project.case(case_id)
        workspace = self.workspace
        ask = askers(self.worker, self.project.folder, self.recipe, pinned_models(self.recipe, workspace), case_id)
        return Tuner(self.recipe, workspace, case_id, self._cache, ask, accelerator=self._gpu)

    def proposal(self, case_id: str) -> LabelMap | None:
        """Give the proposal kept for a case, or None."""
        return self.project.proposal(self._kind(self.recipe.proposal, case_id), case_id)

    def prediction(self, case_id: str) -> LabelMap | None:
        """Give the segmenter's mask of a case, or None."""
        return prediction_of(self.project, self.recipe, case_id)

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
        if made is None:
            made = self.project.proposal_provenance(self._kind(self.recipe.proposal, case_id), case_id)
        bare = {"recipe": self.recipe.name, "step": "", "key": "", "params": {}}
        facts = {name: made[name] for name in (*bare, "weights") if name in made}
        facts = provenance(**(bare | facts), edited=edited)
        return self.project.accept(case_id, mask, facts, slices)

    def reject(self, case_id: str, reason: str = "") -> None:
        """Mark a case's proposal as no use."""
        self.project.reject(case_id, reason)

    def export(self, folder: Path, *, what: str = "accepted", cases: Sequence[str] | None = None) -> Work[list[Path]]:
        """Write masks in the kind of file the scans came in, on the scans' own grid.

        Args:
            folder: where to; made when missing.
            what: "accepted", "predictions", or a mask step whose masks are kept ("proposals" is the recipe's proposal).
            cases: which cases; all that have such a mask when None.

        Raises:
            InputError: no such mask.
        """
        return (yield from export_from(self.project, self.recipe, self._kind, Path(folder), what, cases))

    def _kind(self, step: str, case_id: str) -> str:
        """Give the step under whose name a mask is kept: a switched-off filter's is that of the step before."""
        return self.recipe_for(case_id).effective(step)

    def _ask(self, task: str, **arguments: Any) -> Work[Any]:  # noqa: ANN401
        folder, recipe = str(self.project.folder), self.recipe.model_dump(mode="json")
        return (yield from self.worker.call(task, project=folder, recipe=recipe, **arguments))

    def _has_gpu(self, device: str) -> Work[bool]:
        if device != "auto":
            return device != "cpu"
        return bool((yield from self.worker.call("machine"))["gpu"])


def _stages(stages: Sequence[str] | None) -> list[str]:
    wanted = list(STAGES if stages is None else stages)
    if unknown := [stage for stage in wanted if stage not in STAGES]:
        raise RecipeError(f"no stage called {', '.join(unknown)}; stages are {', '.join(STAGES)}.")
    return wanted
