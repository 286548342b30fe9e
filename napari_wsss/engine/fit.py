"""Fit: train a network, as long work that can be watched, stopped and resumed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import torch
from torch import nn

from napari_wsss.engine.about import about
from napari_wsss.engine.augment import Augmenter
from napari_wsss.engine.chronicle import Chronicle
from napari_wsss.engine.device import choose_to_learn
from napari_wsss.engine.feed import Batch
from napari_wsss.engine.memory import explained
from napari_wsss.engine.randomness import seeded
from napari_wsss.engine.ranks import leads, parting
from napari_wsss.engine.repeated import repeated
from napari_wsss.engine.settings import Fit
from napari_wsss.engine.stepper import Loss, Stepper
from napari_wsss.engine.training import Batches, Plan, Training, Validate
from napari_wsss.engine.watching import Watch, Watcher
from napari_wsss.errors import Cancelled
from napari_wsss.progress import Note, Work

_TOO_LARGE = (
    "There is too little memory for this network: {there}. Choose a narrower network (width), close other programs, or "
    "train on a machine with more memory."
)


@dataclass(frozen=True)
class FitResult:
    """What a training came to.

    Attributes:
        best_epoch: epoch whose weights the model holds, counted from 1.
        best: its monitored figure.
        history: one row per epoch: epoch, loss (training, mean), lr, what ``validate`` gave, seconds since the start.
        seconds: time spent, over all sessions of a resumed training.
    """

    best_epoch: int
    best: float
    history: list[dict[str, float]]
    seconds: float


def fit(
    model: nn.Module,
    batches: Batches,
    loss: Loss,
    params: Fit,
    *,
    stage: str,
    folder: Path,
    device: str = "auto",
    validate: Validate | None = None,
    monitor: str = "loss",
    augment: Augmenter | None = None,
    watch: Watch | None = None,
    at_last: Callable[[float], Work[None]] | None = None,
) -> Work[FitResult]:
    """Train ``model`` in place; at the end it holds the best epoch's weights, on the CPU, in evaluation mode.

    The same seed, initial weights, device and precision give the same weights, whether or not the training was
    interrupted (CUDA: up to those operations of torch that have no reproducible kernel, such as bilinear
    enlarging). Closing the generator leaves ``folder``/checkpoint, from which the next call with the same arguments
    goes on at the very step; it is written now and then too, in case the process is killed, and removed at the end.
    ``folder`` keeps the curves: curves.csv grows by one row an epoch, curves.png and tensorboard/ follow.

    Args:
        model: called as ``model(image)`` by ``loss``; only this call runs in reduced precision.
        batches: the examples.
        loss: maps (model, batch) to the mean loss over the batch.
        params: settings; those of subclasses of ``Fit`` beyond its own do not matter here.
        stage: name in the events.
        folder: of this very training; created if missing.
        device: "auto", "cpu", "cuda" or "mps".
        validate: called after each epoch with the model in evaluation mode, on the device; gives figures by name, or
            is long work that returns them.
        monitor: the figure that decides which epoch is best: a name ``validate`` gives, or "loss". Lower is better if
            the name ends with "loss", else higher.
        augment: changes a batch, already on the device, with the generator of this step.
        watch: draws what the model says, after the first epoch, then as often as it takes 1/50 of the time at most
            (within an epoch once a minute), and at the end for the best epoch. Changes nothing of what is learnt.
        at_last: what else is to be done once the model, still on the device, holds the best weights; it is given the
            best figure. Interrupted there, the training need not be done again.

    Yields:
        About, once. Progress per step, with ``values`` epoch and step (counted from 1), epochs, steps (of an epoch),
        loss, lr, samples_per_second and memory_gib (CUDA: the most that was allocated; else that of the process), and
        one more per epoch with its row of the history. Picture: ``folder``/preview.png. Notes about choices made.

    With several processes (:mod:`napari_wsss.engine.ranks`) each calls this alike and does its share of every batch;
    the loss counts by examples. All come to the same weights and the same result: those of one process, up to the
    last bits, dropout, augmentation and batch normalisation. Only the leading process validates, draws, writes the
    checkpoint, and does what comes last. When memory runs out, see :meth:`napari_wsss.engine.stepper.Stepper.step`.

    Raises:
        InputError: no examples.
        OutOfMemory: even one example at a time does not fit.
        Cancelled: ``ranks.stop_request`` was set, here or in another process; the checkpoint is written.
        JobError: another process failed.
        WsssError: the device is missing, the loss is not finite, or no figure is called ``monitor``.
        ProjectError: the folder cannot be written.
    """
    fabric, notes = choose_to_learn(model, device, params.precision)
    yield from (Note(note) for note in notes)
    with parting(), seeded(params.seed), _reproducible(fabric.device):
        with explained(_TOO_LARGE, fabric.device):
            stepper = Stepper(model, loss, params, fabric)
        try:
            batches = repeated(batches, params.least_examples)
            plan = Plan(batches, params, stage, validate, monitor, augment)
            training = Training(stepper, plan, folder)
            note = training.resume()
            if note:
                yield note
            yield about(stage, model, fabric, len(batches))
            with Chronicle(training, Watcher(watch, stage, folder) if watch and leads() else None, folder) as chronicle:
                yield from _train(training, chronicle, params, at_last if leads() else None)
            standing = training.standing
            return FitResult(standing.best_epoch, standing.best, standing.history, standing.seconds)
        finally:
            stepper.release()


def seconds_per_step(model: nn.Module, batch: Batch, loss: Loss, params: Fit, *, device: str = "auto") -> float:
    """Time one training step, the faster of two after a first one; ``model`` is not changed.

    Raises:
        WsssError: as :func:`napari_wsss.engine.device.choose`.
    """
    fabric, _ = choose_to_learn(model, device, params.precision)
    with seeded(params.seed), _reproducible(fabric.device):
        stepper = Stepper(copy.deepcopy(model).train(), loss, params, fabric)
        try:
            given = {name: tensor.to(stepper.device) for name, tensor in batch.items()}
            times = [_timed_step(stepper, given, params.learning_rate) for _ in range(3)]
        finally:
            stepper.release()
    return min(times[1:])


def _train(
    training: Training, chronicle: Chronicle, params: Fit, at_last: Callable[[float], Work[None]] | None
) -> Work[None]:
    try:
        while not training.finished:
            yield from chronicle.heard(training.epoch())
            yield from chronicle.heard(training.judge())
    except (GeneratorExit, Cancelled):
        training.save()
        raise
    if training.standing.epoch < params.epochs:
        yield Note(
            f"Stopped after epoch {training.standing.epoch}: none of the last {params.patience} was better than "
            f"epoch {training.standing.best_epoch}."
        )
    if at_last:
        training.save()  # as where the model is drawn: from here on it holds other weights
    yield from chronicle.finish()
    if at_last:
        yield from at_last(training.standing.best)
    training.finish()


def _timed_step(stepper: Stepper, batch: Batch, rate: float) -> float:
    start = perf_counter()
    stepper.step(batch, rate).item()  # reading the loss waits for the device
    return perf_counter() - start


@contextmanager
def _reproducible(device: torch.device) -> Iterator[None]:
    """Keep cuDNN to kernels that give the same result every time."""
    if device.type != "cuda":
        yield
        return
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True):
        yield
