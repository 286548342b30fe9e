"""Step: let lesion voxels propose segmentations by the likeness of voxels, and keep the best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from napari_wsss.cam.stack import LayerMaps, MapStack
from napari_wsss.data.volume_box import VolumeBox
from napari_wsss.pipeline.sample import Sample, seconds_of
from napari_wsss.pipeline.step import link
from napari_wsss.pipeline.steps.map_source import MapSource
from napari_wsss.progress import Progress, Work, drain, part_of
from napari_wsss.refine.affinity import Affinity, segment
from napari_wsss.types import FloatArray

if TYPE_CHECKING:
    from napari_wsss.data.preprocess_volume import PreprocessVolume
    from napari_wsss.pipeline.job import Job
    from napari_wsss.pipeline.steps.embedding import TrainEmbedding


_TRIED = 32
"""Largest side of the window whose time is measured."""


class AffinityMaps(Affinity, MapSource):
    """At each voxel, the confidence of the best segmentation that holds it: the mean of the activation map inside."""

    kind: Literal["affinity-maps"] = "affinity-maps"
    embedding: str = link("embedding", help="network that places like voxels close together")
    maps: str = link("maps", help="activation maps that give seeds and confidence")
    volumes: str = link("volumes", help="network inputs")

    def run(self, job: Job, case_ids: Sequence[str]) -> Work[None]:
        """Write the maps of each case, as :class:`MapSource` says; the class scores are those of the maps asked."""
        from napari_wsss.engine.windows import predict_windows, window_places
        from napari_wsss.models.card import read_card
        from napari_wsss.pipeline.evidence_in_box import evidence_in_box
        from napari_wsss.pipeline.trained import load_embedding

        folder = job.model_folder(self.embedding)
        model, card = load_embedding(folder), read_card(folder)
        shapes = [job.on_disk(self.volumes, case_id)["volume"].shape[1:] for case_id in case_ids]
        windows = [len(window_places(shape, card["patch"])) for shape in shapes]
        done, total = 0, sum(windows)
        for case_id, asked in zip(case_ids, windows, strict=True):
            volume = job.arrays(self.volumes, case_id)["volume"]
            work = predict_windows(model, volume, card["patch"], device=job.device)
            vectors = yield from part_of(work, job.name, done, total, case_id)
            evidence, box = evidence_in_box(job, self.maps, self.volumes, case_id)
            confidence = self.confidence(vectors, evidence, box, card["foreground"])
            self._write(job, case_id, box, confidence)
            done += asked
            yield Progress(job.name, done, total, case_id)

    def confidence(self, vectors: FloatArray, evidence: FloatArray, box: VolumeBox, foreground: float) -> FloatArray:
        """Segment each class from seeds drawn among its voxels from ``foreground`` on.

        Args:
            vectors: (K, D, H, W), the embedding.
            evidence: (C, D, H, W) in [0, 1], the activation maps.
            box: where in it the scan lies; nothing else takes part.
            foreground: lowest value of a seed.

        Returns:
            (C, D, H, W) float32 in [0, 1], see :func:`~napari_wsss.refine.affinity.segment`.
        """
        result = np.zeros(evidence.shape, dtype=np.float32)
        inside = (slice(None), *box.inside)
        shown, maps = vectors[inside], evidence[inside]
        columns, rows = shown.reshape(len(shown), -1), maps.reshape(len(maps), -1)
        strongest = rows.argmax(axis=0)
        for index, row in enumerate(rows):
            lesion = np.flatnonzero((row >= np.float32(foreground)) & (strongest == index))
            if len(lesion):
                chosen = np.random.default_rng(0).choice(lesion, min(self.seeds, len(lesion)), replace=False)
                result[index][box.inside] = segment(columns, row, chosen, self).reshape(maps.shape[1:])
        return result

    def seconds(self, sample: Sample) -> float:
        """All windows of a case, from a small one, and the segmentation of a case, from a few of its planes."""
        from napari_wsss.engine.windows import predict_windows, window_places
        from napari_wsss.models.embedding import build_embedding

        embedding = cast("TrainEmbedding", sample.step(self.embedding))
        box = cast("PreprocessVolume", sample.step(self.volumes)).box(sample.case.geometry)
        tried = tuple(min(side, _TRIED) for side in embedding.patch)
        model = build_embedding(embedding, sample.channels)
        image = np.zeros((sample.channels, *tried), dtype=np.float32)
        small = seconds_of(lambda: drain(predict_windows(model, image, tried, device=sample.device)))
        windows = small * math.prod(embedding.patch) / math.prod(tried) * len(window_places(box.shape, embedding.patch))
        few = (min(box.shape[0], 4), *box.shape[1:])
        vectors, evidence = (np.zeros((rows, *few)) for rows in (embedding.dimensions, sample.classes))
        evidence[:, :, : few[1] // 2] = 1
        planes = seconds_of(lambda: self.confidence(vectors, evidence, VolumeBox(few, few, few), embedding.foreground))
        return windows + planes * box.shape[0] / few[0]

    def _write(self, job: Job, case_id: str, box: VolumeBox, confidence: FloatArray) -> None:
        maps, grid, size = box.slice_maps(confidence)
        logits = np.array(job.arrays(self.maps, case_id)["logits"])
        stack = MapStack([LayerMaps({1.0: maps.astype(np.float16)}, {1.0: grid})], logits)
        job.write_arrays(case_id, stack.arrays() | {"size": np.asarray(size)})
