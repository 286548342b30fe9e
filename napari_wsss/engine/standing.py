"""Standing: how far a training has come, in figures."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from napari_wsss.errors import WsssError


@dataclass
class Standing:
    """Figures of a training under way; with the tensors they make up its checkpoint.

    Attributes:
        epoch: finished epochs.
        step: finished steps of the present epoch.
        loss_total: sum of loss times examples of the present epoch.
        loss_examples: examples of the present epoch so far.
        history: one row per finished epoch.
        best: the monitored value of the best epoch, NaN before the first finite one.
        best_epoch: that epoch, counted from 1; 0 before the first.
        waited: epochs since then.
        seconds: time spent on all of this, over all sessions.
    """

    epoch: int = 0
    step: int = 0
    loss_total: float = 0.0
    loss_examples: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    best: float = math.nan
    best_epoch: int = 0
    waited: int = 0
    seconds: float = 0.0

    def close_epoch(self, row: dict[str, float], monitor: str) -> bool:
        """Take up the row of an epoch just finished.

        Args:
            row: its figures; "epoch" and "loss" (of training) among them.
            monitor: the one that decides. Lower is better if its name ends with "loss", else higher. A validation
                loss, in the row as "val_loss", goes before the training's.

        Returns:
            Whether this epoch is the best so far. As long as the figure is NaN (a ranking over one class only, say),
            the newest epoch counts as best.

        Raises:
            WsssError: the row has no such figure.
        """
        name = f"val_{monitor}" if f"val_{monitor}" in row else monitor
        if name not in row:
            raise WsssError(f"Cannot judge epochs by '{monitor}'; this training reports: {', '.join(row)}.")
        self.history.append(row)
        self.epoch, self.step = self.epoch + 1, 0
        self.loss_total, self.loss_examples = 0.0, 0
        value = row[name]
        lower = name.endswith("loss")
        improved = math.isnan(self.best) or (value < self.best if lower else value > self.best)
        if improved:
            self.best, self.best_epoch, self.waited = value, self.epoch, 0
        else:
            self.waited += 1
        return improved

    def finished(self, epochs: int, patience: int) -> bool:
        """Whether all epochs are done, or none of the last ``patience`` (> 0) was an improvement."""
        return self.epoch >= epochs or 0 < patience <= self.waited

    def to_json(self) -> dict[str, Any]:
        """Give a JSON object that :meth:`from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Rebuild from :meth:`to_json`."""
        return cls(**data)
