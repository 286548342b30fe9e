"""System 4: convolutions, and deconvolutions with the same weights.

Kim and Hwang, "Scale-Invariant Feature Learning using Deconvolutional Neural Networks for Weakly-Supervised Semantic
Segmentation".
"""

from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.step import Step
from napari_wsss.pipeline.steps import (
    FuseMaps,
    PrepareSlices,
    ThresholdMaps,
    TiedMaps,
    TrainTied,
    TrainTiedFeatures,
)
from napari_wsss.recipes.filters import LAST_FILTER, filters_after
from napari_wsss.recipes.segmenter import SMALL, segmenter_of

_STAGES = ("baseline", "stage-1", "stage-2", "stage-3")
_SGD = {"optimizer": "sgd", "momentum": 0.9, "weight_decay": 0.0, "batch_size": 16}
_HALVED = {**_SGD, "schedule": "step", "halve_every": 20, "epochs": 50}
_SHORT = {**_SGD, "schedule": "constant", "epochs": 10, "learning_rate": 0.001}


def _row(name: str) -> dict[str, Step]:
    """Give what turns the network of one stage into a row of the table."""
    return {
        f"{name}-maps": TiedMaps(network=name, slices="slices"),
        f"{name}-map": FuseMaps(maps=f"{name}-maps", scales=(1.0,)),
        f"{name}-mask": ThresholdMaps(evidence=f"{name}-map", value=0.5),
    }


TIED_DECONVOLUTION = Recipe(
    name="tied-deconvolution",
    title="Deconvolutions tied to the convolutions, stage by stage",
    source=(
        "Kim and Hwang, Scale-Invariant Feature Learning using Deconvolutional Neural Networks. Open there and chosen "
        "here: padding that keeps sizes, a 1×1 convolution to the class maps, mean and variance over all maps of a "
        "layer together, class maps that start at 1, in (c) the last stage's weights and the class maps learn, no "
        "weight decay, the best epoch by the validation labels, the threshold, maps only where the image-level label "
        "allows them. The filters are not part of it: they are switched off. It has no segmenter: a U-Net that learns "
        "the proposals stands at the end."
    ),
    steps={
        "slices": PrepareSlices(size=340),
        "features": TrainTiedFeatures(slices="slices", network="xray", crop=20, learning_rate=0.01, **_HALVED),
        "baseline": TrainTied(
            slices="slices", start="features", stages=0, trains="all", crop=20, learning_rate=0.002, **_HALVED
        ),
        "stage-1": TrainTied(slices="slices", start="baseline", stages=1, crop=20, **_SHORT),
        "stage-2": TrainTied(slices="slices", start="stage-1", stages=2, crop=20, **_SHORT),
        "stage-3": TrainTied(slices="slices", start="stage-2", stages=3, crop=20, **_SHORT),
        **_row("baseline"),
        **_row("stage-1"),
        **_row("stage-2"),
        **_row("stage-3"),
        **filters_after("stage-3-mask", evidence="stage-3-map", classifier="stage-3"),
        "segmenter-slices": PrepareSlices(size=320),  # a U-Net halves its inputs again and again: 340 will not do
        **segmenter_of(LAST_FILTER, slices="segmenter-slices"),
    },
    proposal=LAST_FILTER,
    rows=(*(f"{name}-mask" for name in _STAGES), "prediction"),
    own_metric="iou",
    small=(
        "slices.size=96",
        *(f"{step}.crop=8" for step in ("features", *_STAGES)),
        "features.width=12",
        "features.epochs=8",
        "baseline.epochs=6",
        *(f"{step}.epochs=2" for step in _STAGES[1:]),
        "segmenter-slices.size=96",
        *SMALL,
    ),
    ablations={
        "without-deconvolution": ("clusters.mask=baseline-mask",),
        "one-stage": ("clusters.mask=stage-1-mask",),
        "two-stages": ("clusters.mask=stage-2-mask",),
        "all-weights-learn": tuple(f"{step}.trains=all" for step in _STAGES[1:]),
    },
)

_VGG16 = (
    "slices.size=256",
    "features.network=vgg16",
    "features.width=100",
    "features.weights=imagenet",
    "features.dense=false",
    "baseline.epochs=10",
    "baseline.learning_rate=0.001",
    "baseline.schedule=constant",
    "stage-1.start=features",
    "stage-2.start=features",
    "stage-3.start=features",
    *(f"{step}.trains=tied" for step in _STAGES),
    *(f"{step}.crop=32" for step in _STAGES),
)

TIED_DECONVOLUTION_VGG16 = TIED_DECONVOLUTION.with_overrides(_VGG16).replace(
    name="tied-deconvolution-vgg16",
    title="The same with VGG-16, each stage by itself",
    small=(
        "slices.size=128",
        *(f"{step}.crop=8" for step in _STAGES),
        *(f"{step}.epochs=1" for step in _STAGES),
        "segmenter-slices.size=96",
        *SMALL,
    ),
)
"""The second published network: every stage by itself from ImageNet's weights, untied convolutions held."""
