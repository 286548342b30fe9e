"""Every kind of step a recipe can be made of. A new kind is a file here and a name in ``AnyStep``."""

from napari_wsss.pipeline.steps.boxes import BoxFilter
from napari_wsss.pipeline.steps.centre import CentreFilter
from napari_wsss.pipeline.steps.classifier import TrainClassifier
from napari_wsss.pipeline.steps.clusters import ClusterFilter
from napari_wsss.pipeline.steps.crf import CrfKernel, CrfMask
from napari_wsss.pipeline.steps.ensemble import CombineMasks, MeanMaps
from napari_wsss.pipeline.steps.fuse import FuseMaps
from napari_wsss.pipeline.steps.holes import HoleFilter
from napari_wsss.pipeline.steps.islands import IslandFilter
from napari_wsss.pipeline.steps.live import LiveStep, MaskFilter
from napari_wsss.pipeline.steps.maps import ComputeMaps
from napari_wsss.pipeline.steps.margin import MarginFilter
from napari_wsss.pipeline.steps.midline import MidlineFilter
from napari_wsss.pipeline.steps.organ import FindOrgan, OrganFilter
from napari_wsss.pipeline.steps.predict import PredictMasks
from napari_wsss.pipeline.steps.prepare import PrepareSlices
from napari_wsss.pipeline.steps.segmenter import TrainSegmenter
from napari_wsss.pipeline.steps.skull import FindInsideSkull
from napari_wsss.pipeline.steps.smooth import SmoothFilter
from napari_wsss.pipeline.steps.threshold import ThresholdMaps

AnyStep = (
    PrepareSlices
    | TrainClassifier
    | ComputeMaps
    | FuseMaps
    | MeanMaps
    | ThresholdMaps
    | CombineMasks
    | ClusterFilter
    | CrfKernel
    | CrfMask
    | BoxFilter
    | CentreFilter
    | FindOrgan
    | FindInsideSkull
    | OrganFilter
    | MidlineFilter
    | IslandFilter
    | HoleFilter
    | SmoothFilter
    | MarginFilter
    | TrainSegmenter
    | PredictMasks
)

__all__ = [
    "AnyStep",
    "BoxFilter",
    "CentreFilter",
    "ClusterFilter",
    "CombineMasks",
    "ComputeMaps",
    "CrfKernel",
    "CrfMask",
    "FindInsideSkull",
    "FindOrgan",
    "FuseMaps",
    "HoleFilter",
    "IslandFilter",
    "LiveStep",
    "MarginFilter",
    "MaskFilter",
    "MeanMaps",
    "MidlineFilter",
    "OrganFilter",
    "PredictMasks",
    "PrepareSlices",
    "SmoothFilter",
    "ThresholdMaps",
    "TrainClassifier",
    "TrainSegmenter",
]
