"""Every kind of step a recipe can be made of. A new kind is a file here and a name in ``AnyStep``."""

from napari_wsss.pipeline.steps.classifier import TrainClassifier
from napari_wsss.pipeline.steps.crf import CrfMask
from napari_wsss.pipeline.steps.fuse import FuseMaps
from napari_wsss.pipeline.steps.live import LiveStep, MaskFilter
from napari_wsss.pipeline.steps.maps import ComputeMaps
from napari_wsss.pipeline.steps.predict import PredictMasks
from napari_wsss.pipeline.steps.prepare import PrepareSlices
from napari_wsss.pipeline.steps.segmenter import TrainSegmenter
from napari_wsss.pipeline.steps.threshold import ThresholdMaps

AnyStep = (
    PrepareSlices | TrainClassifier | ComputeMaps | FuseMaps | ThresholdMaps | CrfMask | TrainSegmenter | PredictMasks
)

__all__ = [
    "AnyStep",
    "ComputeMaps",
    "CrfMask",
    "FuseMaps",
    "LiveStep",
    "MaskFilter",
    "PredictMasks",
    "PrepareSlices",
    "ThresholdMaps",
    "TrainClassifier",
    "TrainSegmenter",
]
