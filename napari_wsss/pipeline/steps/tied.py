"""Step: train a tied-weight deconvolution network from one with fewer deconvolution stages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from napari_wsss.data.crop import CropMirror
from napari_wsss.engine.settings import Fit
from napari_wsss.errors import RecipeError
from napari_wsss.models.tied_settings import STAGES
from napari_wsss.params import knob
from napari_wsss.pipeline.sample import Sample, side_of
from napari_wsss.pipeline.step import Artefact, Stage, Step, link
from napari_wsss.progress import Work

if TYPE_CHECKING:
    from napari_wsss.pipeline.job import Job


class TrainTied(CropMirror, Fit, Step):
    """Learn class maps from the convolutions and some deconvolution stages, starting from an earlier training."""

    kind: Literal["train-tied"] = "train-tied"
    slices: str = link("slices", help="network inputs")
    start: str = link("tied-network", help="training whose weights it starts from")
    stages: int = knob(0, "Deconvolution stages: each doubles the resolution of the maps.", ge=0, le=STAGES)
    trains: Literal["all", "tied", "newest"] = knob(
        "newest",
        "Which weights change beside those of the class maps: all; those of every stage (a stage shares its weights "
        "with convolutions); or those of the last stage alone. The rest stays as it was.",
    )
    stage: ClassVar[Stage] = "train-classifier"
    gives: ClassVar[Artefact] = "tied-network"
    works_on: ClassVar[Literal["case", "cohort"]] = "cohort"
    uses_labels: ClassVar[bool] = True
    side_multiple: ClassVar[int] = 1

    def train(self, job: Job, folder: Path) -> Work[dict[str, Any]]:
        """Train and save into ``folder``; give the model's card.

        Raises:
            InputError: a class has slices of one kind only, or nothing is left of a slice.
            RecipeError: the training it starts from has more stages.
        """
        from napari_wsss.engine.randomness import seeded
        from napari_wsss.models.card import read_card
        from napari_wsss.models.tied import TiedNetwork
        from napari_wsss.models.tied_settings import TiedNet
        from napari_wsss.pipeline.tied import labelled_slices, train_tied
        from napari_wsss.pipeline.trained import load_tied

        train, _ = labelled_slices(job)
        former = job.model_folder(self.start)
        network = read_card(former)["network"]
        if network["stages"] > self.stages:
            raise RecipeError(
                f"'{job.name}' has {self.stages} stages and starts from '{self.start}', which has {network['stages']}: "
                "start from one with as many or fewer."
            )
        net = TiedNet.parse({name: network[name] for name in TiedNet.model_fields})
        with seeded(self.seed):
            model = TiedNetwork(net, train.channels, len(job.workspace.labels.classes), self.stages)
        model.carry_over(load_tied(former).state_dict())
        model.hold(self.trains)
        return (yield from train_tied(job, folder, model, {**network, "stages": self.stages, "side": 0}, train))

    def seconds(self, sample: Sample) -> float:
        """An epoch of all labelled slices."""
        from napari_wsss.models.tied import TiedNetwork
        from napari_wsss.pipeline.tied import seconds_per_epoch, settings_behind

        settings = settings_behind(sample.recipe, self.start)
        model = TiedNetwork(settings, sample.channels, sample.classes, self.stages)
        model.hold(self.trains)
        return seconds_per_epoch(sample, self, model, self.window(side_of(sample, self)))
