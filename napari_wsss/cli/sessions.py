"""How a command comes to a session, its recipe, or the worker process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_wsss.cli.terminal import call_cases, print_warning, watch

if TYPE_CHECKING:
    from napari_wsss.pipeline.recipe import Recipe
    from napari_wsss.session import Session


def open_session(project: Path, names: bool = False) -> Session:
    """Open a project folder, and say what a person should know about it. Raises as :meth:`Session.open`.

    Lines that go to a log file call cases by their pseudonyms from here on, unless ``names`` or the preferences say
    otherwise; on a terminal they bear their names.
    """
    from napari_wsss.session import Session

    session = Session.open(project)
    call_cases_of(session, names)
    for note in session.notes:
        print_warning(note)
    return session


def call_cases_of(session: Session, names: bool = False) -> None:
    """Let lines that go to a log file call the cases of a project by their pseudonyms; as :func:`open_session`."""
    from napari_wsss.session.names import Names

    call_cases(Names(session.project, names or None).text)


def choose_recipe(
    session: Session, recipe: str | None, overrides: Sequence[str], device: str, *, keep: bool = True
) -> None:
    """Put a recipe and settings to use; the project's own where nothing is said.

    Raises:
        RecipeError: unknown recipe, step or knob, or a value out of bounds.
    """
    if recipe is None and not overrides and "recipe" in session.project.settings:
        return
    watch(session.use(recipe, overrides, device, keep=keep))


def read_recipe(name: str) -> Recipe:
    """Give a published recipe by name, or read one from a YAML file.

    Raises:
        RecipeError: no such recipe, or the file holds none.
    """
    from napari_wsss.pipeline.recipe import Recipe
    from napari_wsss.recipes import recipe_named

    return Recipe.read(Path(name)) if name.endswith((".yaml", ".yml")) else recipe_named(name)


def in_worker(task: str, **arguments: Any) -> Any:  # noqa: ANN401 (any JSON value)
    """Do a task that needs no project in a worker process of its own, and give its result."""
    from napari_wsss.session.jobs import Worker

    with Worker() as worker:
        return watch(worker.call(task, **arguments))
