"""Benchmark: several recipes on the same patients with the same budget, in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from napari_wsss.data.folds import draw_folds
from napari_wsss.data.splits import SUBSETS
from napari_wsss.errors import Cancelled, WsssError
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.step import STAGES
from napari_wsss.progress import Note, Work, told_by
from napari_wsss.session.benchmark import notes as benchmark_notes
from napari_wsss.session.benchmark.accepted import accepted_rows
from napari_wsss.session.benchmark.branch import FOLDER, bare_branch, run_timed
from napari_wsss.session.benchmark.budget import epochs_of, within_budget
from napari_wsss.session.benchmark.ceiling import STAGES as CEILING_STAGES
from napari_wsss.session.benchmark.ceiling import accept_references, ceiling_recipe, examples_of_epoch
from napari_wsss.session.benchmark.contest import Contest
from napari_wsss.session.benchmark.report import keep_benchmark
from napari_wsss.session.benchmark.rows import CEILING, SEGMENTER
from napari_wsss.session.benchmark.run import Group, Run, groups_of
from napari_wsss.session.cross_validation import ill_patients
from napari_wsss.session.jobs import Worker
from napari_wsss.store.project import Project, is_project
from napari_wsss.types import Subset

NAME = "benchmark"
"""Of the task that scores."""

Split = Mapping[str, Subset] | None
"""Patient → set; the project's own sets where None."""


@dataclass
class _Done:
    """What has been run so far.

    Attributes:
        runs: for the scoring.
        recipes: name → recipe as it was run.
        folders: of branches that came to their end; what they made is shared.
        notes: for the reader.
    """

    runs: list[Run] = field(default_factory=list)
    recipes: dict[str, Recipe] = field(default_factory=dict)
    folders: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def benchmark_project(project: Project, contest: Contest, worker: Worker) -> Work[dict[str, Any]]:
    """Run recipes in branches ``benchmark``/RECIPE, score them, and write tables, pictures and a report beside them.

    What an earlier call finished is not done again. A recipe that fails is a row that says why; the others go on.

    Returns:
        ``rows``, ``differences``, ``patients`` and ``pictures`` as
        :func:`~napari_wsss.session.benchmark.scores.score_benchmark` gives them; ``accepted``, what
        :func:`~napari_wsss.session.benchmark.accepted.accepted_rows` gives, None where it was not asked for; ``notes``;
        ``files``: what was written.

    Raises:
        InputError: too few patients for so many folds, or as :meth:`Contest.check`.
        RecipeError: as :meth:`Contest.check`.
        ProjectError: the project cannot be written.
    """
    contest.check()
    project.check_writable()
    splits, done = _splits(project, contest.folds), _Done()
    for recipe in contest.recipes:
        run = Run(recipe.name, (), own_metric=recipe.own_metric)
        yield from _attempt(project, run, splits, done, _image_only(project, contest, recipe, worker, done))
    apart = groups_of(contest.folds, [case.subset for case in project.cases.values()]).apart
    for name in contest.ceilings if apart else ():
        if (fitting := done.recipes.get(name)) is not None and benchmark_notes.with_reference(project):
            run = Run(name, (), ceiling=True, own_metric=fitting.own_metric)
            yield from _attempt(project, run, splits, done, _ceiling(project, contest, fitting, worker))
    given = {"runs": [run.to_json() for run in done.runs], "folds": contest.folds}
    tables: dict[str, Any] = yield from worker.call(NAME, project=str(project.folder), **given)
    tables |= {"recipes": [recipe.name for recipe in contest.recipes], "minutes": contest.minutes, **given}
    if contest.accepted:
        _keep(project, tables | {"accepted": None}, done)  # they take long: what is known is there meanwhile
    tables["accepted"] = yield from _accepted(project, contest, worker, done, tables, apart)
    return _keep(project, tables, done)


def _keep(project: Project, tables: dict[str, Any], done: _Done) -> dict[str, Any]:
    """Write the tables with the notes on them; give them with the files."""
    tables["notes"] = [*benchmark_notes.notes_on(project, tables), *done.notes]
    tables["files"] = keep_benchmark(project, tables)
    return tables


def _splits(project: Project, folds: int | None) -> dict[str, Split]:
    """Give the name of each branch's folder → its split."""
    if folds is None:
        return {"split": None}
    drawn = draw_folds(ill_patients(project, SUBSETS), folds)
    return {f"fold-{number}-of-{folds}": split for number, split in enumerate(drawn, start=1)}


Doing = Callable[[str, Split], Work[None]]
"""Does a run in the branch at a place inside the project."""


def _attempt(project: Project, run: Run, splits: Mapping[str, Split], done: _Done, do: Doing) -> Work[None]:
    """Do a run, a branch a split. What ends it is told, and the benchmark goes on; what was made is still scored."""
    told = f"{run.recipe} {CEILING}" if run.ceiling else run.recipe
    begun: list[Path] = []
    error = ""
    try:
        for name, split in splits.items():
            place = f"{FOLDER}/{run.recipe}{f'-{CEILING}' if run.ceiling else ''}/{name}"
            begun.append(project.folder / place)
            yield from told_by(do(place, split), told if split is None else f"{told}, {name}")
            done.folders.append(begun[-1])
    except Cancelled:
        raise
    except WsssError as caught:
        error = " ".join(str(caught).split())
        yield Note(f"The others go on without it. {error}", "warning")
    folders = tuple(str(folder) for folder in begun if is_project(folder))
    done.runs.append(Run(run.recipe, folders, run.ceiling, run.own_metric, error))


def _image_only(project: Project, contest: Contest, recipe: Recipe, worker: Worker, done: _Done) -> Doing:
    """Give what runs a recipe on image-level labels alone; the first branch decides about its epochs."""

    def do(place: str, split: Split) -> Work[None]:
        if recipe.name not in done.recipes:
            fitting = recipe
            if contest.minutes is not None:
                with bare_branch(project, place, recipe, split) as own:
                    published, kept = contest.published[recipe.name], own.folder.parent / "budget.yaml"
                    fitting = yield from within_budget(
                        own, recipe, published, worker, contest.minutes, contest.device, kept
                    )
            done.recipes[recipe.name] = fitting
            done.notes.append(benchmark_notes.epochs_note(fitting, epochs_of(recipe), contest.minutes))
        fitting = done.recipes[recipe.name]
        with bare_branch(project, place, fitting, split) as own:
            others = [folder for folder in done.folders if folder != own.folder]
            yield from run_timed(own, fitting, worker, contest.device, STAGES, None, others)

    return do


def _ceiling(project: Project, contest: Contest, recipe: Recipe, worker: Worker) -> Doing:
    """Give what teaches the segmenter of a recipe by reference masks."""

    def do(place: str, split: Split) -> Work[None]:
        source = project.folder / place.replace(f"-{CEILING}/", "/")
        taught = ceiling_recipe(recipe, examples_of_epoch(source, recipe))
        with bare_branch(project, place, taught, split) as own:
            sets: dict[str, list[str]] = {name: [] for name in SUBSETS}
            for case in own.cases.values():
                sets.setdefault(str(case.subset), []).append(case.id)
            unseen = sets["test"] if contest.folds else [*sets["val"], *sets["test"]]
            yield from accept_references(own, [*sets["train"], *sets["val"]])
            yield from run_timed(own, taught, worker, contest.device, CEILING_STAGES, unseen, [source])

    return do


def _accepted(  # noqa: PLR0917 (all are needed, none has a default)
    project: Project, contest: Contest, worker: Worker, done: _Done, tables: Mapping[str, Any], apart: Sequence[Group]
) -> Work[dict[str, Any] | None]:
    """Score what a simulated person's accepted masks bring the first recipe.

    Its segmenter is judged on the last group that its table has a Dice of: val patients only where there is no other.
    None where that was not asked for, or could not be done: a note says why, and the other tables stand.
    """
    if not contest.accepted:
        return None
    name = contest.recipes[0].name
    recipe = done.recipes.get(name)
    dice = {(row["masks"], row.get("group")): row.get("dice") for row in tables["rows"] if row["recipe"] == name}
    scored = [group for group in apart if (SEGMENTER, group.name) in dice]
    if recipe is None or not scored:
        yield _not_known(done, f"No segmenter of {name} could be scored without them.")
        return None
    judged = sorted(scored, key=lambda group: dice[SEGMENTER, group.name] is not None)[-1]
    place = f"{FOLDER}/{name}/split"
    with bare_branch(project, place, recipe) as image_only:
        work = accepted_rows(
            project,
            recipe,
            worker,
            contest.accepted,
            contest.device,
            image_only,
            judged,
            dice.get((CEILING, judged.name)),
        )
        try:
            found = yield from told_by(work, f"{name}, accepted masks")
        except Cancelled:
            raise
        except WsssError as caught:
            yield _not_known(done, " ".join(str(caught).split()))
            return None
    done.notes += [] if found["rows"] else found["notes"]  # else they stand below the rows
    return found


def _not_known(done: _Done, why: str) -> Note:
    """Note for the reader that nothing is known of accepted masks."""
    done.notes.append(f"What accepted masks bring is not known. {why}")
    return Note(done.notes[-1], "warning")
