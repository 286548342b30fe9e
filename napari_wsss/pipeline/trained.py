"""Trained models back from their folders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

from torch import nn

from napari_wsss.models.card import read_card, weights_digest
from napari_wsss.models.classifier import Classifier, build_classifier
from napari_wsss.models.dense import DenseNetwork
from napari_wsss.models.embedding import VoxelEmbedding, build_embedding
from napari_wsss.models.files import load_weights
from napari_wsss.models.segmenter import build_segmenter, build_volume_segmenter
from napari_wsss.models.settings import ClassifierNet, EmbeddingNet, SegmenterNet, VolumeSegmenterNet
from napari_wsss.models.tied import TiedNetwork
from napari_wsss.models.tied_scores import AsClassifier
from napari_wsss.models.tied_settings import TiedNet
from napari_wsss.models.volume_classifier import VolumeClassifier
from napari_wsss.models.volume_settings import VolumeClassifierNet

Network = TypeVar("Network", bound=nn.Module)
Kept = dict[tuple[str, Path, str], nn.Module]
"""Models by what loaded them, their folder and the digest of their weights."""

_kept: ContextVar[Kept | None] = ContextVar("kept models", default=None)


@contextmanager
def models_kept(kept: Kept) -> Iterator[None]:
    """Take models from ``kept`` instead of their folders while inside, and put there what is loaded."""
    token = _kept.set(kept)
    try:
        yield
    finally:
        _kept.reset(token)


def _once(load: Callable[[Path], Network]) -> Callable[[Path], Network]:
    @wraps(load)
    def loaded(folder: Path) -> Network:
        kept = _kept.get()
        if kept is None:
            return load(folder)
        place = (load.__name__, folder, weights_digest(folder))
        if place not in kept:
            kept[place] = load(folder)
        return cast("Network", kept[place])

    return loaded


@_once
def load_classifier(folder: Path) -> Classifier:
    """Build the classifier kept in ``folder``, in evaluation mode.

    Raises:
        ModelError: the folder holds no complete classifier.
    """
    network, channels, classes = _network(folder)
    model, _ = build_classifier(ClassifierNet.parse({**network, "weights": "random"}), channels, classes)
    return _filled(folder, model)


@_once
def load_volume_classifier(folder: Path) -> VolumeClassifier:
    """Build the 3-D classifier kept in ``folder``, in evaluation mode.

    Raises:
        ModelError: the folder holds no complete 3-D classifier.
    """
    network, channels, classes = _network(folder)
    return _filled(folder, VolumeClassifier(VolumeClassifierNet.parse(network), channels, classes))


@_once
def load_segmenter(folder: Path) -> nn.Module:
    """Build the segmenter kept in ``folder``, in evaluation mode.

    Raises:
        ModelError: the folder holds no complete segmenter.
    """
    network, channels, classes = _network(folder)
    return _filled(folder, build_segmenter(SegmenterNet.parse(network), channels, classes))


def load_asked(folder: Path) -> Classifier | AsClassifier:
    """Build whatever is kept in ``folder`` that gives slices class scores: a classifier or a tied-weight network.

    Raises:
        ModelError: the folder holds no complete model of these kinds.
    """
    if read_card(folder).get("role") == "tied-network":
        return AsClassifier(load_tied(folder)).eval()
    return load_classifier(folder)


@_once
def load_tied(folder: Path) -> TiedNetwork | DenseNetwork:
    """Build the tied-weight network, or the dense one before it, kept in ``folder``, in evaluation mode.

    Raises:
        ModelError: the folder holds no complete network of these kinds.
    """
    network, channels, classes = _network(folder)
    stages, side = (network.pop(name) for name in ("stages", "side"))
    net = TiedNet.parse({**network, "weights": "random"})
    model = DenseNetwork(net, channels, classes, side) if side else TiedNetwork(net, channels, classes, stages)
    return _filled(folder, model)


@_once
def load_volume_segmenter(folder: Path) -> nn.Module:
    """Build the 3-D segmenter kept in ``folder``, in evaluation mode.

    Raises:
        ModelError: the folder holds no complete segmenter.
    """
    network, channels, classes = _network(folder)
    return _filled(folder, build_volume_segmenter(VolumeSegmenterNet.parse(network), channels, classes))


@_once
def load_embedding(folder: Path) -> VoxelEmbedding:
    """Build the voxel representation kept in ``folder``, in evaluation mode.

    Raises:
        ModelError: the folder holds no complete one.
    """
    network, channels, _ = _network(folder)
    return _filled(folder, build_embedding(EmbeddingNet.parse(network), channels))


def _network(folder: Path) -> tuple[dict[str, Any], int, int]:
    """Give a network's settings, its input channels and the number of classes, as the card has them."""
    card = read_card(folder)
    network = dict(card["network"])
    channels: int = network.pop("in_channels")
    return network, channels, len(card["classes"])


def _filled(folder: Path, model: Network) -> Network:
    """Fill ``model`` with the weights kept in ``folder`` and bring it into evaluation mode."""
    load_weights(folder, model)
    return model.eval()
