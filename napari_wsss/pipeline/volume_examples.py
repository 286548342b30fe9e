"""Volumes, or blocks of them, with the labels that a 3-D classifier learns from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from napari_wsss.data.blocks import block_labels, block_places
from napari_wsss.errors import InputError
from napari_wsss.pipeline.on_disk import OnDisk, Part
from napari_wsss.types import Array, FloatArray

if TYPE_CHECKING:
    from napari_wsss.pipeline.job import Job
    from napari_wsss.pipeline.steps.volumes import PrepareVolumes

    Labels = npt.NDArray[np.int8]


class VolumeExamples:
    """Pieces of prepared volumes, whose label is known.

    Args:
        pieces: (channels, d, H, W) each, may lie on the disk.
        labels: (N, C): 1, 0, or -1 where unknown; pieces of which nothing is known are left out.

    Attributes:
        labels: (N, C) of those that are left.

    Raises:
        InputError: the pieces differ in shape.
    """

    def __init__(self, pieces: Sequence[Array | Part], labels: Labels) -> None:
        known = np.flatnonzero((labels >= 0).any(axis=1))
        self._pieces = [pieces[number] for number in known.tolist()]
        self.labels = labels[known]
        shapes = sorted({piece.shape for piece in self._pieces})
        if len(shapes) > 1:
            raise InputError(
                f"volumes of different sizes ({shapes[0][1:]}, {shapes[-1][1:]}) cannot be learnt from together: "
                "prepare them with grid=fit or grid=fill."
            )

    def __len__(self) -> int:
        return len(self._pieces)

    @property
    def channels(self) -> int:
        """Channels of the volumes; 0 if there is none."""
        return int(self._pieces[0].shape[0]) if self._pieces else 0

    def load(self, indices: Array) -> dict[str, Tensor]:
        """Give ``image`` (B, channels, d, H, W) and ``label`` (B, C) float32, -1 where unknown."""
        return {
            "image": torch.from_numpy(self._image(indices)),
            "label": torch.from_numpy(self.labels[indices].astype(np.float32)),
        }

    def images(self, batch_size: int) -> Iterator[FloatArray]:
        """Give all examples in order, in batches (B, channels, d, H, W)."""
        for start in range(0, len(self), batch_size):
            yield self._image(np.arange(start, min(start + batch_size, len(self))))

    def _image(self, indices: Array) -> FloatArray:
        return np.stack([np.asarray(self._pieces[number]) for number in indices]).astype(np.float32)


def volume_labels(job: Job, case_ids: Sequence[str]) -> Labels:
    """Give the labels of whole volumes, (cases, C)."""
    table = job.workspace.labels
    rows = [table.volume_labels(case_id) for case_id in case_ids]
    return np.array(rows, dtype=np.int8).reshape(len(rows), len(table.classes))


def whole_volumes(job: Job, volumes: str, case_ids: Sequence[str]) -> VolumeExamples:
    """Give the cases whose volume-level label is known."""
    found = [_volume(job, volumes, case_id).part((slice(None),)) for case_id in case_ids]
    return VolumeExamples(found, volume_labels(job, case_ids))


def blocks(job: Job, volumes: str, case_ids: Sequence[str], depth: int) -> VolumeExamples:
    """Give the blocks of ``depth`` planes whose label follows from the labels of the slices in them."""
    prepared = cast("PrepareVolumes", job.recipe.step(volumes))
    pieces: list[Array | Part] = []
    labels = [np.zeros((0, len(job.workspace.labels.classes)), dtype=np.int8)]
    for case_id in case_ids:
        box = prepared.box(job.workspace.cases[case_id].geometry)
        places, volume = block_places(box, depth), _volume(job, volumes, case_id)
        pieces += [volume.part((slice(None), slice(first, last))) for first, last in places]
        labels.append(block_labels(box, places, job.workspace.labels.slice_labels(case_id)))
    return VolumeExamples(pieces, np.concatenate(labels))


def _volume(job: Job, volumes: str, case_id: str) -> OnDisk:
    return job.on_disk(volumes, case_id)["volume"]
