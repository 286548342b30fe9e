"""Peak memory of the networks that take volumes, at the published sizes.

Each row runs in a process of its own, on the CPU: one training step of patches of 96³ voxels with two channels, or a
whole volume of 155 × 240 × 240 voxels with two channels, in windows. The peak is that of the whole process, torch
itself (about 0.4 GiB) and the volume included.

Run: ``python benchmarks/volume_memory.py`` (a quarter of an hour on two cores), or with the names of some rows.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import torch

from napari_wsss.data.volume_box import VolumeBox
from napari_wsss.engine.fit import fit
from napari_wsss.engine.settings import Fit
from napari_wsss.engine.windows import predict_windows
from napari_wsss.losses.classification import classification_loss
from napari_wsss.losses.probability import class_probabilities
from napari_wsss.losses.segmentation import segmentation_loss
from napari_wsss.models.embedding import build_embedding
from napari_wsss.models.segmenter import build_volume_segmenter
from napari_wsss.models.settings import EmbeddingNet, VolumeSegmenterNet
from napari_wsss.models.volume_classifier import VolumeClassifier
from napari_wsss.models.volume_settings import VolumeClassifierNet
from napari_wsss.pipeline.pairs import loss_of_pairs
from napari_wsss.pipeline.steps import AffinityMaps
from napari_wsss.progress import drain

PATCH, VOLUME, CHANNELS, VOXELS = (96, 96, 96), (155, 240, 240), 2, 256


class Examples:
    """Noise with every kind of target."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    def load(self, indices: Any) -> dict[str, torch.Tensor]:
        """Give a batch."""
        count = len(indices)
        return {
            "image": torch.randn(count, CHANNELS, *PATCH),
            "label": torch.ones(count, 1),
            "targets": torch.randint(2, (count, *PATCH)),
            "places": torch.randint(PATCH[0] ** 3, (count, VOXELS)),
            "labels": torch.randint(1, 3, (count, VOXELS)),
        }


def train(model: torch.nn.Module, loss: Callable[..., torch.Tensor], batch: int, parts: int) -> None:
    """Take one step on a batch, in parts."""
    settings = Fit(epochs=1, batch_size=batch, accumulate=parts)
    with TemporaryDirectory() as folder:
        drain(fit(model, Examples(batch), loss, settings, stage="", folder=Path(folder), device="cpu"))


def train_classifier(batch: int, parts: int) -> None:
    """Train the attentional classifier of Wu et al."""
    model = VolumeClassifier(VolumeClassifierNet(), CHANNELS, 1)
    train(model, lambda net, given: classification_loss(net(given["image"]), given["label"]), batch, parts)


def train_embedding(batch: int, parts: int) -> None:
    """Train the voxel representation of Wu et al."""
    train(build_embedding(EmbeddingNet(), CHANNELS), loss_of_pairs, batch, parts)


def train_segmenter(batch: int, parts: int) -> None:
    """Train the 3-D U-Net."""
    model = build_volume_segmenter(VolumeSegmenterNet(), CHANNELS, 1)
    train(model, lambda net, given: segmentation_loss(net(given["image"]), given["targets"]), batch, parts)


def segment_by_affinity() -> None:
    """Embed a volume and let 100 seeds segment it."""
    volume = np.random.default_rng(0).normal(size=(CHANNELS, *VOLUME)).astype(np.float16)
    vectors = drain(predict_windows(build_embedding(EmbeddingNet(), CHANNELS), volume, PATCH, device="cpu"))
    evidence = np.zeros((1, *VOLUME), dtype=np.float32)
    evidence[:, 60:100, 80:160, 80:160] = 0.5
    step = AffinityMaps(embedding="embedding", maps="maps", volumes="volumes")
    step.confidence(vectors, evidence, VolumeBox(VOLUME, VOLUME, VOLUME), 0.1)


def predict_with_segmenter() -> None:
    """Segment a volume with the 3-D U-Net."""
    volume = np.random.default_rng(0).normal(size=(CHANNELS, *VOLUME)).astype(np.float16)
    model = build_volume_segmenter(VolumeSegmenterNet(), CHANNELS, 1)
    drain(predict_windows(model, volume, PATCH, read=class_probabilities, device="cpu"))


ROWS: dict[str, tuple[Callable[..., None], tuple[int, ...]]] = {
    "train-classifier-8-in-8": (train_classifier, (8, 8)),
    "train-embedding-2": (train_embedding, (2, 1)),
    "train-embedding-4-in-4": (train_embedding, (4, 4)),
    "train-segmenter-4-in-4": (train_segmenter, (4, 4)),
    "predict-embedding": (segment_by_affinity, ()),
    "predict-segmenter": (predict_with_segmenter, ()),
}


def measure(name: str) -> None:
    """Do what a row says and print it."""
    work, settings = ROWS[name]
    start = perf_counter()
    work(*settings)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # KiB on Linux
    print(f"| {name} | {peak:.2f} GiB | {perf_counter() - start:.0f} s |", flush=True)


def main() -> None:
    """Print the table."""
    print("| what | peak memory | time |\n|---|---:|---:|", flush=True)
    for name in sys.argv[1:] or ROWS:
        child = multiprocessing.get_context("spawn").Process(target=measure, args=(name,))
        child.start()
        child.join()


if __name__ == "__main__":
    main()
