"""Trained models back from their folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_wsss.models.card import read_card
from napari_wsss.models.classifier import Classifier, build_classifier
from napari_wsss.models.files import load_weights
from napari_wsss.models.segmenter import build_segmenter
from napari_wsss.models.settings import ClassifierNet, SegmenterNet

if TYPE_CHECKING:
    from torch import nn


def load_classifier(folder: Path) -> Classifier:
    """Build the classifier kept in ``folder``, in evaluation mode.

    Raises:
        ModelError: the folder holds no complete classifier.
    """
    card = read_card(folder)
    network = dict(card["network"])
    channels = network.pop("in_channels")
    net = ClassifierNet.parse({**network, "weights": "random"})
    model, _ = build_classifier(net, channels, len(card["classes"]))
    load_weights(folder, model)
    return model.eval()


def load_segmenter(folder: Path) -> nn.Module:
    """Build the segmenter kept in ``folder``, in evaluation mode.

    Raises:
        ModelError: the folder holds no complete segmenter.
    """
    card = read_card(folder)
    network = dict(card["network"])
    channels = network.pop("in_channels")
    model = build_segmenter(SegmenterNet.parse(network), channels, len(card["classes"]))
    load_weights(folder, model)
    return model.eval()
