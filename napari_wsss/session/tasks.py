"""What the worker process can be asked to do. Everything here may import torch; the window never runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from napari_wsss.engine.ranks import leads
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.runner import run
from napari_wsss.progress import Work
from napari_wsss.session import crf_task, model_tasks
from napari_wsss.session.classify import classify
from napari_wsss.session.cluster import crew
from napari_wsss.session.crf_task import with_gpu
from napari_wsss.session.one_worker import wait_for_others
from napari_wsss.session.tuning_tasks import calibrate_project, search_thresholds_of
from napari_wsss.session.workspaces import workspace_of
from napari_wsss.store.project import Project


def run_stages(
    project: str,
    recipe: Mapping[str, Any],
    stages: Sequence[str],
    device: str,
    cases: Sequence[str] | None,
    *,
    workers: int = 1,
    cluster: str | None = None,
) -> Work[dict[str, Any]]:
    """Run stages of a recipe over a project folder; see :func:`napari_wsss.pipeline.runner.run`.

    Cases are done in this process, unless there are several ``workers`` or a ``cluster``; see
    :func:`napari_wsss.session.cluster.crew`.
    """
    opened = Project.open(Path(project), lock=False)
    parsed = Recipe.parse(recipe, where="recipe")
    lock = (yield from wait_for_others(opened.folder)) if leads() else None
    try:
        with crew(project, recipe, workers, cluster) as spread:
            work = run(parsed, workspace_of(opened, parsed), stages, device=device, case_ids=cases, spread=spread)
            return (yield from work)
    finally:
        if lock is not None:
            lock.release()


def estimate(project: str, recipe: Mapping[str, Any], device: str) -> Work[dict[str, float]]:
    """Measure a small piece of every stage on this machine; give step → seconds per unit of the plan."""
    from napari_wsss.session.timing import seconds_per_unit

    opened = Project.open(Path(project), lock=False)
    parsed = Recipe.parse(recipe, where="recipe")
    return (yield from seconds_per_unit(parsed, workspace_of(opened, parsed), device))


def evaluate(project: str, recipe: Mapping[str, Any], subsets: Sequence[str]) -> Work[dict[str, Any]]:
    """Score classifier, proposals and predictions of a project against its reference masks."""
    from napari_wsss.session.evaluation import evaluate_project

    opened = Project.open(Path(project), lock=False)
    parsed = Recipe.parse(recipe, where="recipe")
    return (yield from evaluate_project(opened, workspace_of(opened, parsed), parsed, subsets))


def evaluate_folders(pred: str, ref: str) -> Work[dict[str, Any]]:
    """Score a folder of masks against a folder of reference masks of the same names."""
    from napari_wsss.session.evaluation import compare_folders

    return (yield from compare_folders(Path(pred), Path(ref)))


def score_folds_of(
    project: str, recipe: Mapping[str, Any], folders: Sequence[str], subsets: Sequence[str]
) -> Work[dict[str, Any]]:
    """Score the finished folds of a cross-validation."""
    from napari_wsss.session.cross_validation import score_folds

    parsed = Recipe.parse(recipe, where="recipe")
    opened = Project.open(Path(project), lock=False)
    return (yield from score_folds(opened, parsed, [Path(folder) for folder in folders], subsets))


def score_variants_of(
    project: str, recipe: Mapping[str, Any], folders: Mapping[str, str], subsets: Sequence[str]
) -> Work[dict[str, Any]]:
    """Score a recipe beside its finished variants."""
    from napari_wsss.session.ablation import score_variants

    parsed = Recipe.parse(recipe, where="recipe")
    opened = Project.open(Path(project), lock=False)
    return (yield from score_variants(opened, parsed, {name: Path(path) for name, path in folders.items()}, subsets))


def score_benchmark_of(project: str, runs: Sequence[Mapping[str, Any]], folds: int | None) -> Work[dict[str, Any]]:
    """Score the finished branches of a benchmark."""
    from napari_wsss.session.benchmark.run import Run
    from napari_wsss.session.benchmark.scores import score_benchmark

    opened = Project.open(Path(project), lock=False)
    return (yield from score_benchmark(opened, [Run.from_json(run) for run in runs], folds))


def networks() -> Work[dict[str, int]]:
    """Give network → trainable parameters."""
    from napari_wsss.models.counts import parameter_counts

    yield from ()
    return parameter_counts()


def machine() -> Work[dict[str, Any]]:
    """Say what this machine trains on: ``{"device": …, "gpu": bool, "name": …}``."""
    from napari_wsss.engine.device import describe

    yield from ()
    return describe()


TASKS: dict[str, Callable[..., Work[Any]]] = {
    "run": with_gpu(run_stages),
    "estimate": with_gpu(estimate),
    "evaluate": evaluate,
    "cross-validation": score_folds_of,
    "ablation": score_variants_of,
    "benchmark": score_benchmark_of,
    "search-thresholds": with_gpu(search_thresholds_of),
    "calibrate": with_gpu(calibrate_project),
    "evaluate-folders": evaluate_folders,
    "classify": classify,
    "networks": networks,
    "machine": machine,
    **crf_task.TASKS,
    **model_tasks.TASKS,
}
