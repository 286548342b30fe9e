"""Step: let a classifier learn what neighbouring slices have in common, through an LSTM."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from napari_wsss.data.augment import Augment
from napari_wsss.engine.settings import Fit
from napari_wsss.models.settings import NeighbourNet
from napari_wsss.params import knob
from napari_wsss.pipeline.sample import Sample, side_of
from napari_wsss.pipeline.step import Artefact, Stage, Step, link
from napari_wsss.progress import Note, Work

if TYPE_CHECKING:
    from torch import Tensor, nn

    from napari_wsss.engine.training import Validate
    from napari_wsss.pipeline.job import Job


_WITHOUT = "auc_without_lstm"


class TrainLstm(Augment, Fit, NeighbourNet, Step):
    """Train a classifier further with an LSTM over neighbouring slices in the place of its last layer.

    Afterwards the LSTM is dropped and the classifier's own last layer put back, so that it is a classifier of single
    slices again, with its weights changed by what it learnt about neighbours.
    """

    kind: Literal["train-lstm"] = "train-lstm"
    classifier: str = link("classifier", help="the classifier that is trained further")
    slices: str = link("slices", help="network inputs")
    window: int = knob(
        16,
        "Neighbouring slices that are read one after another. A step takes as many such runs as it has examples.",
        ge=2,
        le=256,
        unit="slices",
    )
    stage: ClassVar[Stage] = "train-classifier"
    gives: ClassVar[Artefact] = "classifier"
    works_on: ClassVar[Literal["case", "cohort"]] = "cohort"
    uses_labels: ClassVar[bool] = True

    def train(self, job: Job, folder: Path) -> Work[dict[str, Any]]:
        """Train and save into ``folder``; give the model's card, which is that of a classifier.

        Raises:
            InputError: no labelled slice, or only one kind of label.
            ModelError: the classifier it starts from is damaged.
        """
        from napari_wsss.engine.augment import augmenter
        from napari_wsss.engine.randomness import seeded
        from napari_wsss.models.card import read_card
        from napari_wsss.models.files import save_model
        from napari_wsss.models.neighbours import NeighbourClassifier
        from napari_wsss.pipeline.labelled import card_of, check_labels, fit_labelled
        from napari_wsss.pipeline.sequences import SliceSequences
        from napari_wsss.pipeline.trained import load_classifier

        train, val = (
            SliceSequences(job, self.slices, job.workspace.subset(subset), self.window) for subset in ("train", "val")
        )
        check_labels(train, job.workspace.labels.classes, "slices")
        start = job.model_folder(self.classifier)
        model = load_classifier(start)
        with seeded(self.seed):
            reader = NeighbourClassifier(model, self.units)
        result, monitor = yield from fit_labelled(
            job,
            reader,
            (train, val),
            self.objective(),
            folder,
            augment=augmenter(self),
            judge=lambda validate: self._with_and_without(job, model, validate),
        )
        card = card_of(job, "classifier", read_card(start)["network"], result, monitor)
        best = result.history[result.best_epoch - 1]
        card |= {_WITHOUT: best[_WITHOUT]} if _WITHOUT in best else {}
        save_model(folder, model, card)
        if _WITHOUT in best:
            yield self._told(best[_WITHOUT], read_card(start), monitor)
        return card

    def objective(self) -> Callable[[nn.Module, dict[str, Tensor]], Tensor]:
        """Give the loss: binary cross-entropy (eq. 1 of Ramananda & Sundaresan) of the slices whose label is known."""
        from napari_wsss.losses.classification import classification_loss
        from napari_wsss.models.neighbours import within

        def loss(model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
            real = within(batch["length"], batch["image"].shape[1])
            return classification_loss(model(batch["image"], batch["length"]), batch["label"][real])

        return loss

    def _with_and_without(self, job: Job, model: nn.Module, validate: Validate) -> Validate:
        """Judge, beside the network with the LSTM, the classifier that would be left, slice by slice: maps are its.

        Every epoch, so that nothing remains to be done between the training's end, when its checkpoint goes, and the
        model's being saved.
        """
        from napari_wsss.pipeline.batches import LabelledSlices
        from napari_wsss.pipeline.labelled import ranking

        val = LabelledSlices(job, self.slices, job.workspace.subset("val"))
        _, alone, _ = ranking(val, self.batch_size * self.window, job.device)

        def judge(net: nn.Module) -> Work[dict[str, float]]:
            scores = yield from cast("Work[dict[str, float]]", validate(net))
            left = yield from cast("Work[dict[str, float]]", cast("Validate", alone)(model))
            return scores | {_WITHOUT: left["auc"]}

        return judge

    def _told(self, auc: float, before: dict[str, Any], monitor: str) -> Note:
        said = f", {before['best']:.3f} before it" if before.get("monitor") == monitor else ""
        return Note(f"Without the LSTM the classifier's AUC on the validation slices is {auc:.3f}{said}.")

    def seconds(self, sample: Sample) -> float:
        """An epoch of all runs of slices with a label."""
        import torch

        from napari_wsss.models.classifier import build_classifier
        from napari_wsss.models.neighbours import NeighbourClassifier
        from napari_wsss.pipeline.networks import network_step

        net = sample.step(network_step(sample.recipe, self.classifier)).replace(weights="random")
        model, _ = build_classifier(net, sample.channels, sample.classes)
        side = side_of(sample, self)
        batch = {
            "image": torch.zeros(self.batch_size, self.window, sample.channels, side, side),
            "label": torch.zeros(self.batch_size, self.window, sample.classes),
            "length": torch.full((self.batch_size,), self.window),
        }
        runs = -(-sample.labelled // self.window)
        return sample.seconds_per_epoch(self, runs, NeighbourClassifier(model, self.units), batch, self.objective())
