"""What the worker process can be asked to do with trained models. It has torch; the window never runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.progress import Work
from napari_wsss.refine.likeliest import Likeliest
from napari_wsss.session.model_entry import find_model, model_entries, patients_behind
from napari_wsss.store.project import Project


def compare_models_of(
    project: str, recipe: Mapping[str, Any], models: Sequence[str], device: str
) -> Work[dict[str, Any]]:
    """Compare two segmenters; see :func:`napari_wsss.session.comparing.compare`."""
    from napari_wsss.session.comparing import compare

    opened = Project.open(Path(project), lock=False)
    first, second = models
    return (yield from compare(opened, Recipe.parse(recipe, where="recipe"), (first, second), device))


def export_model_of(project: str, recipe: Mapping[str, Any], model: str, target: str, format: str) -> Work[str]:
    """Export a segmenter; see :func:`napari_wsss.session.model_export.export_model`."""
    from napari_wsss.session.model_export import export_model

    opened, parsed = Project.open(Path(project), lock=False), Recipe.parse(recipe, where="recipe")
    ways = [cast("Likeliest", parsed.step(name)) for name in parsed.giving("prediction")]
    channels = tuple(next(iter(opened.cases.values())).channel_names)
    entry = find_model(model_entries(opened), model)
    written = yield from export_model(
        entry,
        Path(target),
        format,
        channels=channels,
        patients=patients_behind(entry, opened.cases),
        way=ways[-1] if ways else Likeliest(),
    )
    return str(written)


def segment(  # noqa: PLR0917 (they come by name)
    model: str, out: str, images: str | None, channels: Mapping[str, str] | None, device: str, cutoff: float | None
) -> Work[dict[str, Any]]:
    """Outline a folder of scans; see :func:`napari_wsss.session.segment_folder.segment_folder`."""
    from napari_wsss.session.segment_folder import segment_folder

    folders = None if channels is None else {name: Path(folder) for name, folder in channels.items()}
    place = None if images is None else Path(images)
    work = segment_folder(Path(model), Path(out), images=place, channels=folders, device=device, cutoff=cutoff)
    return (yield from work)


TASKS: dict[str, Callable[..., Work[Any]]] = {
    "compare-models": compare_models_of,
    "export-model": export_model_of,
    "segment": segment,
}
