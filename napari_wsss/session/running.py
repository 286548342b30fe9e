"""The session's runs: stages of the recipe in a process of their own, which outlives the window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from napari_wsss.errors import ProjectError, RecipeError
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.step import STAGES, Stage
from napari_wsss.progress import Work
from napari_wsss.session.detached import RUNS
from napari_wsss.session.jobs import Worker
from napari_wsss.session.knobs import Knobs
from napari_wsss.session.run_folder import RunFolder, RunJob, runs_in
from napari_wsss.store.project import Project

_TITLES: Mapping[Stage, str] = {
    "train-classifier": "train the classifier",
    "maps": "compute maps",
    "propose": "make proposals",
    "train-segmenter": "train the segmenter",
    "predict": "segment the scans",
}


class Running(Knobs):
    """The part of a :class:`~napari_wsss.session.Session` that sees to its runs.

    Attributes:
        worker: the processes that have torch; started when they are needed.
    """

    def __init__(self, project: Project, worker: Worker | None = None) -> None:
        super().__init__(project)
        self.worker = worker if worker is not None else Worker()

    def runs(self) -> list[RunFolder]:
        """Give the project's runs, the oldest first."""
        return runs_in(self.project.folder / RUNS)

    def last_run(self) -> RunFolder | None:
        """Give the run begun last that somebody waits for; None when there is none."""
        return next((run for run in reversed(self.runs()) if run.state != "waiting" or run.under_way), None)

    def unfinished(self) -> RunFolder | None:
        """Give the last run, if it was stopped or died and has the recipe and settings in use; None otherwise."""
        run = self.last_run()
        stopped = run is not None and run.state in {"stopped", "died"}
        same = run is not None and run.job.arguments.get("recipe") == self.recipe.model_dump(mode="json")
        return run if stopped and same else None

    def resume(self, run: RunFolder) -> Work[Any]:
        """Go on with a run that did not come to its end; it does what it was to do. As :meth:`follow`.

        Raises:
            ProjectError: the project is read-only, or other work is under way.
        """
        self.project.check_writable()
        return (yield from self.worker.run(self.project, run.job))

    def run_under_way(self) -> RunFolder | None:
        """Give the run that a process is at, whoever started it; None when there is none."""
        return next((run for run in reversed(self.runs()) if run.under_way), None)

    def follow(self, run: RunFolder | None = None) -> Work[Any]:
        """Tell the events of a run, those from before first; gives its result.

        Closing the generator stops the run, unless :meth:`leave` was called before or the project is open for reading
        only.

        Args:
            run: one of :meth:`runs`; the one under way, or else the last, unless given.

        Raises:
            ProjectError: there is no run.
            WsssError: whatever ended the run.
        """
        followed = run or self.run_under_way() or self.last_run()
        if followed is None:
            raise ProjectError(f"{self.project.folder}: nothing was run in this project yet.")
        return (yield from self.worker.follow(self.project, followed))

    def check_no_run(self) -> None:
        """Raise ProjectError while a run is under way: it works with the models in use and their masks."""
        run = self.run_under_way()
        if run is not None:
            raise ProjectError(
                f"'{run.title}' is under way and works with the models of this project. Wait for it or cancel it first."
            )

    def pause(self) -> None:
        """Let the run under way wait at its next event; it keeps its memory. Raises ProjectError: none is."""
        self._present().wish("pause")

    def go_on(self) -> None:
        """Let a paused run go on. Raises ProjectError as :meth:`pause`."""
        self._present().wish("run")

    def leave(self) -> None:
        """Let runs go on when their generators are closed from now on: the window ends, the training does not."""
        self.worker.leave()

    def _present(self) -> RunFolder:
        self.project.check_writable()
        run = self.run_under_way()
        if run is None:
            raise ProjectError("Nothing is running in this project.")
        return run


def job_of(project: Project, recipe: Recipe, stages: Sequence[str], device: str, **more: Any) -> RunJob:  # noqa: ANN401
    """Give the job that runs stages of a recipe over a project; ``more`` are further arguments of the task."""
    given = {"recipe": recipe.model_dump(mode="json"), "stages": list(stages), "device": device, **more}
    return RunJob("run", {"project": str(project.folder), **given}, title_of(stages))


def title_of(stages: Sequence[str]) -> str:
    """Say what running some stages is: "Train the segmenter, segment the scans"."""
    if set(stages) == set(STAGES):
        return "Run all stages"
    return ", ".join(_TITLES[stage] for stage in STAGES if stage in stages).capitalize() or "Run nothing"


def stages_of(stages: Sequence[str] | None) -> list[str]:
    """Give the stages asked for, all when None. Raises RecipeError when there is none of a name."""
    wanted = list(STAGES if stages is None else stages)
    if unknown := [stage for stage in wanted if stage not in STAGES]:
        raise RecipeError(f"no stage called {', '.join(unknown)}; stages are {', '.join(STAGES)}.")
    return wanted
