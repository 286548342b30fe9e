"""How a segmenter under training does on the patients that judge it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
import torch

from napari_wsss.engine.predict import likeliest_labels, predict_logits
from napari_wsss.losses.segmentation import IGNORE
from napari_wsss.metrics.overlap import class_counts, confusion, dice
from napari_wsss.progress import Work
from napari_wsss.types import Array, BoolArray

if TYPE_CHECKING:
    from torch import Tensor, nn

    from napari_wsss.engine.stepper import Loss
    from napari_wsss.engine.training import Validate


class Examples(Protocol):
    """Examples with masks.

    Attributes:
        case_ids: cases they come from.
        positives: how many show a lesion.
        channels: of the network's input.
        accepted: (N,), whether the example was accepted, at least in part.
        share: (N,), how often it comes in an epoch, up to 1: of lesion-free examples that are drawn anew for each
            epoch only so many are wanted.
        words: what there is to learn from, a line.
    """

    case_ids: list[str]
    positives: int
    channels: int
    accepted: BoolArray
    share: npt.NDArray[np.float64]
    words: str

    def __len__(self) -> int:
        """Give the number of examples."""
        ...

    def load(self, indices: Any) -> dict[str, Tensor]:  # noqa: ANN401 (integers, in whatever array)
        """Give ``image`` (B, channels, …) and ``targets`` (B, …): 0 … C, 255 unknown."""
        ...


def scores_of(val: Examples, loss: Loss, classes: int, batch_size: int, device: str) -> Validate:
    """Give the function that scores a segmenter against ``val``, a batch at a time.

    It gives ``dice_to_targets``, over all places that are known together and the mean of the classes, and ``loss``,
    the same loss as in training, a mean over the examples.
    """

    def validate(model: nn.Module) -> Work[dict[str, float]]:
        matrix, total = np.zeros((classes + 1, classes + 1), dtype=np.int64), 0.0
        for start in range(0, len(val), batch_size):
            batch = val.load(np.arange(start, min(start + batch_size, len(val))))
            logits = yield from predict_logits(model, [batch["image"].numpy()], device=device, total=len(val))
            answer = torch.from_numpy(logits)
            total += float(loss(_Answered(answer), batch)) * len(answer)
            matrix += _confusion(likeliest_labels(answer).numpy(), batch["targets"].numpy(), classes)
        score = float(np.mean([dice(class_counts(matrix, index)) for index in range(classes)]))
        return {"dice_to_targets": score, "loss": total / len(val)}

    return validate


class _Answered(torch.nn.Module):
    """Stands in for a network that was asked already."""

    def __init__(self, answer: Tensor) -> None:
        super().__init__()
        self._answer = answer

    def forward(self, _image: Tensor) -> Tensor:
        return self._answer


def _confusion(labels: Array, targets: Array, classes: int) -> Array:
    known = targets != IGNORE
    return confusion(labels[known], targets[known].astype(np.uint8), classes)
