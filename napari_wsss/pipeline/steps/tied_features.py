"""Step: the convolutions from which a tied-weight deconvolution network starts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from napari_wsss.data.crop import CropMirror
from napari_wsss.engine.settings import Fit
from napari_wsss.models.tied_settings import TiedNet
from napari_wsss.params import knob
from napari_wsss.pipeline.sample import Sample, side_of
from napari_wsss.pipeline.step import Artefact, Stage, Step, link
from napari_wsss.progress import Note, Work

if TYPE_CHECKING:
    from napari_wsss.models.dense import DenseNetwork
    from napari_wsss.models.tied import TiedNetwork
    from napari_wsss.pipeline.job import Job


class TrainTiedFeatures(CropMirror, Fit, TiedNet, Step):
    """Choose the network; let its convolutions learn as part of a plain classifier first, or start them as given."""

    kind: Literal["train-tied-features"] = "train-tied-features"
    slices: str = link("slices", help="network inputs")
    dense: bool = knob(
        True,
        "Whether the convolutions first learn as a classifier with two dense layers, as published for the X-ray net. "
        "Without, nothing is trained here: they start as 'weights' says.",
    )
    stage: ClassVar[Stage] = "train-classifier"
    gives: ClassVar[Artefact] = "tied-network"
    works_on: ClassVar[Literal["case", "cohort"]] = "cohort"
    uses_labels: ClassVar[bool] = True
    side_multiple: ClassVar[int] = 1

    def train(self, job: Job, folder: Path) -> Work[dict[str, Any]]:
        """Train and save into ``folder``; give the model's card.

        Raises:
            InputError: a class has slices of one kind only, nothing is left of a slice, or the nonlinearity does not
                suit the number of classes.
            ModelError: the weights do not suit the network.
        """
        from napari_wsss.engine.fit import FitResult
        from napari_wsss.engine.randomness import seeded
        from napari_wsss.models.files import save_model
        from napari_wsss.models.pretrained import start_from
        from napari_wsss.models.tied import nonlinearity_for
        from napari_wsss.pipeline.labelled import card_of
        from napari_wsss.pipeline.tied import ROLE, labelled_slices, train_tied

        train, window = labelled_slices(job)
        classes = len(job.workspace.labels.classes)
        nonlinearity_for(self, classes)  # refused before the first phase rather than after it
        side = window if self.dense else 0
        with seeded(self.seed):
            model = self._build(train.channels, classes, side)
        for note in start_from(model.trunk, self.weights, "vgg16"):
            yield Note(note, "warning")
        settings = self.model_dump(include=set(TiedNet.model_fields))
        network = {**settings, "in_channels": train.channels, "stages": 0, "side": side}
        if self.dense:
            return (yield from train_tied(job, folder, model, network, train))
        card = card_of(job, ROLE, network, FitResult(0, 0.0, [], 0.0), "none")
        save_model(folder, model, card)
        return card

    def seconds(self, sample: Sample) -> float:
        """An epoch of all labelled slices; next to nothing without dense layers."""
        from napari_wsss.pipeline.tied import seconds_per_epoch

        if not self.dense:
            return 0.0
        side = self.window(side_of(sample, self))
        return seconds_per_epoch(sample, self, self._build(sample.channels, sample.classes, side), side)

    def _build(self, channels: int, classes: int, side: int) -> TiedNetwork | DenseNetwork:
        from napari_wsss.models.dense import DenseNetwork
        from napari_wsss.models.tied import TiedNetwork

        return DenseNetwork(self, channels, classes, side) if self.dense else TiedNetwork(self, channels, classes, 0)
