"""What is there already, whether it is still valid, and what a step cannot do without."""

from __future__ import annotations

from collections.abc import Sequence

from napari_wsss.errors import ModelError, ProjectError
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.workspace import ArrayShelf, ModelShelf


def unfinished(job: Job, case_ids: Sequence[str]) -> list[str]:
    """Give the cases whose result is missing or was made with other settings."""
    return [case_id for case_id in case_ids if kept_key(job, case_id) != job.key(case_id)]


def kept_key(job: Job, case_id: str) -> str | None:
    """Give the key under which this step's result of a case was made, or None."""
    if job.step.gives in ("mask", "prediction"):
        return job.workspace.mask_key(job.recipe, job.name, case_id)
    return ArrayShelf(job.workspace.cache, job.name, case_id).key


def require_models(job: Job) -> None:
    """Refuse to go on without the trained models that a step links to. Raises as :func:`require_model`."""
    for name in job.step.links().values():
        if job.recipe.step(name).works_on == "cohort":
            require_model(job.of(name))


def require_model(job: Job) -> None:
    """Refuse to go on without the model that this step trains.

    Raises:
        ProjectError: it is not trained yet; the command that does it is named.
        ModelError: it is damaged.
    """
    if job.name in job.keys.pinned:
        return
    if (folder := ModelShelf(job.workspace.models).damaged(job.name)) is not None:
        raise ModelError(
            f"{folder}: the model is cut short or was changed; `napari-wsss {job.step.stage} PROJECT` makes it anew"
        )
    raise ProjectError(f"'{job.name}' is not trained yet: run `napari-wsss {job.step.stage} PROJECT` first.")


def require_arrays(job: Job, case_ids: Sequence[str]) -> None:
    """Refuse to go on without this step's results. Raises as :func:`require_models`."""
    require_models(job)
    if missing := unfinished(job, case_ids):
        raise ProjectError(
            f"'{job.name}' is missing or out of date for {len(missing)} of {len(case_ids)} cases, such as "
            f"{missing[0]}: run `napari-wsss {job.step.stage} PROJECT` first."
        )


def require_masks(job: Job) -> None:
    """Refuse to train without the masks that a step links to. Raises ProjectError."""
    for name in job.step.links().values():
        upstream = job.of(name)
        if upstream.step.gives == "mask" and (missing := unfinished(upstream, job.workspace.training_cases())):
            raise ProjectError(
                f"'{name}' is missing or out of date for {len(missing)} training cases, such as {missing[0]}: "
                f"run `napari-wsss {upstream.step.stage} PROJECT` first."
            )
