"""Predicting: the masks of many cases by one segmenter, and how unsure it is of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from napari_wsss.data.case import Case
from napari_wsss.data.preprocess import normalise
from napari_wsss.metrics.entropy import slice_entropies
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.scan import as_refined
from napari_wsss.progress import Progress, Work, part_of
from napari_wsss.refine.likeliest import Likeliest, likeliest_mask
from napari_wsss.types import Array, FloatArray, LabelMap

if TYPE_CHECKING:
    from napari_wsss.pipeline.outliner import Outliner


def predict_cases(job: Job, outliner: Outliner, inputs: str, params: Likeliest, case_ids: Sequence[str]) -> Work[None]:
    """Write the label map of each case, with the model it is of and how unsure that is.

    Args:
        job: of the step that predicts.
        outliner: the segmenter.
        inputs: step whose arrays it takes, where they were prepared as it was trained; else they are prepared here.
        params: how probabilities become a mask.
        case_ids: the cases.
    """
    cases = [job.workspace.cases[case_id] for case_id in case_ids]
    units = [outliner.units(case.geometry) for case in cases]
    done, total = 0, sum(units)
    for case, count in zip(cases, units, strict=True):
        work = outliner.outline(_inputs(job, outliner, inputs, case.id), case.geometry)
        lesion = yield from part_of(work, job.name, done, total, case.id)
        facts = {"model": job.model_folder(job.step.segmenter).name, "uncertainty": uncertainty_of(lesion)}  # type: ignore[attr-defined]
        job.write_mask(case.id, mask_of(lesion, params, outliner, case), **facts)
        done += count
        yield Progress(job.name, done, total, case.id)


def mask_of(lesion: FloatArray, params: Likeliest, outliner: Outliner, case: Case) -> LabelMap:
    """Give the label map (Z, Y, X) of a case's lesion probabilities (C, Z, Y, X)."""
    return likeliest_mask(
        lesion, params, lambda: normalise(case.load(), as_refined(outliner.preparation)), case.geometry.spacing
    )


def uncertainty_of(lesion: FloatArray) -> dict[str, Any]:
    """Give the mean entropy of lesion probabilities (C, Z, Y, X) in bits: ``mean`` of the scan, ``slices`` of each."""
    entropies = slice_entropies(lesion)
    return {"mean": float(entropies.mean()), "slices": [round(float(one), 9) for one in entropies]}


def _inputs(job: Job, outliner: Outliner, name: str, case_id: str) -> Array:
    if outliner.preparation == job.recipe.step(name):
        (array,) = job.arrays(name, case_id).values()
        return array
    return outliner.prepare(job.workspace.cases[case_id].load())
