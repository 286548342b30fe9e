"""Jobs in processes of their own, as the session uses them: started, joined, stopped, left to themselves."""

from __future__ import annotations

from typing import Any

from napari_wsss.errors import Cancelled
from napari_wsss.progress import Work
from napari_wsss.session.following import Following
from napari_wsss.session.launching import launch
from napari_wsss.session.names import Names
from napari_wsss.session.run_folder import RunFolder, RunJob
from napari_wsss.store.project import Project

RUNS = "runs"
"""Folder of a project that holds its runs."""


class Detached:
    """Does jobs in processes of their own and follows them, one at a time.

    Args:
        tasks: ``module:ATTRIBUTE`` of the table of tasks.
    """

    def __init__(self, tasks: str) -> None:
        self._tasks = tasks
        self._following: Following | None = None
        self._left = False

    def run(self, project: Project, job: RunJob, *, earlier: bool = True) -> Work[Any]:
        """Do a job for a project (:func:`~napari_wsss.session.launching.launch`) and follow it; as :meth:`follow`.

        Raises:
            ProjectError: other work is under way, or the project's folder cannot be written.
        """
        if self._left:
            raise Cancelled(f"'{job.title}' was not begun.")
        return (yield from self.follow(project, launch(project.folder / RUNS, job, self._tasks), earlier=earlier))

    def follow(self, project: Project, run: RunFolder, *, earlier: bool = True) -> Work[Any]:
        """Tell a run's events as they come; gives its result. Raises as :meth:`Following.work`.

        Closing stops it, unless :meth:`leave` was called before or the project is open for reading only.

        Args:
            project: the run's project.
            run: the run.
            earlier: tell first what was told before.
        """
        following = Following(run, earlier=earlier, stops=not project.read_only, own=Names(project).own)
        self._following = following
        if self._left:
            following.leave()
        try:
            return (yield from following.work())
        finally:
            self._following = None

    def stop_run(self) -> None:
        """Stop the job that is followed, from any thread; its generator then raises Cancelled."""
        if (following := self._following) is not None:
            following.cancel()

    def leave(self) -> None:
        """Let the job that is followed go on by itself, from any thread; its generator then raises Cancelled.

        For the end of a window: from now on every job that is followed is left.
        """
        self._left = True
        if (following := self._following) is not None:
            following.leave()
