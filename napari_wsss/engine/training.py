"""Training: epochs of steps, judged, remembered and saved."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol, runtime_checkable

from torch import Tensor, nn

from napari_wsss.engine.about import memory_gib
from napari_wsss.engine.augment import Augmenter
from napari_wsss.engine.checkpoint import Checkpoint
from napari_wsss.engine.feed import Batch, shares
from napari_wsss.engine.memory import memory_there
from napari_wsss.engine.meter import LossMeter
from napari_wsss.engine.randomness import batch_order, step_rng, steps_per_epoch
from napari_wsss.engine.ranks import STOPPED, barrier, from_leader, leads, rank, stop_request
from napari_wsss.engine.schedule import learning_rate
from napari_wsss.engine.seldom import Seldom
from napari_wsss.engine.settings import Fit
from napari_wsss.engine.standing import Standing
from napari_wsss.engine.stepper import Stepper
from napari_wsss.errors import Cancelled, InputError, ModelError
from napari_wsss.files import digest
from napari_wsss.progress import Event, Note, Progress, Work
from napari_wsss.types import Array

Validate = Callable[[nn.Module], Mapping[str, float] | Work[dict[str, float]]]

_EPOCH_SHARE, _STEP_SHARE, _STEP_SECONDS = 100, 100, 60
"""Saving takes at most 1/100 of the time; within an epoch it is done once a minute at most."""


class Batches(Protocol):
    """Where training examples come from."""

    def __len__(self) -> int:
        """Give the number of examples."""
        ...

    def load(self, indices: Array) -> Batch:
        """Give ``image`` (B, C, H, W) float32 and whatever else the loss needs, on the CPU."""
        ...


@runtime_checkable
class Anew(Batches, Protocol):
    """Examples that are drawn anew for each epoch."""

    def begin(self, epoch: int) -> None:
        """Draw those of an epoch, 0, 1, …; the same ones whenever it is asked for again."""
        ...


@dataclass(frozen=True)
class Plan:
    """What a training is made of, beside the model.

    Attributes are the arguments of :func:`napari_wsss.engine.fit.fit`.
    """

    batches: Batches
    params: Fit
    stage: str
    validate: Validate | None
    monitor: str
    augment: Augmenter | None

    @property
    def steps(self) -> int:
        """Steps of one epoch."""
        return steps_per_epoch(len(self.batches), self.params.batch_size)


class Training:
    """A training from its present standing onwards.

    Attributes:
        standing: how far it has come.
    """

    def __init__(self, stepper: Stepper, plan: Plan, folder: Path) -> None:
        if not len(plan.batches):
            raise InputError(f"{plan.stage}: there is no example to learn from. Label more images.")
        self.standing = Standing()
        self._stepper, self._plan = stepper, plan
        self._checkpoint = Checkpoint(folder)
        self._meter = LossMeter()
        self._best: dict[str, Tensor] = {}
        self._clock = perf_counter()
        self._saving = Seldom()
        self._unsaved = False
        self._told: list[Note] = []

    @property
    def model(self) -> nn.Module:
        """What is trained, on its device."""
        return self._stepper.model

    @property
    def steps_done(self) -> int:
        """Steps done so far, over all epochs."""
        return self.standing.epoch * self._plan.steps + self.standing.step

    @property
    def finished(self) -> bool:
        """Whether the last epoch is done, or patience has run out."""
        return self.standing.finished(self._plan.params.epochs, self._plan.params.patience)

    def resume(self) -> Note | None:
        """Go on from the checkpoint, if there is one of this very training; give a line about it."""
        found = from_leader(self._found())
        if found is None or isinstance(found, Note):
            return found
        tensors, figures = found
        if figures["training"] != self._fingerprint():
            return Note(
                "The checkpoint found belongs to other settings or examples; training starts afresh.", "warning"
            )
        self.standing = Standing.from_json(figures["standing"])
        self._meter = LossMeter(self.standing.loss_total, self.standing.loss_examples)
        self._stepper.load({name: tensor for name, tensor in tensors.items() if not name.startswith("best.")})
        self._stepper.load_precision_state(figures["precision"])
        self._stepper.in_parts(figures["parts"])
        self._best = {
            name.removeprefix("best."): tensor for name, tensor in tensors.items() if name.startswith("best.")
        }
        if self.standing.best_epoch and not self._best:
            self._remember()
        return Note(f"Training goes on in epoch {self.standing.epoch + 1}, at step {self.standing.step + 1}.")

    def epoch(self) -> Work[None]:
        """Do what is left of the present epoch's steps, one event each."""
        plan, standing = self._plan, self.standing
        self._stepper.model.train()
        if isinstance(plan.batches, Anew):
            plan.batches.begin(standing.epoch)
        order = batch_order(len(plan.batches), plan.params.batch_size, plan.params.seed, standing.epoch)[
            standing.step :
        ]
        started, before = perf_counter(), self._meter.examples
        with closing(shares(plan.batches.load, order, self._stepper.device)) as batches:
            for examples, batch in batches:
                barrier()
                rng = step_rng(plan.params.seed, standing.epoch, standing.step, rank())
                changed = plan.augment(batch, rng) if plan.augment and batch else batch
                rate, parts = self._rate(), self._stepper.parts
                self._meter.add(self._stepper.step(changed, rate, examples), examples)
                standing.step += 1
                self._unsaved = True
                if self._stepper.parts > parts:
                    yield self._in_more_parts()
                speed = (self._meter.examples - before) / (perf_counter() - started)
                yield self._progress(self._figures(rate, speed))
                if self._saving.due(_STEP_SHARE, _STEP_SECONDS):
                    self.save()

    def judge(self) -> Work[None]:
        """Close the epoch: validate, keep the weights if they are the best so far, write the checkpoint."""
        self._meter.settle()
        row = {"epoch": self.standing.epoch + 1.0, "loss": self._meter.mean, "lr": self._rate(before=1)}
        scores = yield from self._scores()
        self._tick()
        row |= {f"val_{name}" if name in row else name: float(value) for name, value in scores.items()}
        row["seconds"] = round(self.standing.seconds, 3)
        best = self.standing.close_epoch(row, self._plan.monitor)
        self._meter = LossMeter()
        if best:
            self._remember()
        self._unsaved = True
        if self._saving.due(_EPOCH_SHARE):
            self.save()
        at_end = {**row, "step": self._plan.steps, "best_epoch": self.standing.best_epoch}
        yield self._progress(at_end, f"epoch {self.standing.epoch} of {self._plan.params.epochs} done")

    def save(self) -> None:
        """Write the checkpoint, unless nothing happened since the last one.

        Raises:
            WsssError: a loss under way turns out not to be finite; the former checkpoint stays.
        """
        if not self._unsaved or not leads():
            return
        self._meter.settle()
        self._tick()
        self.standing.loss_total, self.standing.loss_examples = self._meter.total, self._meter.examples
        at_best = self.standing.best_epoch == self.standing.epoch and self.standing.step == 0
        best = {} if at_best else {f"best.{name}": tensor for name, tensor in self._best.items()}
        figures = {
            "training": self._fingerprint(),
            "standing": self.standing.to_json(),
            "precision": self._stepper.precision_state(),
            "parts": self._stepper.parts,
        }
        with self._saving.timed():
            self._checkpoint.write(self._stepper.tensors() | best, figures)
        self._unsaved = False

    def take_best(self) -> None:
        """Put the best weights into the model."""
        if self.standing.best_epoch != self.standing.epoch:
            self._stepper.load_model(self._best)
        self._stepper.model.eval()

    def finish(self) -> None:
        """Stop the clock and drop the checkpoint: from now on the training is over for good."""
        self._tick()
        self._checkpoint.remove()

    def _found(self) -> tuple[dict[str, Tensor], dict[str, Any]] | Note | None:
        """Give what the checkpoint holds, if there is one; a line about it when it is damaged."""
        try:
            return self._checkpoint.read()
        except ModelError as error:
            return Note(f"{error} It is ignored.", "warning")

    def _in_more_parts(self) -> Note:
        return Note(
            f"There is too little memory for the examples of a step at once ({memory_there(self._stepper.device)}): "
            f"from now on they go through the network in {self._stepper.parts} parts, one after another. That takes "
            "longer; what is learnt stays the same, except that batch normalisation sees one part at a time.",
            "warning",
        )

    def _scores(self) -> Generator[Event, None, Mapping[str, float]]:
        """Let the leading process validate; the others wait for what it says."""
        scores = (yield from self._validated()) if leads() else {}
        barrier()
        return from_leader(scores)

    def _validated(self) -> Generator[Event, None, Mapping[str, float]]:
        if self._plan.validate is None:
            return {}
        model = self._stepper.model.eval()
        scores = self._plan.validate(model)
        if isinstance(scores, Mapping):
            return scores
        with closing(scores):
            while True:
                try:
                    event = next(scores)
                except StopIteration as stop:
                    result: Mapping[str, float] = stop.value
                    return result
                if not isinstance(event, Note):
                    yield self._progress({}, "validation") if isinstance(event, Progress) else event
                elif event not in self._told:
                    self._told.append(event)
                    yield event
                if stop_request.is_set():
                    raise Cancelled(STOPPED)

    def _remember(self) -> None:
        current = self._stepper.model.state_dict()
        if not self._best:
            self._best = {name: tensor.detach().to("cpu", copy=True) for name, tensor in current.items()}
            return
        for name, tensor in current.items():
            self._best[name].copy_(tensor)

    def _rate(self, before: int = 0) -> float:
        return learning_rate(self._plan.params, self.steps_done - before, self._plan.steps)

    def _figures(self, rate: float, speed: float) -> dict[str, float]:
        """Give the values of a step's event."""
        return {
            "loss": self._meter.latest,
            "lr": rate,
            "samples_per_second": speed,
            "memory_gib": memory_gib(self._stepper.device),
        }

    def _progress(self, values: Mapping[str, float], message: str = "") -> Progress:
        params, steps, epoch = self._plan.params, self._plan.steps, self.standing.epoch
        text = message or f"epoch {epoch + 1} of {params.epochs}"
        place = {"epoch": epoch + 1.0, "epochs": params.epochs, "step": self.standing.step, "steps": steps}
        return Progress(self._plan.stage, self.steps_done, params.epochs * steps, text, {**place, **values})

    def _fingerprint(self) -> str:
        """Digest of all that must be the same for a checkpoint to be continued."""
        shapes = {name: list(tensor.shape) for name, tensor in self._stepper.model.state_dict().items()}
        # What least_examples does stands in the number of examples.
        counted = set(Fit.model_fields) - {"least_examples"}
        fit: dict[str, Any] = self._plan.params.model_dump(mode="json", include=counted)
        return digest(json.dumps([fit, len(self._plan.batches), self._plan.monitor, shapes], sort_keys=True))

    def _tick(self) -> None:
        """Add the time since the last call to the standing."""
        now = perf_counter()
        self.standing.seconds += now - self._clock
        self._clock = now
