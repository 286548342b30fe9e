"""System 1: multi-scale activation maps, dense CRF, Mixed-UNet.

Liu et al., "Mixed-UNet: Refined Class Activation Mapping for Weakly-Supervised Semantic Segmentation with Multi-scale
Inference".
"""

from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.steps import (
    ClusterFilter,
    ComputeMaps,
    CrfKernel,
    CrfMask,
    FuseMaps,
    PredictMasks,
    PrepareSlices,
    ThresholdMaps,
    TrainClassifier,
    TrainSegmenter,
)
from napari_wsss.recipes.filters import filters_after

MIXED_UNET = Recipe(
    name="mixed-unet",
    title="Multi-scale CAM, dense CRF, Mixed-UNet",
    source=(
        "Liu et al., Mixed-UNet. Open there and chosen here: the classifier's training settings, gt_prob and the "
        "kernel widths of the CRF, maps only where the image-level label allows them, 2×2 pooling, padding, one "
        "sigmoid output, background seeds in eq. 8, lesion-free slices as many as slices with a pseudo-mask. The "
        "filters around the CRF are not part of it: they are switched off."
    ),
    steps={
        "slices": PrepareSlices(size=256),
        "classifier": TrainClassifier(
            slices="slices", backbone="resnet50", weights="imagenet", epochs=30, learning_rate=1e-4, batch_size=16
        ),
        "maps": ComputeMaps(classifier="classifier", slices="slices", method="cam", scales=(0.5, 1.0, 1.5, 2.0)),
        "origin-map": FuseMaps(maps="maps", scales=(1.0,)),
        "refined-map": FuseMaps(maps="maps", scales=(0.5, 1.0, 1.5, 2.0)),
        "origin": ThresholdMaps(evidence="origin-map", value=0.35),
        "refined": ThresholdMaps(evidence="refined-map", value=0.35),
        "clusters": ClusterFilter(mask="refined", classifier="classifier"),
        "kernel": CrfKernel(),
        "crf": CrfMask(kernel="kernel", start="clusters", gt_prob=0.7),
        **filters_after("crf", evidence="refined-map"),
        "segmenter": TrainSegmenter(
            slices="slices",
            seeds="refined",
            targets="margin",
            network="mixed-unet",
            width=64,
            epochs=100,
            batch_size=8,
            learning_rate=1e-3,
            weight_decay=1e-4,
            schedule="polynomial",
        ),
        "prediction": PredictMasks(segmenter="segmenter", slices="slices"),
    },
    proposal="margin",
    rows=("origin", "refined", "crf", "prediction"),
    own_metric="mean_iou",
    small=(
        "slices.size=128",
        "classifier.backbone=resnet18",
        "classifier.stride=16",
        "classifier.epochs=8",
        "classifier.learning_rate=0.0005",
        "segmenter.width=16",
        "segmenter.epochs=8",
    ),
    ablations={
        "without-crf": ("box.mask=clusters",),
        "one-scale": ("refined-map.scales=[1.0]",),
    },
)
