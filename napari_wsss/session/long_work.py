"""The session's long work: everything that runs for a while in the worker and can be cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from napari_wsss.data.splits import SUBSETS
from napari_wsss.errors import RecipeError
from napari_wsss.pipeline.plan import PlannedStep, plan
from napari_wsss.pipeline.step import STAGES
from napari_wsss.pipeline.workspace import Workspace
from napari_wsss.progress import Note, Work
from napari_wsss.session.jobs import Worker
from napari_wsss.session.knobs import Knobs
from napari_wsss.session.names import Names
from napari_wsss.session.recipe_choice import smaller_settings
from napari_wsss.session.workspaces import workspace_of
from napari_wsss.store.project import Project


class LongWork(Knobs):
    """The part of a :class:`~napari_wsss.session.Session` that trains, computes, scores and searches.

    Attributes:
        worker: the process that has torch; started at the first long work.
    """

    def __init__(self, project: Project, worker: Worker | None = None) -> None:
        super().__init__(project)
        self.worker = worker if worker is not None else Worker()

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
        yield from self._settle(device)
        wanted = _stages(stages)
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

    def cross_validate(
        self, folds: int = 3, *, subsets: Sequence[str] = SUBSETS, device: str = "auto"
    ) -> Work[dict[str, Any]]:
        """Run the recipe once a fold, by patient, each in a project of its own under ``folds``, and score all patients.

        The tables, described at :func:`napari_wsss.session.cross_validation.score_folds`, are kept in the project's
        ``metrics`` folder. Closing the generator cancels; the next call goes on from there.

        Args:
            folds: how many; each takes a whole training.
            subsets: whose patients are drawn; all unless given.
            device: "auto", "cpu", "cuda" or "mps".

        Raises:
            InputError: too few patients, or nothing to score against.
            ProjectError: the project is read-only.
        """
        from napari_wsss.session.cross_validation import cross_validate

        yield from self._settle(device)
        return (yield from cross_validate(self.project, self.recipe, self.worker, folds, subsets, device))

    def ablate(
        self, variants: Sequence[str] | None = None, *, subsets: Sequence[str] = ("val",), device: str = "auto"
    ) -> Work[dict[str, Any]]:
        """Run the recipe, and each variant of it in a project of its own under ``ablations``, and compare them.

        The tables, described at :func:`napari_wsss.session.ablation.score_variants`, are kept in the project's
        ``metrics`` folder. Closing the generator cancels; the next call goes on from there.

        Args:
            variants: names of the recipe's ``ablations``; all unless given.
            subsets: whose patients are scored.
            device: "auto", "cpu", "cuda" or "mps".

        Raises:
            RecipeError: the recipe has no such variant.
            InputError: nothing to score against.
            ProjectError: the project is read-only.
        """
        from napari_wsss.session.ablation import ablate, wanted_variants

        yield from self._settle(device)
        wanted = wanted_variants(self.recipe, variants)
        yield from self.run(device=device)
        return (yield from ablate(self.project, self.recipe, self.worker, wanted, subsets, device))

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

    def report(self, path: Path | None = None, *, names: bool | None = None) -> Work[Path]:
        """Write an HTML report with pictures, tables and curves; ``PROJECT/report.html`` unless ``path`` is given.

        Args:
            path: the file.
            names: names of the project instead of pseudonyms; None asks the preferences.
        """
        from napari_wsss.session.reporting import write_project_report

        target = path if path is not None else self.project.folder / "report.html"
        called = Names(self.project, names)
        return (yield from write_project_report(self.project, self.workspace, self.recipe, target, called))

    def _ask(self, task: str, **arguments: Any) -> Work[Any]:  # noqa: ANN401
        folder, recipe = str(self.project.folder), self.recipe.model_dump(mode="json")
        return (yield from self.worker.call(task, project=folder, recipe=recipe, **arguments))

    def _settle(self, device: str) -> Work[None]:
        """Refuse a read-only project; choose the recipe and the settings that fit the machine where nobody has yet."""
        self.project.check_writable()
        if "recipe" not in self.project.settings:
            yield from self.use(device=device)

    def _has_gpu(self, device: str) -> Work[bool]:
        if device != "auto":
            return device != "cpu"
        return bool((yield from self.worker.call("machine"))["gpu"])


def _stages(stages: Sequence[str] | None) -> list[str]:
    wanted = list(STAGES if stages is None else stages)
    if unknown := [stage for stage in wanted if stage not in STAGES]:
        raise RecipeError(f"no stage called {', '.join(unknown)}; stages are {', '.join(STAGES)}.")
    return wanted
