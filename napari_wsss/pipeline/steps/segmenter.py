"""Step: train a segmenter on pseudo-masks, and on accepted masks where there are any."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from napari_wsss.models.settings import IN_3D, SegmenterNet
from napari_wsss.params import knob
from napari_wsss.pipeline.learning import SegmenterStep
from napari_wsss.pipeline.sample import Sample, side_of
from napari_wsss.pipeline.step import Artefact, Stage, link
from napari_wsss.progress import Work

if TYPE_CHECKING:
    from torch import Tensor, nn

    from napari_wsss.data.preprocess import Preprocess
    from napari_wsss.pipeline.job import Job


class TrainSegmenter(SegmenterStep, SegmenterNet):
    """Learn masks from the pseudo-masks; on accepted slices the accepted mask takes their place."""

    kind: Literal["train-segmenter"] = "train-segmenter"
    slices: str = link("slices", help="network inputs")
    seeds: str = link("mask", help="mask behind the seeding loss")
    targets: str = link("mask", help="mask behind the cross-entropy")
    loss: Literal["seeding", "cross-entropy", "both", "dice"] = knob(
        "both",
        "Which loss teaches it: the seeding loss (eq. 8 of Liu et al.), the cross-entropy (eq. 9) or their sum (both); "
        "dice: cross-entropy and Dice (eq. 2 of Ramananda and Sundaresan).",
    )
    negatives: float = knob(
        1.0, "Lesion-free slices taken for each slice with a pseudo-mask.", ge=0.0, le=10.0, step=0.1
    )
    negatives_anew: bool = knob(
        False,
        "Whether other lesion-free slices are drawn for each epoch, so that in time all of them teach; else the same "
        "ones teach in every epoch. Epochs are then judged by all of the validation patients' lesion-free slices. No "
        "effect on unet-3d.",
        advanced=True,
        before=False,
    )
    stage: ClassVar[Stage] = "train-segmenter"
    gives: ClassVar[Artefact] = "segmenter"
    works_on: ClassVar[Literal["case", "cohort"]] = "cohort"
    uses_labels: ClassVar[bool] = True
    uses_accepted: ClassVar[bool] = True

    def train(self, job: Job, folder: Path) -> Work[dict[str, Any]]:
        """Train and save into ``folder``; give the card. As :func:`~napari_wsss.pipeline.fit_masks.fit_masks`."""
        from napari_wsss.models.segmenter import build_segmenter
        from napari_wsss.pipeline.batches import MaskedSlices
        from napari_wsss.pipeline.fit_masks import Lesson, fit_masks
        from napari_wsss.pipeline.stacks import MaskedStacks

        card: dict[str, Any] = {"network": self.model_dump(include=set(SegmenterNet.model_fields))}
        lesson: Lesson = MaskedSlices
        if self.network == IN_3D:
            side = cast("Preprocess", job.recipe.step(self.slices)).size
            lesson, card["patch"] = MaskedStacks, [self.depth, side, side]
        step, build = self._in_examples(), partial(build_segmenter, self)
        together = step.batch_size
        work = fit_masks(job, step, folder, lesson=lesson, build=build, card=card, judged_together=together)
        return (yield from work)

    def _in_examples(self) -> TrainSegmenter:
        """Give the step with its numbers counted in examples; stacks cover each slice twice."""
        if self.network != IN_3D:
            return self
        stacks, least = (round(2 * slices / self.depth) for slices in (self.batch_size, self.least_examples))
        return self.replace(
            batch_size=max(1, stacks), accumulate=min(self.accumulate, max(1, stacks)), least_examples=least
        )

    def objective(self) -> Callable[[nn.Module, dict[str, Tensor]], Tensor]:
        """Give the loss of eq. 8, eq. 9 or eq. 10 (their sum) of Liu et al., or of eq. 2 of Ramananda & Sundaresan."""
        from napari_wsss.losses.dice import dice_and_cross_entropy
        from napari_wsss.losses.seeding import seeding_loss
        from napari_wsss.losses.segmentation import segmentation_loss

        def loss(model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
            logits = model(batch["image"])
            if self.loss == "seeding":
                return seeding_loss(logits, batch["seeds"])
            if self.loss == "dice":
                return dice_and_cross_entropy(logits, batch["targets"])
            if self.loss == "cross-entropy":
                return segmentation_loss(logits, batch["targets"])
            return seeding_loss(logits, batch["seeds"]) + segmentation_loss(logits, batch["targets"])

        return loss

    def seconds(self, sample: Sample) -> float:
        """An epoch of all positive slices and the lesion-free ones beside them."""
        import torch

        from napari_wsss.models.segmenter import build_segmenter

        side = side_of(sample, self)
        step = self._in_examples()
        seen, together = ((self.depth,), self.depth // 2) if self.network == IN_3D else ((), 1)
        masks = torch.zeros(step.batch_size, *seen, side, side, dtype=torch.int64)
        masks[..., : side // 4, :] = 1
        image = torch.zeros(step.batch_size, sample.channels, *seen, side, side)
        batch = {"image": image, "seeds": masks, "targets": masks}
        examples = min(round(sample.positive * (1 + self.negatives)), sample.slices) // together
        model = build_segmenter(self, sample.channels, sample.classes)
        return sample.seconds_per_epoch(step, examples, model, batch, self.objective())
