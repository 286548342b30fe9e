"""Raw activation maps as a soft map in the box of a 3-D network."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from napari_wsss.cam.stack import layers_in
from napari_wsss.data.volume_box import VolumeBox
from napari_wsss.pipeline.steps.map_source import letterbox_of
from napari_wsss.refine.fuse import Fuse, fuse_layers
from napari_wsss.types import BoolArray, FloatArray

if TYPE_CHECKING:
    from napari_wsss.data.preprocess_volume import PreprocessVolume
    from napari_wsss.pipeline.job import Job


def evidence_in_box(job: Job, maps: str, volumes: str, case_id: str) -> tuple[FloatArray, VolumeBox]:
    """Average the maps of all scales, stretch them over the volume to [0, 1] and bring them into the box.

    Args:
        job: of the step that asks.
        maps: step whose maps are taken.
        volumes: step that fits the scans into the box.
        case_id: which case.

    Returns:
        (C, D, H, W) float32 in [0, 1], 0 in the box's margins; and the box.
    """
    geometry = job.workspace.cases[case_id].geometry
    box = cast("PreprocessVolume", job.recipe.step(volumes)).box(geometry)
    arrays = job.arrays(maps, case_id)
    layers = [(layer.maps, layer.grids) for layer in layers_in(arrays)]
    settings = Fuse(scales=tuple(layers[0][0]), scope_of_range="volume")
    return box.apply(fuse_layers(layers, settings, letterbox_of(arrays, geometry.shape[1:]))), box


def present_classes(job: Job, maps: str, case_id: str) -> BoolArray:
    """Give (C,), True where a volume has a class: by its labels, and where nobody labelled, by the class scores."""
    labels = job.workspace.labels.volume_labels(case_id)
    predicted = (np.asarray(job.arrays(maps, case_id)["logits"]) >= 0).any(axis=0)
    present: BoolArray = np.where(labels >= 0, labels == 1, predicted)
    return present
