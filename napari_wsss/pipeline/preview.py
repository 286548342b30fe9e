"""Preview: what a segmenter under training says about one slice, beside the mask it is judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_wsss.engine.predict import likeliest_labels, predict_logits
from napari_wsss.pipeline.preview_picture import draw_preview
from napari_wsss.pipeline.taught import IGNORE, lesion
from napari_wsss.progress import drain
from napari_wsss.types import Array, FloatArray, LabelMap

if TYPE_CHECKING:
    from torch import nn

    from napari_wsss.engine.watching import Watch
    from napari_wsss.pipeline.scoring import Examples

_TRIED = 24
"""Examples among which the one to show is chosen."""


def preview(examples: Examples, whose: str, device: str) -> Watch:
    """Give the function that draws what a segmenter says about one of the examples, always the same slice.

    It is the one whose lesion is of middling size among a few of them; of volumes, the plane with most lesion.

    Args:
        examples: at least one with a lesion.
        whose: in the caption: "Validation" or "Training".
        device: as for :func:`napari_wsss.engine.fit.fit`.
    """
    chosen = np.array([choose(examples)])

    def watch(model: nn.Module) -> tuple[Array, str]:
        batch = examples.load(chosen)
        image, reference = batch["image"].numpy(), batch["targets"].numpy().astype(np.uint8)
        import torch

        logits = drain(predict_logits(model, [image], device=device))
        predicted = likeliest_labels(torch.from_numpy(logits)).numpy()
        channels, wanted, said = _plane(image[0], reference[0], predicted[0])
        caption = f"{whose} slice, Dice {dice_of(said, wanted):.2f}"
        return draw_preview(_shown_best(channels, wanted), wanted, said), caption

    return watch


def choose(examples: Examples) -> int:
    """Give the number of the example to show: the median by lesion size of a few with a lesion, or the first such."""
    few = np.unique(np.linspace(0, len(examples) - 1, _TRIED).astype(int))
    sizes = {int(index): _lesion_size(examples, index) for index in few}
    able = sorted((index for index, size in sizes.items() if size), key=sizes.__getitem__)
    if able:
        return able[len(able) // 2]
    return next((index for index in range(len(examples)) if _lesion_size(examples, index)), 0)


def dice_of(predicted: LabelMap, reference: LabelMap) -> float:
    """Give the Dice coefficient of lesion of any class over the places whose label is known; 1 if neither has any."""
    known = reference != IGNORE
    said, wanted = (predicted > 0) & known, lesion(reference)
    return float(2 * (said & wanted).sum() / max(said.sum() + wanted.sum(), 1)) if (said | wanted).any() else 1.0


def _lesion_size(examples: Examples, index: int) -> int:
    return int(lesion(examples.load(np.array([index]))["targets"].numpy()).sum())


def _plane(image: FloatArray, reference: LabelMap, predicted: LabelMap) -> tuple[FloatArray, LabelMap, LabelMap]:
    """Give a slice as it is, (C, H, W) and two (H, W); of a volume the plane with most lesion."""
    if reference.ndim == 2:
        return image, reference, predicted
    z = int(lesion(reference).sum(axis=(1, 2)).argmax())
    return image[:, z], reference[z], predicted[z]


def _shown_best(channels: FloatArray, reference: LabelMap) -> FloatArray:
    """Give the channel, of (C, H, W), in which the lesion stands out most from the rest."""
    inside = lesion(reference)
    contrast = [0.0] * len(channels)
    if inside.any() and not inside.all():
        contrast = [abs(one[inside].mean() - one[~inside].mean()) / max(float(one.std()), 1e-6) for one in channels]
    best: FloatArray = channels[int(np.argmax(contrast))]
    return best
