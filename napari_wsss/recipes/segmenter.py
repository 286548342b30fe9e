"""The segmenter of recipes whose publication ends with the masks, so that every recipe learns from accepted ones."""

from __future__ import annotations

from napari_wsss.pipeline.step import Step
from napari_wsss.pipeline.steps import PredictMasks, TrainSegmenter


def segmenter_of(mask: str, *, slices: str = "slices") -> dict[str, Step]:
    """Give a U-Net that learns ``mask`` on ``slices``, and its prediction, by name: ``segmenter``, ``prediction``."""
    return {
        "segmenter": TrainSegmenter(slices=slices, seeds=mask, targets=mask, loss="cross-entropy", network="unet"),
        "prediction": PredictMasks(segmenter="segmenter", slices=slices),
    }


SMALL = ("segmenter.width=16", "segmenter.epochs=4")
"""Its settings for machines without a GPU."""
