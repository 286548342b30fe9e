"""Every kind of step a recipe can be made of. A new kind is a file here and a name in ``AnyStep``."""

from napari_wsss.pipeline.steps.classifier import TrainClassifier
from napari_wsss.pipeline.steps.live import CrfMask, FuseMaps, LiveStep, ThresholdMaps
from napari_wsss.pipeline.steps.maps import ComputeMaps
from napari_wsss.pipeline.steps.predict import PredictMasks
from napari_wsss.pipeline.steps.prepare import PrepareSlices
from napari_wsss.pipeline.steps.segmenter import TrainSegmenter

AnyStep = (
    PrepareSlices | TrainClassifier | ComputeMaps | FuseMaps | ThresholdMaps | CrfMask | TrainSegmenter | PredictMasks
)

__all__ = [
    "AnyStep",
    "ComputeMaps",
    "CrfMask",
    "FuseMaps",
    "LiveStep",
    "PredictMasks",
    "PrepareSlices",
    "ThresholdMaps",
    "TrainClassifier",
    "TrainSegmenter",
]
