"""Training: epochs of steps, judged, remembered and saved."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

from torch import Tensor, nn

from napari_wsss.engine.augment import Augmenter
from napari_wsss.engine.checkpoint import Checkpoint
from napari_wsss.engine.feed import Batch, feed
from napari_wsss.engine.meter import LossMeter
from napari_wsss.engine.randomness import batch_order, step_rng, steps_per_epoch
from napari_wsss.engine.schedule import learning_rate
from napari_wsss.engine.settings import Fit
from napari_wsss.engine.standing import Standing
from napari_wsss.engine.stepper import Stepper
from napari_wsss.errors import InputError, ModelError
from napari_wsss.files import digest, write_text
from napari_wsss.progress import Event, Note, Progress, Work
from napari_wsss.types import Array

Validate = Callable[[nn.Module], Mapping[str, float] | Work[dict[str, float]]]

_EPOCH_SHARE, _STEP_SHARE, _STEP_SECONDS = 30, 50, 60
"""Saving takes at most 1/30 of the time after an epoch and 1/50 within one, there at most once a minute."""


class Batches(Protocol):
    """Where training examples come from."""

    def __len__(self) -> int:
        """Give the number of examples."""
        ...

    def load(self, indices: Array) -> Batch:
        """Give ``image`` (B, C, H, W) float32 and whatever else the loss needs, on the CPU."""
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
        self._stepper, self._plan, self._folder = stepper, plan, folder
        self._checkpoint = Checkpoint(folder)
        self._meter = LossMeter()
        self._best: dict[str, Tensor] = {}
        self._clock = self._saved = perf_counter()
        self._save_cost = 0.0
        self._unsaved = False

    @property
    def finished(self) -> bool:
        """Whether the last epoch is done, or patience has run out."""
        return self.standing.finished(self._plan.params.epochs, self._plan.params.patience)

    def resume(self) -> Note | None:
        """Go on from the checkpoint, if there is one of this very training; give a line about it."""
        try:
            found = self._checkpoint.read()
        except ModelError as error:
            return Note(f"{error} It is ignored.", "warning")
        if found is None:
            return None
        tensors, figures = found
        if figures["training"] != self._fingerprint():
            return Note(
                "The checkpoint found belongs to other settings or examples; training starts afresh.", "warning"
            )
        self.standing = Standing.from_json(figures["standing"])
        self._meter = LossMeter(self.standing.loss_total, self.standing.loss_examples)
        self._stepper.load({name: tensor for name, tensor in tensors.items() if not name.startswith("best.")})
        self._stepper.load_precision_state(figures["precision"])
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
        order = batch_order(len(plan.batches), plan.params.batch_size, plan.params.seed, standing.epoch)[
            standing.step :
        ]
        started, before = perf_counter(), self._meter.examples
        with closing(feed(plan.batches.load, order, self._stepper.device)) as batches:
            for batch in batches:
                rng = step_rng(plan.params.seed, standing.epoch, standing.step)
                changed = plan.augment(batch, rng) if plan.augment else batch
                rate = self._rate()
                self._meter.add(self._stepper.step(changed, rate), len(changed["image"]))
                standing.step += 1
                self._unsaved = True
                speed = (self._meter.examples - before) / (perf_counter() - started)
                yield self._progress({"loss": self._meter.latest, "lr": rate, "samples_per_second": speed})
                if self._due(_STEP_SHARE, _STEP_SECONDS):
                    self.save()

    def judge(self) -> Work[None]:
        """Close the epoch: validate, keep the weights if they are the best so far, write curves and checkpoint."""
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
        self._write_curves()
        if self._due(_EPOCH_SHARE):
            self.save()
        yield self._progress(row, f"epoch {self.standing.epoch} of {self._plan.params.epochs} done")

    def save(self) -> None:
        """Write the checkpoint, unless nothing happened since the last one.

        Raises:
            WsssError: a loss under way turns out not to be finite; the former checkpoint stays.
        """
        if not self._unsaved:
            return
        self._meter.settle()
        start = self._tick()
        self.standing.loss_total, self.standing.loss_examples = self._meter.total, self._meter.examples
        at_best = self.standing.best_epoch == self.standing.epoch and self.standing.step == 0
        best = {} if at_best else {f"best.{name}": tensor for name, tensor in self._best.items()}
        figures = {
            "training": self._fingerprint(),
            "standing": self.standing.to_json(),
            "precision": self._stepper.precision_state(),
        }
        self._checkpoint.write(self._stepper.tensors() | best, figures)
        self._saved = perf_counter()
        self._save_cost, self._unsaved = self._saved - start, False

    def finish(self) -> None:
        """Put the best weights into the model and drop the checkpoint."""
        if self.standing.best_epoch != self.standing.epoch:
            self._stepper.load_model(self._best)
        self._stepper.model.eval()
        self._checkpoint.remove()

    def _scores(self) -> Generator[Event, None, Mapping[str, float]]:
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
                yield event if isinstance(event, Note) else self._progress({}, "validation")

    def _remember(self) -> None:
        current = self._stepper.model.state_dict()
        if not self._best:
            self._best = {name: tensor.detach().to("cpu", copy=True) for name, tensor in current.items()}
            return
        for name, tensor in current.items():
            self._best[name].copy_(tensor)

    def _rate(self, before: int = 0) -> float:
        done = self.standing.epoch * self._plan.steps + self.standing.step
        return learning_rate(self._plan.params, done - before, self._plan.steps)

    def _progress(self, values: Mapping[str, float], message: str = "") -> Progress:
        params, steps, epoch = self._plan.params, self._plan.steps, self.standing.epoch
        text = message or f"epoch {epoch + 1} of {params.epochs}"
        done = epoch * steps + self.standing.step
        return Progress(self._plan.stage, done, params.epochs * steps, text, {"epoch": epoch + 1.0, **values})

    def _fingerprint(self) -> str:
        """Digest of all that must be the same for a checkpoint to be continued."""
        shapes = {name: list(tensor.shape) for name, tensor in self._stepper.model.state_dict().items()}
        fit: dict[str, Any] = self._plan.params.model_dump(mode="json", include=set(Fit.model_fields))
        return digest(json.dumps([fit, len(self._plan.batches), self._plan.monitor, shapes], sort_keys=True))

    def _write_curves(self) -> None:
        columns = list(dict.fromkeys(name for row in self.standing.history for name in row))
        text = io.StringIO(newline="")
        table = csv.DictWriter(text, columns, lineterminator="\n")
        table.writeheader()
        table.writerows(self.standing.history)
        write_text(self._folder / "curves.csv", text.getvalue())

    def _due(self, share: float, seconds: float = 0.0) -> bool:
        return perf_counter() - self._saved >= max(seconds, share * self._save_cost)

    def _tick(self) -> float:
        """Add the time since the last call to the standing; give the present one."""
        now = perf_counter()
        self.standing.seconds += now - self._clock
        self._clock = now
        return now
