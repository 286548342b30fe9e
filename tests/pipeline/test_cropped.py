"""Cropped slices: what the network sees of the middle comes back to the middle, at every step that crosses over."""

import numpy as np
import pytest
import torch

from napari_wsss.models.files import save_model
from napari_wsss.models.segmenter import build_segmenter
from napari_wsss.models.settings import SegmenterNet
from napari_wsss.pipeline.batches import MaskedSlices
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.steps import FuseMaps, PrepareSlices
from napari_wsss.pipeline.steps.map_source import letterbox_of, square_arrays
from napari_wsss.progress import Note, drain
from napari_wsss.recipes import recipe_named

SHAPE = (32, 40)
"""Of the cohort's slices."""
CROPPED = ["slices.size=32", "slices.crop=16", "classifier.backbone=resnet18", "classifier.weights=random"]


def scan(depth=1):
    return Scan(np.zeros((1, depth, *SHAPE), np.float32), (1.0, 1.0, 1.0), np.ones((depth, 1), np.int8))


def raw(maps, prepared):
    return {
        "scale-1": np.asarray(maps, np.float16)[None],
        "grid-1": np.array([[0.5 / 4, 1 / 4]] * 2),
        "logits": np.ones((len(maps), 1), np.float32),
        **square_arrays(prepared.letterbox(SHAPE)),
    }


def test_maps_say_how_their_square_was_cut():
    prepared = PrepareSlices(size=32, crop=16)
    assert letterbox_of(raw(np.zeros((1, 4, 4)), prepared), SHAPE) == prepared.letterbox(SHAPE)
    whole = PrepareSlices(size=32)
    assert "crop" not in square_arrays(whole.letterbox(SHAPE))
    assert letterbox_of(raw(np.zeros((1, 4, 4)), whole), SHAPE) == whole.letterbox(SHAPE)


def test_evidence_lies_in_the_crop_and_what_lies_outside_takes_no_part_in_the_range():
    # 4 × 4 cells over rows 8 … 23 and columns 12 … 27: cell (1, 2) covers rows 12 … 15 and columns 20 … 23. All values
    # are negative, as those of a CAM may be: outside, where nobody looked, is no evidence all the same.
    maps = np.full((1, 4, 4), -5.0)
    maps[0, 1, 2] = -1
    fuse = FuseMaps(maps="maps", scales=(1.0,))
    (evidence,) = fuse.compute({"maps": raw(maps, PrepareSlices(size=32, crop=16))}, scan())[0]
    assert evidence.shape == SHAPE
    peak = np.argwhere(evidence == evidence.max())
    assert peak.min(axis=0).tolist() == [13, 21]
    assert peak.max(axis=0).tolist() == [14, 22]
    assert (evidence.min(), evidence.max()) == (0, 1)
    inside = np.zeros(SHAPE, dtype=bool)
    inside[8:24, 12:28] = True
    assert not evidence[~inside].any()
    assert evidence[8:24, 12:28].mean() == pytest.approx(1 / 16, abs=0.03)


@pytest.fixture
def job(workspace):
    recipe = recipe_named("mixed-unet").with_overrides(CROPPED)
    job = Job("segmenter", recipe, workspace, Keys(recipe, workspace), "cpu")
    drain(recipe.step("slices").run(job.of("slices"), list(workspace.cases)))
    return job


def test_masks_are_learnt_on_the_pixels_that_the_network_sees(job):
    workspace = job.workspace
    rng = np.random.default_rng(0)
    for case_id in workspace.cases:
        mask = (rng.random((4, *SHAPE)) < 0.2).astype(np.uint8)
        for kind in ("refined", "crf"):
            workspace.masks.write(kind, case_id, mask, {"key": "0"})
        workspace.labels.set(case_id, "lesion", 1)
        examples = MaskedSlices(job, job.step, [case_id])
        assert examples.positives == 4
        cut = mask[:, 8:24, 12:28]
        assert np.array_equal(examples.target_masks(), cut.repeat(2, axis=1).repeat(2, axis=2))


def test_a_segmenter_that_sees_lesion_everywhere_marks_the_crop(job):
    job.keys.pin("segmenter", "0" * 64)
    model = build_segmenter(SegmenterNet(network="unet", width=4), 2, 1)
    *_, last = (layer for layer in model.modules() if isinstance(layer, torch.nn.Conv2d))
    torch.nn.init.zeros_(last.weight)
    torch.nn.init.constant_(last.bias, 9.0)  # whatever is shown, the probability is 0.9999
    network = {"network": "unet", "width": 4, "in_channels": 2}
    card = {**job.provenance(), "role": "segmenter", "network": network, "classes": ["lesion"]}
    save_model(job.model_folder("segmenter"), model, card)
    drain(job.recipe.step("prediction").run(job.of("prediction"), ["a"]))
    expected = np.zeros((4, *SHAPE), np.uint8)
    expected[:, 8:24, 12:28] = 1
    assert np.array_equal(job.workspace.masks.read("prediction", "a"), expected)


@pytest.mark.parametrize(("crop", "told"), [(0, False), (17, True), (18, False)])
def test_a_crop_that_hides_most_of_the_scan_is_told(job, crop, told):
    step = PrepareSlices(size=32, crop=crop)  # 18 × 18 of 32 × 40 pixels are 0.253, 17 × 17 are 0.226
    notes = []
    drain(step.run(job.of("slices"), ["a"]), lambda event: notes.append(event) if isinstance(event, Note) else None)
    assert bool(notes) is told
