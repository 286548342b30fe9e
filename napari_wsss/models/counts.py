"""Trainable parameters of every network (table IV of Liu et al. for the segmenters)."""

from __future__ import annotations

import torch
from torch import nn

from napari_wsss.models.classifier import build_classifier
from napari_wsss.models.segmenter import build_segmenter
from napari_wsss.models.settings import BACKBONES, NETWORKS, ClassifierNet, SegmenterNet


def parameter_counts() -> dict[str, int]:
    """Give name → trainable parameters, with 3 input channels, 1 class and the published width.

    Nothing is allocated: the networks are built on torch's meta device.
    """
    with torch.device("meta"):
        classifiers = {
            name: build_classifier(ClassifierNet(backbone=name, weights="random"), 3, 1)[0] for name in BACKBONES
        }
        segmenters = {name: build_segmenter(SegmenterNet(network=name), 3, 1) for name in NETWORKS}
    return {name: count(network) for name, network in (*classifiers.items(), *segmenters.items())}


def count(network: nn.Module) -> int:
    """Give the number of trainable parameters."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
