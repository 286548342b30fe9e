"""What the trainings of all segmenters have in common, whatever an example is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from napari_wsss.engine.augment import augmenter
from napari_wsss.engine.fit import fit
from napari_wsss.engine.randomness import seeded
from napari_wsss.engine.repeated import times
from napari_wsss.errors import InputError
from napari_wsss.models.card import weights_digest
from napari_wsss.models.files import save_model
from napari_wsss.pipeline.held_out import UNSEEN, HeldOut, held_out, nobody, plain_of, taught_before
from napari_wsss.pipeline.labelled import card_of
from napari_wsss.pipeline.preview import preview
from napari_wsss.pipeline.redrawn import Redrawn, needs_drawing
from napari_wsss.pipeline.scoring import Examples, scores_of
from napari_wsss.pipeline.start import go_on_from
from napari_wsss.progress import Note, Work

if TYPE_CHECKING:
    from torch import nn

    from napari_wsss.pipeline.job import Job
    from napari_wsss.pipeline.learning import SegmenterStep


class Lesson(Protocol):
    """Makes the examples of some cases."""

    def __call__(self, job: Job, step: Any, case_ids: Sequence[str]) -> Examples:  # noqa: ANN401
        """Give them; ``step`` says how masks are taken."""
        ...


def fit_masks(
    job: Job,
    step: SegmenterStep,
    folder: Path,
    *,
    lesson: Lesson,
    build: Callable[[int, int], nn.Module],
    card: dict[str, Any],
    judged_together: int,
) -> Work[dict[str, Any]]:
    """Train a segmenter and save it into ``folder``; give its card.

    Args:
        job: of the step.
        step: its knobs.
        folder: of this very training.
        lesson: makes examples of cases.
        build: gives the network for so many channels and classes, with random weights.
        card: what the card says of its own, ``network`` (the network's settings) among it.
        judged_together: examples of the validation patients that go through the network at once.

    Raises:
        InputError: no training patient has a mask.
        ModelError: the model to go on from is missing or another network.
    """
    who = held_out(job, step, step.targets)
    train, val = lesson(job, step, who.train), lesson(job, plain_of(step, who.against), who.val)
    if not train.positives:
        raise InputError(_nothing_to_learn(step))
    if who.val and not val.positives:
        who = nobody(who, UNSEEN)
    classes = len(job.workspace.labels.classes)
    with seeded(step.seed):
        model = build(train.channels, classes)
    yield from go_on_from(job.workspace.models, step.start, model)
    yield Note(f"To learn from: {train.words}")
    yield who.note
    validate = scores_of(val, step.objective(), classes, judged_together, job.device) if val.positives else None
    monitor = "dice_to_targets" if validate else "loss"
    watch = preview(val, "Validation", job.device) if validate else preview(train, "Training", job.device)
    batches = Redrawn(train, step) if needs_drawing(train, step) else train
    result = yield from fit(
        model,
        batches,
        step.objective(),
        step,
        stage=job.name,
        folder=folder,
        device=job.device,
        validate=validate,
        monitor=monitor,
        augment=augmenter(step),
        watch=watch,
    )
    network = {**card["network"], "in_channels": train.channels}
    made = card_of(job, step.gives, network, result, monitor) | _people(job, step, train, val, who)
    made |= {name: value for name, value in card.items() if name != "network"}
    made["examples"] = len(batches) * times(len(batches), step.least_examples)  # of an epoch
    save_model(folder, model, made)
    return made


def _people(job: Job, step: SegmenterStep, train: Examples, val: Examples, who: HeldOut) -> dict[str, Any]:
    """Give what the card says about whose masks were used."""
    accepted = job.workspace.accepted
    return {
        "accepted": sorted(case_id for case_id in train.case_ids if accepted.digest(case_id)),
        "learnt_from": sorted(train.case_ids),
        "learnt_before": sorted(taught_before(job, step)),
        "validated_on": sorted(val.case_ids) if who.val else [],
        "validated_by": {"accepted": "accepted masks", "all": "proposals"}[who.against] if who.val else "nothing",
        "validation": who.note.text,
        "started_from": {step.start: weights_digest(job.workspace.models / step.start)} if step.start else None,
    }


def _nothing_to_learn(step: SegmenterStep) -> str:
    if step.learn_from == "accepted":
        return "no mask of a training patient is accepted yet: accept a few, or learn from proposals too."
    return (
        f"no training patient has a mask in '{step.targets}': lower the threshold, check the activation maps, or "
        "accept a few masks first."
    )
