"""System 3: an ensemble of Grad-CAMs with box filters.

Ostrowski et al., "A Novel Weakly Supervised Semantic Segmentation Ensemble Framework for Medical Imaging".
"""

from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.step import Step
from napari_wsss.pipeline.steps import (
    CentreFilter,
    CombineMasks,
    ComputeMaps,
    FindOrgan,
    FuseMaps,
    MidlineFilter,
    OrganFilter,
    PrepareSlices,
    ThresholdMaps,
    TrainClassifier,
)
from napari_wsss.recipes.filters import LAST_FILTER, filters_after
from napari_wsss.recipes.segmenter import SMALL, segmenter_of


def _boxed(mask: str) -> dict[str, Step]:
    """Give the box filters behind ``mask``: those for the brain are on, the one for the prostate (centre) is off."""
    return {
        f"{mask}-centre": CentreFilter(mask=mask),
        f"{mask}-organ": OrganFilter(mask=f"{mask}-centre", region="organ-region", on=True),
        f"{mask}-box": MidlineFilter(mask=f"{mask}-organ", region="organ-region", on=True),
    }


BOTH = ("mask-a", "mask-b")
MASKS = (*BOTH, "or", "more", "fewer", "and")
"""The rows of table II without boxes; each has one with them, ``NAME-box``."""

GRAD_CAM_ENSEMBLE = Recipe(
    name="grad-cam-ensemble",
    title="Grad-CAM of two classifiers, combined, box filters",
    source=(
        "Ostrowski et al., A Novel Weakly Supervised Semantic Segmentation Ensemble Framework for Medical Imaging. "
        "Open there and chosen here: the classifiers' training settings, cropping in the middle of the slice, < and > "
        "slice by slice, the width of the band along the midline, maps only where the image-level label allows them. "
        "It has no segmenter: a U-Net that learns the proposals stands at the end. The filters behind 'and-box' are "
        "not part of it: they are switched off."
    ),
    steps={
        "slices": PrepareSlices(size=128, crop=128),
        "classifier-a": TrainClassifier(
            slices="slices", backbone="resnet34", weights="imagenet", epochs=10, learning_rate=1e-4, batch_size=32
        ),
        "classifier-b": TrainClassifier(
            slices="slices", backbone="resnet50", weights="imagenet", epochs=10, learning_rate=1e-4, batch_size=32
        ),
        "maps-a": ComputeMaps(classifier="classifier-a", slices="slices", method="grad-cam", scales=(1.0,)),
        "maps-b": ComputeMaps(classifier="classifier-b", slices="slices", method="grad-cam", scales=(1.0,)),
        "map-a": FuseMaps(maps="maps-a", scales=(1.0,)),
        "map-b": FuseMaps(maps="maps-b", scales=(1.0,)),
        "mask-a": ThresholdMaps(evidence="map-a", value=0.7),
        "mask-b": ThresholdMaps(evidence="map-b", value=0.7),
        "or": CombineMasks(masks=BOTH, rule="or"),
        "more": CombineMasks(masks=BOTH, rule=">"),
        "fewer": CombineMasks(masks=BOTH, rule="<"),
        "and": CombineMasks(masks=BOTH, rule="and"),
        "organ-region": FindOrgan(),
        **{name: step for mask in MASKS for name, step in _boxed(mask).items()},
        **filters_after("and-box", evidence="map-a", classifier="classifier-a", places=False),
        **segmenter_of(LAST_FILTER),
    },
    proposal=LAST_FILTER,
    rows=(*MASKS, *(f"{mask}-box" for mask in MASKS), "prediction"),
    own_metric="printed_dsc",
    small=(
        "classifier-a.backbone=resnet18",
        "classifier-a.stride=16",
        "classifier-a.epochs=4",
        "classifier-a.learning_rate=0.0005",
        "classifier-b.backbone=resnet34",
        "classifier-b.stride=16",
        "classifier-b.epochs=4",
        "classifier-b.learning_rate=0.0005",
        *SMALL,
    ),
    ablations={
        "first-model": ("and-centre.mask=mask-a",),
        "second-model": ("and-centre.mask=mask-b",),
        "or": ("and-centre.mask=or",),
        "larger": ("and-centre.mask=more",),
        "smaller": ("and-centre.mask=fewer",),
        "without-boxes": ("and-organ.on=false", "and-box.on=false"),
        "grad-cam++": ("maps-a.method=grad-cam++", "maps-b.method=grad-cam++"),
        "smoothgrad-cam++": ("maps-a.method=smoothgrad-cam++", "maps-b.method=smoothgrad-cam++"),
    },
)
