"""What a 3-D segmenter learns from: patches of volumes with a mask."""

import numpy as np
import pytest
import torch

from napari_wsss.errors import InputError, RecipeError
from napari_wsss.models.card import read_card
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.patches import MaskedPatches, draw_places
from napari_wsss.pipeline.sample import Sample
from napari_wsss.pipeline.scoring import scores_of
from napari_wsss.progress import Progress, drain
from napari_wsss.recipes import recipe_named
from napari_wsss.refine.likeliest import Likeliest, likeliest_mask

RECIPE = recipe_named("resnet-lstm").with_overrides(
    [
        "volumes.intensity=robust",
        "volumes.skull=false",
        "segmenter.patch=[8,16,32]",
        "segmenter.patches=4",
        "segmenter.width=2",
        "segmenter.epochs=1",
        "segmenter.precision=32",
    ]
)
SHAPE = (4, 32, 40)


def pseudo():
    mask = np.zeros(SHAPE, np.uint8)
    mask[1, 8:16, 10:20] = 1
    return mask


def job_of(workspace, recipe=RECIPE, name="segmenter"):
    job = Job(name, recipe, workspace, Keys(recipe, workspace), "cpu")
    drain(recipe.step("volumes").run(job.of("volumes"), sorted(workspace.cases)))
    return job


def whole(workspace, *case_ids):
    """Give volumes taken whole, so that targets are masks on the scan's grid."""
    recipe = RECIPE.with_knobs("segmenter", patch=(8, 32, 40))
    job = job_of(workspace, recipe)
    return MaskedPatches(job, recipe.step("segmenter"), case_ids)


def keep(workspace, mask, *case_ids):
    for case_id in case_ids:
        workspace.masks.write("clusters", case_id, mask, {"key": "k"})


def test_slices_of_which_nothing_is_known_take_no_part(workspace):
    keep(workspace, pseudo(), "a")
    workspace.labels.set("a", "lesion", -1, [3])
    examples = whole(workspace, "a", "b")
    # 0 is lesion-free, 1 has a mask, 2 is positive without a mask, 3 has no label; b has no mask: 1 and 2 are unknown
    assert examples.case_ids == ["a", "b"]
    assert examples.positives == 1
    first, second = examples.load(np.arange(2))["targets"].numpy()
    np.testing.assert_array_equal(first[:2], pseudo()[:2])
    assert (first[2:] == 255).all()
    assert [np.unique(plane).tolist() for plane in second] == [[0], [255], [255], [0], *[[255]] * 4]


def test_accepted_masks_take_the_place_of_pseudo_masks_on_accepted_slices(workspace):
    keep(workspace, pseudo(), "a")
    accepted = np.zeros(SHAPE, np.uint8)
    accepted[3, 8:24] = 1
    workspace.accepted.kept["a"] = (accepted, np.array([False, True, True, True]))
    (target,) = whole(workspace, "a").load(np.array([0]))["targets"]
    np.testing.assert_array_equal(target[:4], accepted)


def test_a_rejected_proposal_teaches_nothing(workspace):
    keep(workspace, pseudo(), "a")
    for z in range(4):
        workspace.labels.set("a", "lesion", 1, [z])
    rejected = workspace.__class__(**{**vars(workspace), "rejected": ("a",)})
    assert len(whole(workspace, "a")) == 1
    assert len(whole(rejected, "a")) == 0


def test_a_patch_is_a_piece_of_the_volume_filled_up_with_its_border(workspace):
    keep(workspace, pseudo(), "a")
    job = job_of(workspace)
    examples = MaskedPatches(job, RECIPE.step("segmenter"), ["a"])
    volume = job.arrays("volumes", "a")["volume"].astype(np.float32)
    batch = examples.load(np.arange(len(examples)))
    assert batch["image"].shape == (len(examples), 2, 8, 16, 32)
    windows = np.lib.stride_tricks.sliding_window_view(volume, (2, 4, 16, 32)).reshape(-1, 2, 4, 16, 32)
    for image, target in zip(batch["image"].numpy(), batch["targets"], strict=True):
        assert (windows == image[:, :4]).all(axis=(1, 2, 3, 4)).sum() == 1
        assert (image[:, 4:] == image[:, 3:4]).all()
        assert (target[4:] == 255).all()


def test_every_other_patch_holds_some_lesion():
    target = np.zeros((20, 40, 40), np.uint8)
    target[19, 39, 0] = 1
    target[:5] = 255
    places = draw_places(target, (4, 8, 8), 40, np.random.default_rng(0))
    holding = [place for place in places if (target[place] == 1).any()]
    assert holding == [(slice(16, 20), slice(32, 40), slice(0, 8))]  # drawn twenty times, kept once
    assert len(places) > 15
    for place in places:
        assert [part.stop - part.start for part in place] == [4, 8, 8]
        assert (target[place] != 255).any()


def test_a_small_volume_is_taken_whole():
    target = np.zeros((3, 8, 9), np.uint8)
    assert draw_places(target, (4, 8, 16), 8, np.random.default_rng(0)) == [(slice(0, 3), slice(0, 8), slice(0, 9))]


def test_sides_of_a_patch_have_bounds():
    with pytest.raises(RecipeError, match="from 8 to 1024 voxels"):
        RECIPE.with_knobs("segmenter", patch=(4, 16, 16))
    assert RECIPE.with_knobs("segmenter", patch=(8, 16, 16)).step("segmenter").patch == (8, 16, 16)


def test_nothing_to_learn_from_is_told(workspace):
    job = job_of(workspace)
    with pytest.raises(InputError, match="no training patient has a mask in 'margin'"):
        drain(RECIPE.step("segmenter").train(job, workspace.models / "x"))


class Threshold(torch.nn.Module):
    """Calls lesion what is brighter than 0.85 in the first channel."""

    def forward(self, volumes):
        return (volumes[:, :1] - 0.85) * 40


@pytest.mark.parametrize("grid", ["scan", "fill"])
def test_predictions_lie_on_the_scans_grid(workspace, monkeypatch, grid):
    recipe = RECIPE.with_overrides([f"volumes.grid={grid}", "volumes.shape=[8,48,48]"])
    keep(workspace, pseudo(), *workspace.cases)
    job = job_of(workspace, recipe)
    folder = workspace.models / "trained"
    card = drain(recipe.step("segmenter").train(job, folder))
    assert read_card(folder)["patch"] == [8, 16, 32]
    assert card["epochs"] == 1
    monkeypatch.setattr("napari_wsss.pipeline.trained.load_volume_segmenter", lambda *_: Threshold())
    monkeypatch.setattr(Job, "model_folder", lambda *_: folder)
    monkeypatch.setattr(Keys, "key", lambda *_: "k")
    events = []
    drain(recipe.step("prediction").run(job.of("prediction"), ["a", "c"]), events.append)
    for case_id in "ac":
        volume = torch.from_numpy(job.arrays("volumes", case_id)["volume"].astype(np.float32))
        box = recipe.step("volumes").box(workspace.cases[case_id].geometry)
        lesion = box.invert(Threshold()(volume[None])[0].sigmoid().numpy())
        expected = likeliest_mask(lesion, Likeliest(), job.workspace.cases[case_id].load, (1.0, 1.0, 1.0))
        assert 100 < expected.sum() < 2000
        np.testing.assert_array_equal(workspace.masks.read("prediction", case_id), expected)
    counts = [(event.done, event.total) for event in events if isinstance(event, Progress)]
    assert counts[-1][0] == counts[-1][1] == max(done for done, _ in counts)


def test_the_time_is_measured_on_a_small_piece(workspace):
    sample = Sample(RECIPE, workspace, "cpu")
    assert RECIPE.step("segmenter").seconds(sample) > 0
    assert RECIPE.step("prediction").seconds(sample) > 0


class Everywhere(torch.nn.Module):
    """Calls every voxel lesion."""

    def forward(self, volumes):
        return torch.ones_like(volumes[:, :1])


def test_epochs_are_judged_by_dice_where_the_truth_is_known(workspace):
    keep(workspace, pseudo(), "a", "c")
    loss = RECIPE.step("segmenter").objective()
    scores = drain(scores_of(whole(workspace, "a", "c"), loss, 1, 1, "cpu")(Everywhere()))
    # of each case slice 2 is unknown, and so is what fills the patch up; 80 of 3 · 32 · 40 known voxels are lesion
    assert scores["dice_to_targets"] == pytest.approx(2 * 80 / (80 + 3840))


def test_patches_that_show_accepted_slices_are_told_apart(workspace):
    keep(workspace, pseudo(), "a", "b")
    accepted = np.zeros(SHAPE, np.uint8)
    accepted[2, 8:24] = 1
    workspace.accepted.kept["a"] = (accepted, np.array([False, False, True, False]))
    assert whole(workspace, "a", "b").accepted.tolist() == [True, False]
