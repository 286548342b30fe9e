"""The default: local evidence of two classifiers, held against lesion-free slices, and the scan's intensities.

Ours. What each part earns is measured in docs/recipes/default.md.
"""

from __future__ import annotations

from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.step import Step
from napari_wsss.pipeline.steps import (
    ComputeMaps,
    FuseMaps,
    MeanMaps,
    PredictMasks,
    PrepareSlices,
    ThresholdMaps,
    TrainClassifier,
    TrainSegmenter,
)
from napari_wsss.recipes.filters import LAST_FILTER, filters_after

_SEEDS = {"a": 0, "b": 1}
"""Random start of each classifier, in which alone they differ."""


def _evidence(name: str, seed: int) -> dict[str, Step]:
    """Give a classifier, its maps and the soft map that they become."""
    return {
        f"classifier-{name}": TrainClassifier(
            slices="slices",
            backbone="local",
            weights="random",
            stride=4,
            blocks=2,
            pooling="lse",
            epochs=8,
            least_examples=1000,
            batch_size=32,
            learning_rate=1e-3,
            noise_probability=0.0,
            seed=seed,
        ),
        f"maps-{name}": ComputeMaps(classifier=f"classifier-{name}", slices="slices", method="cam", scales=(1.0,)),
        f"map-{name}": FuseMaps(maps=f"maps-{name}", scales=(1.0,), scope_of_range="lesion-free"),
    }


def _each(step: str, *settings: str) -> tuple[str, ...]:
    """Give settings for the step of every classifier."""
    return tuple(f"{step}-{name}.{setting}" for name in _SEEDS for setting in settings)


def _refined(mask: str) -> dict[str, Step]:
    """Give the filters, five of them switched on."""
    steps = filters_after(mask, evidence="map", classifier="classifier-a")
    used: dict[str, dict[str, object]] = {
        "clusters": {"choose": "most evidence", "k": 2, "scope": "volume"},
        "grow": {},
        "islands": {"keep": "most evidence", "share": 0.5, "smallest": 0.0, "connectivity": "corners"},
        "holes": {},
        "smooth": {},
    }
    return steps | {name: steps[name].replace(on=True, **knobs) for name, knobs in used.items()}


DEFAULT = Recipe(
    name="default",
    title="Local evidence of two classifiers, intensities, U-Net",
    source=(
        "Ours. Classifiers that see no more than the surroundings of each place cannot tell a lesion from afar, so "
        "their maps show where it lies; log-sum-exp pooling (Pinheiro and Collobert), K-means of the intensities "
        "inside (Ramananda and Sundaresan). The map is held against the slices that are labelled lesion-free."
    ),
    steps={
        "slices": PrepareSlices(size=128, intensity="tissue"),
        **{step: made for name, seed in _SEEDS.items() for step, made in _evidence(name, seed).items()},
        "map": MeanMaps(maps=tuple(f"map-{name}" for name in _SEEDS)),
        "mask": ThresholdMaps(evidence="map", value=0.5),
        **_refined("mask"),
        "segmenter": TrainSegmenter(
            slices="slices",
            seeds=LAST_FILTER,
            targets=LAST_FILTER,
            loss="dice",
            network="unet",
            width=32,
            epochs=40,
            least_examples=1000,
            batch_size=16,
            learning_rate=2e-3,
            noise_probability=0.0,
            gain=0.3,
            negatives_anew=True,
            pseudo_weight=0.3,
        ),
        "prediction": PredictMasks(segmenter="segmenter", slices="slices", share=0.5, grow=20.0),
    },
    proposal=LAST_FILTER,
    rows=("mask", "clusters", "islands", "prediction"),
    small=("segmenter.width=8", "segmenter.epochs=36"),
    ablations={
        "stretched-scan": ("slices.intensity=robust",),
        "one-classifier": ("mask.evidence=map-a", "clusters.evidence=map-a", "islands.evidence=map-a"),
        "other-classifier": ("mask.evidence=map-b", "clusters.evidence=map-b", "islands.evidence=map-b"),
        "sees-less": _each("classifier", "blocks=1"),
        "sees-more": _each("classifier", "blocks=3"),
        "sees-all": _each("classifier", "backbone=resnet18", "stride=16", "epochs=5"),
        "average-pooling": _each("classifier", "pooling=average"),
        "maximum-pooling": _each("classifier", "pooling=max"),
        "stretched": (*_each("map", "scope_of_range=volume"), "mask.value=0.3"),
        "half-exceeded": _each("map", "exceeded=0.0025"),
        "twice-exceeded": _each("map", "exceeded=0.01"),
        "without-clusters": ("clusters.on=false",),
        "three-clusters": ("clusters.k=3",),
        "without-growing": ("grow.on=false",),
        "grows-less": ("grow.distance=10",),
        "grows-anywhere": ("grow.alike=1",),
        "without-islands": ("islands.on=false",),
        "rough": ("holes.on=false", "smooth.on=false"),
        "all-parts": ("prediction.share=0",),
        "as-predicted": ("prediction.grow=0",),
    },
)
