"""A trained segmenter outlines a folder of scans; no project is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from napari_wsss.data.cohort import scan_cohort
from napari_wsss.data.masks import export_mask
from napari_wsss.errors import InputError
from napari_wsss.files import write_json
from napari_wsss.notice import NOT_FOR_DIAGNOSIS
from napari_wsss.pipeline.predicting import mask_of, uncertainty_of
from napari_wsss.progress import Progress, Work, part_of
from napari_wsss.refine.likeliest import Likeliest
from napari_wsss.session.model_import import unpacked
from napari_wsss.store.provenance import now, versions


def segment_folder(
    model: Path,
    out: Path,
    *,
    images: Path | None = None,
    channels: Mapping[str, Path] | None = None,
    device: str = "auto",
    cutoff: float | None = None,
) -> Work[dict[str, Any]]:
    """Outline scans with a model; each mask is written on its scan's grid, in the kind of file of the scan.

    Scans are prepared as the model's card has it. ``segmented.json`` beside the masks tells with which model they were
    made, and how unsure it was of each.

    Args:
        model: folder or ZIP file of a model.
        out: folder for the masks; made when missing.
        images: folder of scans with one channel (or colour) each. Give this or ``channels``.
        channels: channel name → folder of its scans; where these are the names the model learnt, their order does not
            matter, else it is that of the model's channels.
        device: "auto", "cpu", "cuda" or "mps".
        cutoff: probability from which a voxel counts as lesion; the model's own when None.

    Returns:
        ``masks``: scan → file; ``uncertainty``: scan → mean entropy in bits.

    Raises:
        InputError: no scans, or of other channels than the model learnt from; a mask would lie upon its scan; or the
            cutoff is no probability.
        ModelError: no complete segmenter.
        ProjectError: ``out`` cannot be written.
    """
    from napari_wsss.pipeline.outliner import Outliner

    if cutoff is not None and not 0 < cutoff < 1:
        raise InputError(f"cutoff {cutoff:g}: a probability between 0 and 1 was expected, such as 0.5.")
    with unpacked(model) as folder:
        outliner = Outliner(folder, device)
    for source in [images] if images is not None else list((channels or {}).values()):
        if source.resolve() == out.resolve():
            raise InputError(f"{out}: is the folder of the scans. Give another one for the masks.")
    cases = yield from scan_cohort(images, _in_order(channels, outliner.card.get("channels", ())))
    told = {name: outliner.card[name] for name in Likeliest.model_fields if name in outliner.card}
    way = Likeliest.model_validate(told).model_copy(update={} if cutoff is None else {"cutoff": cutoff})
    units = [outliner.units(case.geometry) for case in cases]
    done, total = 0, sum(units)
    masks, unsure = {}, {}
    for case, count in zip(cases, units, strict=True):
        work = outliner.outline(outliner.prepare(case.load()), case.geometry)
        lesion = yield from part_of(work, "segment", done, total, case.id)
        masks[case.id] = str(export_mask(mask_of(lesion, way, outliner, case), case, out))
        unsure[case.id] = uncertainty_of(lesion)["mean"]
        done += count
        yield Progress("segment", done, total, case.id)
    result = {"masks": masks, "uncertainty": unsure}
    facts = {"notice": NOT_FOR_DIAGNOSIS, "model": outliner.card.get("name", model.name), **way.model_dump()}
    weights = {"weights_sha256": outliner.card["weights_sha256"], "classes": list(outliner.classes)}
    write_json(out / "segmented.json", {**facts, **weights, **result, "versions": versions(), "time": now()})
    return result


def _in_order(channels: Mapping[str, Path] | None, names: Sequence[str]) -> Mapping[str, Path] | None:
    """Give the channels in the order in which a model learnt them, where they bear its names."""
    if channels is None or sorted(channels) != sorted(names):
        return channels
    return {name: channels[name] for name in names}
