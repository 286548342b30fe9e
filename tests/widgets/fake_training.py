"""The events of a training, as the engine tells them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari_wsss.progress import About, Picture, Progress

FACTS = {
    "device": "CPU (x86_64)",
    "precision": "32 bit",
    "threads": "2",
    "examples": "16",
    "parameters": "1,944,049",
}


def training(
    stage: str, *, epochs: int = 3, steps: int = 2, first: int = 1, picture: Path | None = None, score: str = "auc"
) -> Any:
    """Give the events of a training from epoch ``first`` on; its second epoch is the best; an epoch takes 2 s.

    Losses: 1 / (1 + steps done). Scores: 0.5 in the first epoch, 0.9 in the second, 0.7 afterwards.
    """

    def told(step: int, message: str = "", **figures: float) -> Progress:
        done = (epoch - 1) * steps + step
        losses = {"loss": 1.0 / (1 + done)} if figures else {}
        place = {"epoch": epoch, "epochs": epochs, "step": step, "steps": steps}
        return Progress(
            stage, done, epochs * steps, message or f"epoch {epoch} of {epochs}", {**place, **losses, **figures}
        )

    yield About(stage, FACTS)
    for epoch in range(first, epochs + 1):
        for step in range(1, steps + 1):
            yield told(step, lr=0.001, samples_per_second=8.0, memory_gib=1.5)
        yield told(steps, "validation")
        scores = {"val_loss": 0.4 + 0.1 * epoch, score: {1: 0.5, 2: 0.9}.get(epoch, 0.7)}
        yield told(steps, f"epoch {epoch} done", lr=0.001, seconds=2.0 * epoch, best_epoch=min(epoch, 2), **scores)
        if picture is not None:
            yield Picture(stage, str(picture), f"validation slice 3, epoch {epoch}")
