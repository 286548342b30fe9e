"""Step: train a network that tells lesion from normal tissue voxel by voxel."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import field_validator

from napari_wsss.data.augment import Augment
from napari_wsss.data.volume_box import Shape
from napari_wsss.engine.settings import Fit
from napari_wsss.errors import InputError
from napari_wsss.models.settings import EmbeddingNet
from napari_wsss.params import knob
from napari_wsss.pipeline.labelled import card_of
from napari_wsss.pipeline.sample import Sample
from napari_wsss.pipeline.smaller_patch import with_smaller_patches
from napari_wsss.pipeline.step import Artefact, Stage, Step, link
from napari_wsss.progress import Note, Work
from napari_wsss.refine.seeds import Seeds

if TYPE_CHECKING:
    from napari_wsss.pipeline.job import Job


_TRIED = 32
"""Largest side of the patch whose time is measured."""


class TrainEmbedding(Augment, Fit, Seeds, EmbeddingNet, Step):
    """Learn, from pairs of voxels of which the maps are sure, to place voxels of one tissue close together."""

    kind: Literal["train-embedding"] = "train-embedding"
    maps: str = link("maps", help="activation maps that say where it is sure")
    volumes: str = link("volumes", help="network inputs")
    patch: Shape = knob(
        (96, 96, 96), "Depth, height and width of the pieces it learns from. Smaller ones need less memory.",
        unit="voxels",
    )  # fmt: skip
    patches: int = knob(4, "Pieces taken from each volume, by turns around places of lesion and anywhere.", ge=1, le=64)
    voxels: int = knob(
        256,
        "Voxels drawn from each piece; all pairs of those of a step teach it.",
        ge=2,
        le=1024,
        unit="voxels",
        advanced=True,
    )
    stage: ClassVar[Stage] = "maps"
    gives: ClassVar[Artefact] = "embedding"
    works_on: ClassVar[Literal["case", "cohort"]] = "cohort"
    uses_labels: ClassVar[bool] = True

    @field_validator("patch")
    @classmethod
    def _usable(cls, patch: Shape) -> Shape:
        if min(patch) < 4:
            raise ValueError("each side must be at least 4 voxels")
        return patch

    def train(self, job: Job, folder: Path) -> Work[dict[str, Any]]:
        """Train and save into ``folder``; give the model's card. Where memory runs out, the patches are halved.

        Raises:
            InputError: no map of a training patient with lesion is sure of voxels of both kinds.
            ProjectError: maps of training patients are missing.
        """
        return (yield from with_smaller_patches(self, lambda step: step.train_on_patches(job, folder)))

    def train_on_patches(self, job: Job, folder: Path) -> Work[dict[str, Any]]:
        """Train as :meth:`train`, with patches of this very size.

        Raises:
            OutOfMemory: not even one patch at a time fits.
        """
        from napari_wsss.engine.fit import fit
        from napari_wsss.engine.randomness import seeded
        from napari_wsss.models.embedding import build_embedding
        from napari_wsss.models.files import save_model
        from napari_wsss.pipeline.confident import ConfidentPatches
        from napari_wsss.pipeline.pairs import loss_of_pairs, pair_augmenter, pair_validation
        from napari_wsss.pipeline.standing import require_arrays

        require_arrays(job.of(self.maps), job.workspace.training_cases())
        train = ConfidentPatches(job, self, job.workspace.subset("train"))
        val = ConfidentPatches(job, self, job.workspace.subset("val"))
        if not train.cases:
            raise InputError(
                f"no training volume with lesion has voxels both from {self.foreground:g} on and up to "
                f"{self.background:g} in '{self.maps}': check the maps, change these limits, or label more volumes."
            )
        yield Note(f"{len(train)} patches of {train.cases} training volumes in which the maps are sure of both kinds.")
        if not val.cases:
            yield Note("No validation volume has such voxels: the training loss decides.", "warning")
        with seeded(self.seed):
            model = build_embedding(self, train.channels)
        result = yield from fit(
            model,
            train,
            loss_of_pairs,
            self,
            stage=job.name,
            folder=folder,
            device=job.device,
            validate=pair_validation(val, self) if val.cases else None,
            monitor="pair_loss" if val.cases else "loss",
            augment=pair_augmenter(self),
        )
        network = {**self.model_dump(include=set(EmbeddingNet.model_fields)), "in_channels": train.channels}
        card = card_of(job, "embedding", network, result, "pair_loss" if val.cases else "loss") | {
            "patch": list(self.patch),
            "foreground": self.foreground,
        }
        save_model(folder, model, card)
        return card

    def seconds(self, sample: Sample) -> float:
        """An epoch of the patches of all training volumes with lesion, from a small patch."""
        import torch

        from napari_wsss.models.embedding import build_embedding
        from napari_wsss.pipeline.pairs import loss_of_pairs

        workspace = sample.workspace
        positive = sum(bool((workspace.labels.volume_labels(case) != 0).any()) for case in workspace.subset("train"))
        sides = tuple(min(side, _TRIED) for side in self.patch)
        batch = {
            "image": torch.rand(1, sample.channels, *sides),
            "places": torch.arange(self.voxels)[None] % math.prod(sides),
            "labels": torch.arange(self.voxels)[None] % 2 + 1,
        }
        one = self.replace(batch_size=1, accumulate=1)
        model = build_embedding(self, sample.channels)
        small = sample.seconds_per_epoch(one, positive * self.patches, model, batch, loss_of_pairs)
        return small * math.prod(self.patch) / math.prod(sides)
