"""Trainable parameters of every network (table IV of Liu et al. for the segmenters)."""

from __future__ import annotations

import torch
from torch import nn

from napari_wsss.models.classifier import build_classifier
from napari_wsss.models.dense import DenseNetwork
from napari_wsss.models.embedding import build_embedding
from napari_wsss.models.neighbours import NeighbourClassifier
from napari_wsss.models.segmenter import build_segmenter, build_volume_segmenter
from napari_wsss.models.settings import (
    BACKBONES,
    IN_2D,
    ClassifierNet,
    EmbeddingNet,
    NeighbourNet,
    SegmenterNet,
    VolumeSegmenterNet,
)
from napari_wsss.models.tied import TiedNetwork
from napari_wsss.models.tied_settings import LAYOUTS, STAGES, TiedNet
from napari_wsss.models.volume_classifier import VolumeClassifier
from napari_wsss.models.volume_settings import VolumeClassifierNet

DENSE_SIDE = 320
"""Side of the images for which the dense layers are counted, as published."""


def parameter_counts() -> dict[str, int]:
    """Give name → trainable parameters, with 3 input channels, 1 class and the published width.

    Nothing is allocated: the networks are built on torch's meta device.
    """
    with torch.device("meta"):
        classifiers: dict[str, nn.Module] = {
            name: build_classifier(ClassifierNet(backbone=name, weights="random"), 3, 1)[0] for name in BACKBONES
        }
        segmenters = {name: build_segmenter(SegmenterNet(network=name), 3, 1) for name in IN_2D}
        resnet, _ = build_classifier(ClassifierNet(backbone="resnet101", weights="random"), 3, 1)
        classifiers["resnet-lstm"] = NeighbourClassifier(resnet, NeighbourNet().units)
        volumetric = {
            "volume-classifier": VolumeClassifier(VolumeClassifierNet(), 3, 1),
            "embedding": build_embedding(EmbeddingNet(), 3),
            "volume-unet": build_volume_segmenter(VolumeSegmenterNet(), 3, 1),
        }
        tied: dict[str, nn.Module] = {
            f"tied-{layout}": TiedNetwork(TiedNet(network=layout), 3, 1, STAGES) for layout in LAYOUTS
        }
        tied["tied-xray-features"] = DenseNetwork(TiedNet(network="xray"), 3, 1, DENSE_SIDE)
    groups = (classifiers, segmenters, volumetric, tied)
    return {name: count(network) for group in groups for name, network in group.items()}


def count(network: nn.Module) -> int:
    """Give the number of trainable parameters."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
