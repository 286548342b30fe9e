"""Step: train a 3-D segmenter on pseudo-masks, and on accepted masks where there are any."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import field_validator

from napari_wsss.models.settings import VolumeSegmenterNet
from napari_wsss.params import knob
from napari_wsss.pipeline.learning import SegmenterStep
from napari_wsss.pipeline.sample import Sample
from napari_wsss.pipeline.smaller_patch import with_smaller_patches
from napari_wsss.pipeline.step import Artefact, Stage, link
from napari_wsss.progress import Work

if TYPE_CHECKING:
    from torch import Tensor, nn

    from napari_wsss.pipeline.job import Job

Patch = tuple[int, int, int]
_SMALLEST, _LARGEST = 8, 1024
_TRIED = 32
"""Largest side of the patch whose time is measured."""


class TrainVolumeSegmenter(SegmenterStep, VolumeSegmenterNet):
    """Learn masks in 3-D from the pseudo-masks; on accepted slices the accepted mask takes their place."""

    kind: Literal["train-volume-segmenter"] = "train-volume-segmenter"
    volumes: str = link("volumes", help="network inputs")
    patch: Patch = knob(
        (96, 96, 96),
        "Depth, height and width of what the network sees at once. Smaller needs less memory and shows it less around "
        "a place. Where the scan is smaller, its border is repeated.",
        unit="voxels",
    )
    patches: int = knob(
        8, "Patches drawn from each scan, every other one around a place of its mask; a scan no larger than a patch is "
        "taken whole.", ge=1, le=1000,
    )  # fmt: skip
    stage: ClassVar[Stage] = "train-segmenter"
    gives: ClassVar[Artefact] = "volume-segmenter"
    works_on: ClassVar[Literal["case", "cohort"]] = "cohort"
    uses_labels: ClassVar[bool] = True
    uses_accepted: ClassVar[bool] = True

    @field_validator("patch")
    @classmethod
    def _usable(cls, patch: Patch) -> Patch:
        if not all(_SMALLEST <= side <= _LARGEST for side in patch):
            raise ValueError(f"each side must be from {_SMALLEST} to {_LARGEST} voxels")
        return patch

    def train(self, job: Job, folder: Path) -> Work[dict[str, Any]]:
        """Train and save into ``folder``; give the card. As :func:`~napari_wsss.pipeline.fit_masks.fit_masks`.

        Where memory runs out, it is done with smaller patches; the card has those the network learnt from.
        """
        return (yield from with_smaller_patches(self, lambda step: step.train_on_patches(job, folder)))

    def train_on_patches(self, job: Job, folder: Path) -> Work[dict[str, Any]]:
        """Train as :meth:`train`, with patches of this very size.

        Raises:
            OutOfMemory: not even one patch at a time fits.
        """
        from napari_wsss.models.segmenter import build_volume_segmenter
        from napari_wsss.pipeline.fit_masks import fit_masks
        from napari_wsss.pipeline.patches import MaskedPatches

        network = self.model_dump(include=set(VolumeSegmenterNet.model_fields))
        card = {"network": network, "patch": list(self.patch)}
        build = partial(build_volume_segmenter, self)
        # One by one: all patches at once would need much memory.
        return (
            yield from fit_masks(job, self, folder, lesson=MaskedPatches, build=build, card=card, judged_together=1)
        )

    def objective(self) -> Callable[[nn.Module, dict[str, Tensor]], Tensor]:
        """Give the loss of eq. 2 of Ramananda & Sundaresan: binary cross-entropy + Dice."""
        from napari_wsss.losses.dice import dice_and_cross_entropy

        return lambda model, batch: dice_and_cross_entropy(model(batch["image"]), batch["targets"])

    def seconds(self, sample: Sample) -> float:
        """An epoch of all patches, from a small one."""
        import torch

        from napari_wsss.models.segmenter import build_volume_segmenter

        sides = [min(side, _TRIED) for side in self.patch]
        batch = {"image": torch.rand(1, sample.channels, *sides), "targets": torch.ones(1, *sides, dtype=torch.int64)}
        model = build_volume_segmenter(self, sample.channels, sample.classes)
        one = self.replace(batch_size=1, accumulate=1)
        patches = len(sample.workspace.subset("train")) * self.patches
        small = sample.seconds_per_epoch(one, patches, model, batch, self.objective())
        return small * float(np.prod(self.patch) / np.prod(sides))
