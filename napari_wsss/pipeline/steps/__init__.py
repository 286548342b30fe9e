"""Every kind of step a recipe can be made of. A new kind is a file here and a name in ``AnyStep``."""

from napari_wsss.pipeline.steps.affinity import AffinityMaps
from napari_wsss.pipeline.steps.boxes import BoxFilter
from napari_wsss.pipeline.steps.centre import CentreFilter
from napari_wsss.pipeline.steps.classifier import TrainClassifier
from napari_wsss.pipeline.steps.clusters import ClusterFilter
from napari_wsss.pipeline.steps.crf import CrfKernel, CrfMask
from napari_wsss.pipeline.steps.embedding import TrainEmbedding
from napari_wsss.pipeline.steps.ensemble import CombineMasks, MeanMaps
from napari_wsss.pipeline.steps.fuse import FuseMaps
from napari_wsss.pipeline.steps.grow import GrowFilter
from napari_wsss.pipeline.steps.holes import HoleFilter
from napari_wsss.pipeline.steps.islands import IslandFilter
from napari_wsss.pipeline.steps.live import LiveStep, MaskFilter
from napari_wsss.pipeline.steps.lstm import TrainLstm
from napari_wsss.pipeline.steps.maps import ComputeMaps
from napari_wsss.pipeline.steps.margin import MarginFilter
from napari_wsss.pipeline.steps.midline import MidlineFilter
from napari_wsss.pipeline.steps.organ import FindOrgan, OrganFilter
from napari_wsss.pipeline.steps.predict import PredictMasks
from napari_wsss.pipeline.steps.predict_volumes import PredictVolumes
from napari_wsss.pipeline.steps.prepare import PrepareSlices
from napari_wsss.pipeline.steps.segmenter import TrainSegmenter
from napari_wsss.pipeline.steps.skull import FindInsideSkull
from napari_wsss.pipeline.steps.smooth import SmoothFilter
from napari_wsss.pipeline.steps.threshold import ThresholdMaps
from napari_wsss.pipeline.steps.tied import TrainTied
from napari_wsss.pipeline.steps.tied_features import TrainTiedFeatures
from napari_wsss.pipeline.steps.tied_maps import TiedMaps
from napari_wsss.pipeline.steps.volume_classifier import TrainVolumeClassifier
from napari_wsss.pipeline.steps.volume_maps import VolumeMaps
from napari_wsss.pipeline.steps.volume_segmenter import TrainVolumeSegmenter
from napari_wsss.pipeline.steps.volumes import PrepareVolumes

AnyStep = (
    PrepareSlices
    | PrepareVolumes
    | TrainClassifier
    | TrainLstm
    | TrainVolumeClassifier
    | ComputeMaps
    | VolumeMaps
    | TrainEmbedding
    | AffinityMaps
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
    | GrowFilter
    | HoleFilter
    | SmoothFilter
    | MarginFilter
    | TrainTiedFeatures
    | TrainTied
    | TiedMaps
    | TrainSegmenter
    | PredictMasks
    | TrainVolumeSegmenter
    | PredictVolumes
)

__all__ = [
    "AffinityMaps",
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
    "GrowFilter",
    "HoleFilter",
    "IslandFilter",
    "LiveStep",
    "MarginFilter",
    "MaskFilter",
    "MeanMaps",
    "MidlineFilter",
    "OrganFilter",
    "PredictMasks",
    "PredictVolumes",
    "PrepareSlices",
    "PrepareVolumes",
    "SmoothFilter",
    "ThresholdMaps",
    "TiedMaps",
    "TrainClassifier",
    "TrainEmbedding",
    "TrainLstm",
    "TrainSegmenter",
    "TrainTied",
    "TrainTiedFeatures",
    "TrainVolumeClassifier",
    "TrainVolumeSegmenter",
    "VolumeMaps",
]
