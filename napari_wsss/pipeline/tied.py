"""What the trainings of a tied-weight deconvolution network have in common."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from napari_wsss.progress import Work

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from napari_wsss.engine.training import Validate
    from napari_wsss.models.dense import DenseNetwork
    from napari_wsss.models.tied import TiedNetwork
    from napari_wsss.models.tied_settings import TiedNet
    from napari_wsss.pipeline.batches import LabelledSlices
    from napari_wsss.pipeline.job import Job
    from napari_wsss.pipeline.recipe import Recipe
    from napari_wsss.pipeline.sample import Sample
    from napari_wsss.pipeline.steps.tied import TrainTied
    from napari_wsss.pipeline.steps.tied_features import TrainTiedFeatures

ROLE = "tied-network"


def labelled_slices(job: Job) -> tuple[LabelledSlices, int]:
    """Give the training patients' slices with a known label, and the side of the windows that are cut from them.

    Raises:
        InputError: a class has slices of one kind only, or nothing is left of a slice.
    """
    from napari_wsss.pipeline.batches import LabelledSlices
    from napari_wsss.pipeline.labelled import check_labels

    step = cast("TrainTied | TrainTiedFeatures", job.step)
    train = LabelledSlices(job, step.slices, job.workspace.subset("train"))
    check_labels(train, job.workspace.labels.classes, "slices")
    return train, step.window(train.image([0]).shape[-1])


def train_tied(
    job: Job, folder: Path, model: TiedNetwork | DenseNetwork, network: dict[str, Any], train: LabelledSlices
) -> Work[dict[str, Any]]:
    """Train on random windows, judged by the middle of the validation slices; save and give the card."""
    from napari_wsss.engine.crop import cropper
    from napari_wsss.models.files import save_model
    from napari_wsss.models.tied_scores import AsClassifier
    from napari_wsss.pipeline.batches import LabelledSlices
    from napari_wsss.pipeline.labelled import card_of, fit_labelled

    step = cast("TrainTied | TrainTiedFeatures", job.step)
    val = LabelledSlices(job, step.slices, job.workspace.subset("val"))

    def by_the_middle(judge: Validate) -> Validate:
        return lambda net: judge(AsClassifier(cast("TiedNetwork", net), step.crop))

    result, monitor = yield from fit_labelled(
        job, model, (train, val), objective(model), folder, augment=cropper(step), judge=by_the_middle
    )
    card = card_of(job, ROLE, network, result, monitor)
    save_model(folder, model, card)
    return card


def objective(model: TiedNetwork | DenseNetwork) -> Any:  # noqa: ANN401 (a loss, as the engine takes it)
    """Give the loss that is meant for ``model``."""
    from napari_wsss.losses.tied import tied_loss

    learns = model.learns

    def loss(net: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        return tied_loss(net(batch["image"]), batch["label"], learns)

    return loss


def settings_behind(recipe: Recipe, name: str) -> TiedNet:
    """Give the network's settings, which the first step of a chain of trainings has."""
    step = recipe.step(name)
    return settings_behind(recipe, step.start) if hasattr(step, "start") else cast("TiedNet", step)


def seconds_per_epoch(sample: Sample, step: Any, model: TiedNetwork | DenseNetwork, side: int) -> float:  # noqa: ANN401
    """Time an epoch of all labelled slices, cut to ``side`` pixels."""
    import torch

    batch: dict[str, torch.Tensor] = {
        "image": torch.zeros(step.batch_size, sample.channels, side, side),
        "label": torch.zeros(step.batch_size, sample.classes),
    }
    return sample.seconds_per_epoch(step, sample.labelled, model, batch, objective(model))
