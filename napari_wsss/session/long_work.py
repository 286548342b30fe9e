"""The session's long work: everything that runs for a while in the worker and can be cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from napari_wsss.data.splits import SUBSETS
from napari_wsss.pipeline.plan import PlannedStep, plan
from napari_wsss.pipeline.workspace import Workspace
from napari_wsss.progress import Note, Work
from napari_wsss.session.detached import RUNS
from napari_wsss.session.names import Names
from napari_wsss.session.recipe_choice import smaller_settings
from napari_wsss.session.run_folder import RunFolder, RunJob
from napari_wsss.session.running import Running, job_of, stages_of
from napari_wsss.session.segmenter_choice import SegmenterChoice
from napari_wsss.session.workspaces import workspace_of


class LongWork(Running):
    """The part of a :class:`~napari_wsss.session.Session` that trains, computes, scores and searches."""

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
        return plan(self.recipe, self.workspace, stages_of(stages))

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
        self,
        stages: Sequence[str] | None = None,
        *,
        device: str = "auto",
        cases: Sequence[str] | None = None,
        workers: int = 1,
        cluster: str | None = None,
        earlier: bool = True,
    ) -> Work[dict[str, Any]]:
        """Run stages (all when None) in a process of their own; what is still valid is not done again.

        The same work that is under way already is joined. Closing the generator stops it (not after :meth:`leave`);
        everything finished is kept and training continues from its checkpoint.

        Args:
            stages: which; all when None.
            device: "auto", "cpu", "cuda" or "mps".
            cases: narrows maps, proposals and predictions; all when None.
            workers: processes of this machine that do cases side by side; one after another where it is 1.
            cluster: address of a Dask scheduler, such as "tcp://node7:8786", whose workers do the cases instead.
            earlier: tell first what was told before, where the work is joined or gone on with.

        Raises:
            ProjectError: the project is read-only, other work is under way, or an earlier stage is missing.
            WsssError: whatever went wrong.
        """
        job = yield from self._job(stages, device, cases, workers, cluster)
        done: dict[str, Any] = yield from self.worker.run(self.project, job, earlier=earlier)
        return done

    def write_job(
        self,
        stages: Sequence[str] | None = None,
        *,
        device: str = "auto",
        cases: Sequence[str] | None = None,
        workers: int = 1,
        cluster: str | None = None,
    ) -> Work[RunFolder]:
        """Write down what :meth:`run` would do, for others to start: torchrun, SLURM, another machine.

        ``python -m napari_wsss.session.run_process FOLDER`` does it. The arguments are those of :meth:`run`.

        Raises:
            ProjectError: the project is read-only or cannot be written.
        """
        job = yield from self._job(stages, device, cases, workers, cluster)
        return RunFolder.make(self.project.folder / RUNS, replace(job, by_hand=True, niceness=0))

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

    def benchmark(
        self,
        recipes: Sequence[str | Path],
        *,
        folds: int | None = None,
        ceilings: Sequence[str] | None = None,
        accepted: Sequence[int] = (),
        minutes: float | None = None,
        overrides: Sequence[str] = (),
        device: str = "auto",
    ) -> Work[dict[str, Any]]:
        """Run several recipes on the same patients with the same budget, and compare them in one table.

        Each is run in projects of its own under ``benchmark``, where tables, pictures and a report are written too; the
        project itself stays as it is. The recipes' own settings count, not the project's; without a GPU the
        smaller ones. Closing the generator cancels; the next call goes on from there.

        Args:
            recipes: published ones, or YAML files; the others are held against the first.
            folds: draw all patients into so many folds, and score each where it was left out; None for the
                project's own train, val and test patients.
            ceilings: recipes whose segmenter is also taught by reference masks; the first one unless given.
            accepted: numbers of train patients whose mask a simulated person accepts, for the first recipe.
            minutes: scale each recipe's epochs so that a run is estimated to fit; None for its own epochs.
            overrides: settings ``step.knob=value`` for every recipe that has the step and the knob.
            device: "auto", "cpu", "cuda" or "mps".

        Returns:
            As :func:`napari_wsss.session.benchmark.benchmark.benchmark_project` describes it.

        Raises:
            RecipeError: an unknown recipe, two of one name, or a setting that fits none.
            InputError: too few patients for so many folds, or accepted masks together with folds.
            ProjectError: the project is read-only or cannot be written.
        """
        from napari_wsss.session.benchmark.benchmark import benchmark_project
        from napari_wsss.session.benchmark.contest import Contest
        from napari_wsss.session.benchmark.settings import check_settings, with_settings

        self.project.check_writable()
        published = [self._choice.base(recipe) for recipe in recipes]
        check_settings(published, overrides)
        small = not (yield from self._has_gpu(device))
        contest = Contest(
            recipes=tuple(with_settings(recipe, overrides, small) for recipe in published),
            published={recipe.name: recipe for recipe in published},
            folds=folds,
            ceilings=tuple(ceilings) if ceilings is not None else tuple(recipe.name for recipe in published[:1]),
            accepted=tuple(accepted),
            minutes=minutes,
            device=device,
        )
        return (yield from benchmark_project(self.project, contest, self.worker))

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

    def _job(
        self,
        stages: Sequence[str] | None,
        device: str,
        cases: Sequence[str] | None,
        workers: int,
        cluster: str | None,
    ) -> Work[RunJob]:
        yield from self._settle(device)
        given = {"cases": None if cases is None else list(cases), "workers": workers, "cluster": cluster}
        return job_of(self.project, self.recipe, stages_of(stages), device, **given)

    def choosing(self, choice: SegmenterChoice, device: str = "auto") -> Work[None]:
        """Do :meth:`choose` in a project where nobody has chosen a recipe yet: first the settings that fit the machine.

        Raises:
            RecipeError: as :meth:`choose`.
            ProjectError: the project cannot be written.
        """
        yield from self._settle(device)
        self.choose(choice)

    @property
    def settled(self) -> bool:
        """Whether recipe and settings are those somebody chose, or a first run did."""
        return "recipe" in self.project.settings

    def _settle(self, device: str) -> Work[None]:
        """Refuse a read-only project; choose the recipe and the settings that fit the machine where nobody has yet."""
        self.project.check_writable()
        if not self.settled:
            yield from self.use(device=device)

    def _has_gpu(self, device: str) -> Work[bool]:
        if device != "auto":
            return device != "cpu"
        return bool((yield from self.worker.call("machine"))["gpu"])
