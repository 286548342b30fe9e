"""System 5: ResNet and LSTM, 3-D CAM, K-means with differential prediction, 3-D U-Net.

Ramananda & Sundaresan, "Class Activation Map-based Weakly supervised Hemorrhage Segmentation using Resnet-LSTM in
Non-Contrast Computed Tomography images".
"""

from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.steps import (
    ClusterFilter,
    ComputeMaps,
    FuseMaps,
    PredictVolumes,
    PrepareSlices,
    PrepareVolumes,
    ThresholdMaps,
    TrainClassifier,
    TrainLstm,
    TrainVolumeSegmenter,
)
from napari_wsss.recipes.filters import filters_after

_PLAIN = {"flip_probability": 0.0, "rotation_probability": 0.0, "noise_probability": 0.0}
_UNTIL_CONVERGED = {"epochs": 100, "patience": 25, "schedule": "constant", "weight_decay": 0.0}
_WITHOUT_LSTM = ("maps.classifier=resnet", "clusters.classifier=resnet")

RESNET_LSTM = Recipe(
    name="resnet-lstm",
    title="ResNet-LSTM, K-means, 3-D U-Net (bleeds in CT)",
    source=(
        "Ramananda & Sundaresan, ResNet-LSTM. Open there and chosen here: a CT window of level 40 and width 80, an "
        "LSTM that reads 16 neighbouring slices from both ends, the first phase's last layer put back for the maps, "
        "maps stretched to 0 … 1 slice by slice and only where the image-level label allows them, K-means slice by "
        "slice, patches of 32 × 128 × 128 voxels, the 3-D U-Net's width, no variation of the training images. For CT: "
        "on other scans set volumes.skull=false, and slices.intensity and volumes.intensity to robust."
    ),
    steps={
        "slices": PrepareSlices(size=512, intensity="window"),
        "volumes": PrepareVolumes(grid="scan", intensity="window", skull=True, equalise=True),
        "resnet": TrainClassifier(
            slices="slices",
            backbone="resnet101",
            weights="imagenet",
            optimizer="sgd",
            momentum=0.9,
            learning_rate=1e-4,
            batch_size=32,
            **_PLAIN,
            **_UNTIL_CONVERGED,
        ),
        "resnet-lstm": TrainLstm(
            classifier="resnet",
            slices="slices",
            window=16,
            optimizer="sgd",
            momentum=0.9,
            learning_rate=1e-3,
            batch_size=2,
            **_PLAIN,
            **_UNTIL_CONVERGED,
        ),
        "maps": ComputeMaps(classifier="resnet-lstm", slices="slices", method="cam", scales=(1.0,)),
        "cam": FuseMaps(maps="maps", scales=(1.0,)),
        "hot": ThresholdMaps(evidence="cam", value=0.7),
        "clusters": ClusterFilter(on=True, mask="hot", classifier="resnet-lstm", choose="differential", k=4),
        **filters_after("clusters", evidence="cam"),
        "segmenter": TrainVolumeSegmenter(
            volumes="volumes",
            targets="margin",
            patch=(32, 128, 128),
            optimizer="adam",
            learning_rate=1e-3,
            batch_size=4,
            **_PLAIN,
            **_UNTIL_CONVERGED,
        ),
        "prediction": PredictVolumes(segmenter="segmenter", volumes="volumes"),
    },
    proposal="margin",
    rows=("hot", "clusters", "prediction"),
    own_metric="dice",
    small=(
        "slices.size=128",
        "resnet.backbone=resnet18",
        "resnet.stride=16",
        "resnet.epochs=4",
        "resnet.learning_rate=0.01",
        "resnet.flip_probability=0.5",
        "resnet.rotation_probability=0.5",
        "resnet-lstm.epochs=1",
        "resnet-lstm.flip_probability=0.5",
        "resnet-lstm.rotation_probability=0.5",
        "segmenter.patch=[32,64,64]",
        "segmenter.width=8",
        "segmenter.epochs=8",
        "segmenter.flip_probability=0.5",
        "prediction.overlap=0.25",
    ),
    ablations={
        "without-lstm": _WITHOUT_LSTM,
        "without-k-means": ("clusters.on=false",),
        "without-both": (*_WITHOUT_LSTM, "clusters.on=false"),
    },
)
