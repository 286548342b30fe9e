"""Step: turn a 3-D classifier into activation maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from napari_wsss.cam.stack import LayerMaps, MapStack
from napari_wsss.data.blocks import LATTICE, block_places
from napari_wsss.data.letterbox import Letterbox
from napari_wsss.data.volume_box import VolumeBox
from napari_wsss.models.card import read_card
from napari_wsss.pipeline.sample import Sample, seconds_of
from napari_wsss.pipeline.step import link
from napari_wsss.pipeline.steps.map_source import MapSource, square_arrays
from napari_wsss.progress import Progress, Work, drain, part_of
from napari_wsss.types import Array

if TYPE_CHECKING:
    from napari_wsss.cam.volume import VolumeMap
    from napari_wsss.pipeline.job import Job
    from napari_wsss.pipeline.steps.volume_classifier import TrainVolumeClassifier
    from napari_wsss.pipeline.steps.volumes import PrepareVolumes


class VolumeMaps(MapSource):
    """Keep the map of every volume and class, attentional where the network has attention, normalised to [0, 1]."""

    kind: Literal["volume-maps"] = "volume-maps"
    classifier: str = link("volume-classifier", help="the 3-D classifier that is asked")
    volumes: str = link("volumes", help="network inputs")

    def run(self, job: Job, case_ids: Sequence[str]) -> Work[None]:
        """Write the maps of each case; a network that learnt from blocks is asked about half overlapping ones.

        Arrays: as :class:`MapSource` says. All slices of a volume have the score of the volume, or of their blocks.
        """
        from napari_wsss.cam.volume import compute_volume_map
        from napari_wsss.pipeline.trained import load_volume_classifier

        folder = job.model_folder(self.classifier)
        model, depth = load_volume_classifier(folder), int(read_card(folder)["block_depth"])
        prepared = cast("PrepareVolumes", job.recipe.step(self.volumes))
        boxes = {case_id: prepared.box(job.workspace.cases[case_id].geometry) for case_id in case_ids}
        places = {case_id: _places(box, depth) for case_id, box in boxes.items()}
        total, done = sum(len(blocks) for blocks in places.values()), 0
        for case_id, box in boxes.items():
            work = compute_volume_map(model, job.arrays(self.volumes, case_id)["volume"], places[case_id], job.device)
            found = yield from part_of(work, job.name, done, total, case_id)
            job.write_arrays(case_id, map_arrays(box, found))
            done += len(places[case_id])
            yield Progress(job.name, done, total, case_id)

    def seconds(self, sample: Sample) -> float:
        """One volume."""
        from napari_wsss.cam.volume import compute_volume_map
        from napari_wsss.models.volume_classifier import VolumeClassifier

        classifier = cast("TrainVolumeClassifier", sample.step(self.classifier))
        box = cast("PrepareVolumes", sample.step(self.volumes)).box(sample.case.geometry)
        model = VolumeClassifier(classifier, sample.channels, sample.classes)
        volume = np.zeros((sample.channels, *box.shape), dtype=np.float16)
        places = _places(box, 0 if classifier.examples == "volumes" else classifier.block_depth)
        return seconds_of(lambda: drain(compute_volume_map(model, volume, places, sample.device)))


def map_arrays(box: VolumeBox, found: VolumeMap) -> dict[str, Array]:
    """Name a volume's maps for the disk as those of the scan's slices, as :class:`MapSource` says."""
    maps, grid, side = box.slice_maps(found.maps, found.grid)
    # Scores belong to planes of cells; a slice takes those of the plane that its centre lies in.
    scores = box.slice_cells(found.grid[0], len(found.logits))
    stack = MapStack([LayerMaps({1.0: maps.astype(np.float16)}, {1.0: grid})], found.logits[scores])
    return stack.arrays() | square_arrays(Letterbox(box.scan[1:], side))


def _places(box: VolumeBox, depth: int) -> list[tuple[int, int]]:
    """Give blocks that overlap by half, so that no place is seen at the border of a block only."""
    return block_places(box, depth, step=max(LATTICE, depth // 2 // LATTICE * LATTICE))
