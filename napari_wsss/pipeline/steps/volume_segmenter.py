"""Step: train a 3-D segmenter on pseudo-masks, and on accepted masks where there are any."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import field_validator

from napari_wsss.data.augment import Augment
from napari_wsss.engine.settings import Fit
from napari_wsss.errors import InputError
from napari_wsss.models.settings import VolumeSegmenterNet
from napari_wsss.params import knob
from napari_wsss.pipeline.sample import Sample
from napari_wsss.pipeline.step import Artefact, Stage, Step, link
from napari_wsss.progress import Note, Work

if TYPE_CHECKING:
    from torch import Tensor, nn

    from napari_wsss.engine.training import Validate
    from napari_wsss.pipeline.job import Job
    from napari_wsss.pipeline.patches import MaskedPatches

Patch = tuple[int, int, int]
_SMALLEST, _LARGEST = 8, 1024
_TRIED = 32
"""Largest side of the patch whose time is measured."""


class TrainVolumeSegmenter(Augment, Fit, VolumeSegmenterNet, Step):
    """Learn masks in 3-D from the pseudo-masks; on accepted slices the accepted mask takes their place."""

    kind: Literal["train-volume-segmenter"] = "train-volume-segmenter"
    volumes: str = link("volumes", help="network inputs")
    targets: str = link("mask", help="mask it learns from")
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
        """Train and save into ``folder``; give the model's card.

        Raises:
            InputError: no training patient has a pseudo-mask.
        """
        from napari_wsss.engine.augment import augmenter
        from napari_wsss.engine.fit import fit
        from napari_wsss.engine.randomness import seeded
        from napari_wsss.models.files import save_model
        from napari_wsss.models.segmenter import build_volume_segmenter
        from napari_wsss.pipeline.labelled import card_of
        from napari_wsss.pipeline.patches import MaskedPatches

        train, val = (MaskedPatches(job, self, job.workspace.subset(subset)) for subset in ("train", "val"))
        if not train.positives:
            raise InputError(
                f"no training patient has a mask in '{self.targets}': lower the threshold, check the activation maps, "
                "or accept a few masks first."
            )
        classes = len(job.workspace.labels.classes)
        network = {**self.model_dump(include=set(VolumeSegmenterNet.model_fields)), "in_channels": train.channels}
        with seeded(self.seed):
            model = build_volume_segmenter(self, train.channels, classes)
        yield Note(f"{len(train)} patches of {len(train.case_ids)} scans, {train.positives} of them with a mask.")
        if not val.positives:
            yield Note("The validation patients have no mask to score against: the training loss decides.", "warning")
        monitor = "dice_to_targets" if val.positives else "loss"
        result = yield from fit(
            model,
            train,
            self.objective(),
            self,
            stage=job.name,
            folder=folder,
            device=job.device,
            validate=_validation(val, classes, job.device) if val.positives else None,
            monitor=monitor,
            augment=augmenter(self),
        )
        accepted = sorted(case for case in train.case_ids if job.workspace.accepted.digest(case))
        card = card_of(job, "volume-segmenter", network, result, monitor) | {
            "accepted": accepted,
            "patch": list(self.patch),
        }
        save_model(folder, model, card)
        return card

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


def _validation(val: MaskedPatches, classes: int, device: str) -> Validate:
    """Give the function that scores a segmenter against what is known of the patches of the validation patients."""

    def validate(model: nn.Module) -> Work[dict[str, float]]:
        from napari_wsss.engine.predict import predict_labels
        from napari_wsss.losses.segmentation import IGNORE
        from napari_wsss.metrics.overlap import class_counts, confusion, dice

        matrix = np.zeros((classes + 1, classes + 1), dtype=np.int64)
        for index in range(len(val)):  # one by one: all patches at once would need much memory
            patch = val.load(np.array([index]))
            predicted = yield from predict_labels(model, [patch["image"].numpy()], device=device, total=len(val))
            known = (targets := patch["targets"].numpy()) != IGNORE
            matrix += confusion(predicted[known], targets[known].astype(np.uint8), classes)
        return {"dice_to_targets": float(np.mean([dice(class_counts(matrix, index)) for index in range(classes)]))}

    return validate
