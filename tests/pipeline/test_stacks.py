"""Stacks of neighbouring slices: what they show, what they leave unknown."""

import numpy as np
import pytest

from napari_wsss.data.letterbox import Letterbox
from napari_wsss.losses.segmentation import IGNORE
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.stacks import MaskedStacks, firsts
from napari_wsss.progress import drain
from napari_wsss.recipes import recipe_named

RECIPE = recipe_named("mixed-unet").with_overrides(["slices.size=32", "segmenter.network=unet-3d"])


@pytest.mark.parametrize(
    ("depth", "window", "expected"),
    [(23, 16, [0, 7]), (32, 16, [0, 8, 16]), (16, 16, [0]), (5, 16, [0]), (1, 2, [0]), (4, 2, [0, 1, 2])],
)
def test_where_stacks_begin(depth, window, expected):
    assert firsts(depth, window) == expected
    assert max(first + window for first in expected) >= depth


def stacks(workspace, *case_ids, **knobs):
    recipe = RECIPE.with_knobs("segmenter", **knobs)
    job = Job("segmenter", recipe, workspace, Keys(recipe, workspace))
    drain(recipe.step("slices").run(job.of("slices"), case_ids))
    return job, MaskedStacks(job, recipe.step("segmenter"), case_ids)


@pytest.fixture
def case(workspace):
    """Case a has a proposal on slice 1 alone; 2 is labelled positive and has none, 0 and 3 are lesion-free."""
    mask = np.zeros((4, 32, 40), np.uint8)
    mask[1, 8:16, 10:20] = 1
    for kind in ("refined", "crf"):
        workspace.masks.write(kind, "a", mask, {"key": "k"})
    return workspace, Letterbox((32, 40), 32).apply_labels(mask)[1]


def test_a_stack_is_the_slices_and_what_is_known_of_them(case):
    workspace, mask = case
    job, examples = stacks(workspace, "a", depth=2, negatives=0.0)
    assert (len(examples), examples.positives, examples.channels, examples.case_ids) == (2, 2, 2, ["a"])
    batch = examples.load(np.array([0, 1]))
    slices = job.arrays("slices", "a")["slices"].astype(np.float32)
    np.testing.assert_array_equal(batch["image"], [slices[0:2].swapaxes(0, 1), slices[1:3].swapaxes(0, 1)])
    unknown, free = np.full_like(mask, IGNORE), np.zeros_like(mask)
    for name in ("seeds", "targets"):
        np.testing.assert_array_equal(batch[name], [[free, mask], [mask, unknown]])


def test_lesion_free_stacks_come_in_the_ratio_asked_for(case):
    workspace, _ = case
    _, examples = stacks(workspace, "a", depth=2, negatives=1.0)
    assert (len(examples), examples.positives) == (3, 2)
    # the third holds slice 2, of which nothing is known, and the lesion-free slice 3
    assert [np.unique(plane).tolist() for plane in examples.load(np.array([2]))["targets"][0]] == [[IGNORE], [0]]


def test_a_thin_scan_is_filled_up_with_its_last_slice_and_nothing_is_learnt_there(case):
    workspace, mask = case
    job, examples = stacks(workspace, "a", depth=6)
    batch = examples.load(np.array([0]))
    slices = job.arrays("slices", "a")["slices"].astype(np.float32)
    np.testing.assert_array_equal(batch["image"][0, :, 4:], np.stack([slices[3]] * 2, axis=1))
    known = [bool((plane != IGNORE).any()) for plane in batch["targets"][0]]
    assert known == [True, True, False, True, False, False]
    np.testing.assert_array_equal(batch["targets"][0, 1], mask)


def test_stacks_that_show_accepted_slices_are_told_apart(case):
    workspace, _ = case
    accepted = np.zeros((4, 32, 40), np.uint8)
    accepted[2, 8:24] = 1
    workspace.accepted.kept["a"] = (accepted, np.array([False, False, True, False]))
    _, examples = stacks(workspace, "a", depth=2, negatives=0.0)
    assert examples.accepted.tolist() == [False, True, True]
