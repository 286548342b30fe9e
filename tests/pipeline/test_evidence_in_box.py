"""Maps of slices, brought into the box of a 3-D network."""

import numpy as np
import pytest

from napari_wsss.cam.stack import LayerMaps, MapStack
from napari_wsss.data.volume_box import VolumeBox
from napari_wsss.pipeline.evidence_in_box import evidence_in_box, present_classes
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.steps import AffinityMaps, PrepareVolumes, VolumeMaps


def job_with(workspace, maps, logits, grid="scan", shape=(32, 32, 32)):
    steps = {"volumes": PrepareVolumes(grid=grid, shape=shape), "maps": VolumeMaps(classifier="c", volumes="volumes")}
    recipe = Recipe.model_construct(name="x", title="", source="", steps=steps, proposal="", rows=(), small=())
    keys = Keys(recipe, workspace, {"maps": "0" * 64})
    job = Job("maps", recipe, workspace, keys)
    for case_id in workspace.cases:
        stack = MapStack([LayerMaps(maps, {})], np.array(logits, dtype=np.float32))
        job.write_arrays(case_id, stack.arrays() | {"size": np.asarray(40)})
    return job


def test_the_volume_is_stretched_and_the_scales_are_averaged(workspace):
    """Raw 1 … 5 at scale 1 and 1 … 3 at scale 2: mean 1 … 4, so the voxel of 3 and 2 gets (2.5 − 1) / 3."""
    first, second = (np.ones((1, 4, 40, 40), dtype=np.float16) for _ in range(2))
    first[0, 1, 20, 20], second[0, 1, 20, 20] = 5, 3
    first[0, 2, 30, 7], second[0, 2, 30, 7] = 3, 2
    job = job_with(workspace, {1.0: first, 2.0: second}, [[0]] * 4)
    evidence, box = evidence_in_box(job, "maps", "volumes", "a")
    assert box.shape == evidence.shape[1:] == (4, 32, 40)
    expected = np.zeros((4, 32, 40))
    expected[1, 16, 20], expected[2, 26, 7] = 1, 0.5  # 4 rows of the square lie above the slice
    np.testing.assert_allclose(evidence[0], expected, atol=1e-3)


def test_margins_of_the_box_are_zero(workspace):
    maps = np.arange(4, dtype=np.float16).reshape(1, 4, 1, 1) * np.ones((40, 40), np.float16)
    job = job_with(workspace, {1.0: maps}, [[0]] * 4, "fit", (32, 32, 32))
    evidence, box = evidence_in_box(job, "maps", "volumes", "a")
    outside = np.ones(box.shape, dtype=bool)
    outside[box.inside] = False
    assert outside.any()
    assert not evidence[0][outside].any()
    assert evidence[0][box.inside].max() == pytest.approx(1, abs=0.01)


def test_a_class_is_there_by_its_labels_else_by_its_score(workspace):
    maps = {1.0: np.zeros((1, 4, 8, 8), dtype=np.float16)}
    unsure = job_with(workspace, maps, [[-1], [-2], [0.5], [-1]])
    absent = job_with(workspace, maps, [[-1], [-2], [-0.5], [-1]])
    assert present_classes(absent, "maps", "a").tolist() == [True]  # two slices are labelled so
    workspace.labels.set("a", "lesion", 0, [0, 1, 2, 3])
    assert present_classes(unsure, "maps", "a").tolist() == [False]
    workspace.labels.set("a", "lesion", -1, [1, 2])
    absent = job_with(workspace, maps, [[-1], [-2], [-0.5], [-1]])
    assert present_classes(absent, "maps", "a").tolist() == [False]
    job_with(workspace, maps, [[-1], [-2], [0.5], [-1]])
    assert present_classes(absent, "maps", "a").tolist() == [True]


def test_each_class_grows_from_its_own_seeds_within_the_scan():
    """Class 0 is surest of voxels 0 and 1, class 1 of voxel 3; voxel 4 is no part of the scan."""
    vectors = np.array([0.0, 0.2, 0.4, 9.0, 9.0]).reshape(1, 1, 1, 5)
    evidence = np.array([[0.8, 0.5, 0.0, 0.3, 0.9], [0.2, 0.1, 0.0, 0.6, 0.0]]).reshape(2, 1, 1, 5)
    step = AffinityMaps(embedding="e", maps="m", volumes="v", affinity=0.5)
    found = step.confidence(vectors, evidence, VolumeBox((1, 1, 4), (1, 1, 5), (1, 1, 4)), 0.1)
    assert found.dtype == np.float32
    assert found[0].ravel().tolist() == pytest.approx([1.3 / 3, 1.3 / 3, 1.3 / 3, 0, 0])
    assert found[1].ravel().tolist() == pytest.approx([0, 0, 0, 0.6, 0])


def test_without_seeds_there_is_nothing():
    step = AffinityMaps(embedding="e", maps="m", volumes="v")
    evidence = np.full((1, 1, 2, 2), 0.05)
    assert not step.confidence(np.zeros((3, 1, 2, 2)), evidence, VolumeBox(*[(1, 2, 2)] * 3), 0.1).any()
