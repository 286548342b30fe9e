"""From maps that are sure of a lesion's core to the whole lesion, by the likeness of voxels."""

from __future__ import annotations

import shutil
from typing import Literal

import numpy as np
import pytest
import torch

from napari_wsss.cam.stack import LayerMaps, MapStack, layers_in
from napari_wsss.data.letterbox import Letterbox
from napari_wsss.errors import InputError, ProjectError, RecipeError
from napari_wsss.models.card import read_card, weights_digest
from napari_wsss.params import knob
from napari_wsss.pipeline.confident import ConfidentPatches
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.pairs import draw_voxels
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.runner import run
from napari_wsss.pipeline.sample import Sample
from napari_wsss.pipeline.steps import AffinityMaps, PrepareVolumes, TrainEmbedding
from napari_wsss.pipeline.steps.map_source import MapSource
from napari_wsss.progress import drain

LESION = np.zeros((4, 32, 40), dtype=bool)
LESION[1:3, 8:16, 10:20] = True


class Core(MapSource):
    """Maps of 1 in the middle of the lesion, of 0.05 in the rest of it and around it, of 0 elsewhere."""

    kind: Literal["core"] = "core"
    height: float = knob(1.0, "Height.", ge=0.0, le=1.0)

    def run(self, job, case_ids):
        maps = np.zeros((1, 4, 40, 40), dtype=np.float16)  # the square of 40 has 4 empty rows above the slice
        maps[:, 1:3, 10:22, 8:22] = 0.05
        maps[:, 1:3, 14:18, 13:17] = self.height
        for case_id in case_ids:
            stack = MapStack([LayerMaps({1.0: maps}, {})], np.full((4, 1), 3, np.float32))
            job.write_arrays(case_id, stack.arrays() | {"size": np.asarray(40)})
            yield from ()


def recipe(grid="scan", **changes):
    settings = {"width": 2, "dimensions": 4, "patch": (4, 32, 32), "patches": 2, "voxels": 64, "epochs": 14}
    settings |= {"batch_size": 2, "learning_rate": 0.01, "precision": "32", "rotation_probability": 0.0}
    steps = {
        "volumes": PrepareVolumes(grid=grid, shape=(8, 32, 32)),
        "core": Core(),
        "embedding": TrainEmbedding(maps="core", volumes="volumes", **settings | changes),
        "affinity": AffinityMaps(embedding="embedding", maps="core", volumes="volumes", seeds=20, affinity=0.5),
    }
    return Recipe.model_construct(name="planted", title="", source="", steps=steps, proposal="", rows=(), small=())


def maps_of(workspace, given, case_id):
    """Bring the affinity maps of a case back onto the scan's grid, (Z, Y, X)."""
    arrays = Job("affinity", given, workspace, Keys(given, workspace)).arrays("affinity", case_id)
    (layer,) = layers_in(arrays)
    return Letterbox((32, 40), int(arrays["size"])).invert(layer.maps[1.0], np.asarray(layer.grids[1.0]))[0]


def dice(one, other):
    """Of the seeds alone, 4 × 4 voxels in 2 slices, it is 2·32 / (32 + 160) = 1/3."""
    return 2 * (one & other).sum() / (one.sum() + other.sum())


@pytest.mark.parametrize("grid", ["scan", "fill"])
def test_the_whole_lesion_is_found_from_its_core(workspace, grid):
    given = recipe(grid)
    done = drain(run(given, workspace, ("maps",), device="cpu"))
    card = read_card(workspace.models / done["embedding"]["model"])
    assert (card["role"], card["monitor"]) == ("embedding", "pair_loss")
    assert card["best"] < 0.3
    found = maps_of(workspace, given, "c")
    claimed = found > found.max() / 2
    unsure = np.zeros_like(claimed)
    unsure[:, 5:19, 7:23] = True
    assert claimed[1:3, 11:13, 14:16].all()
    assert claimed[~unsure].mean() < 0.01
    assert dice(claimed, LESION) > 0.4
    assert found.max() <= 1
    again = drain(run(given, workspace, ("maps",), device="cpu"))
    assert not again["embedding"]["trained"]
    assert again["affinity"] == {"cases": 3, "made": 0}


def test_an_interrupted_training_ends_with_the_same_weights(workspace):
    given = recipe(epochs=2)
    work = run(given, workspace, ("maps",), device="cpu")
    for event in work:
        if getattr(event, "stage", "") == "embedding" and getattr(event, "done", 0) == 3:
            work.close()
    (folder,) = workspace.models.glob("embedding-*")
    assert not (folder / "model.yaml").exists()
    drain(run(given, workspace, ("maps",), device="cpu"))
    digest = weights_digest(folder)
    shutil.rmtree(workspace.models)
    drain(run(given, workspace, ("maps",), device="cpu"))
    assert weights_digest(folder) == digest


def test_the_class_scores_are_those_of_the_maps(workspace):
    drain(run(recipe(epochs=1), workspace, ("maps",), device="cpu"))
    arrays = Job("affinity", recipe(), workspace, Keys(recipe(), workspace)).arrays("affinity", "a")
    assert arrays["logits"].tolist() == [[3.0]] * 4


def test_nothing_sure_is_an_error(workspace):
    for case_id in workspace.cases:
        workspace.labels.set(case_id, "lesion", 0, [0, 1, 2, 3])
    with pytest.raises(InputError, match=r"no training volume .* both from 0\.1 on and up to 0\.01 in .core."):
        drain(run(recipe(), workspace, ("maps",), device="cpu"))


def test_a_map_that_is_above_the_limit_everywhere_is_left_out(workspace, monkeypatch):
    monkeypatch.setattr("napari_wsss.pipeline.confident.seed_labels", lambda maps, _: np.full(maps.shape[1:], 2))
    assert made_patches(workspace).cases == 0


def test_maps_of_all_training_cases_are_needed(workspace):
    with pytest.raises(ProjectError, match="'core' is missing or out of date for 2 of 3 cases"):
        drain(run(recipe(), workspace, ("maps",), device="cpu", case_ids=["a"]))


def made_patches(workspace, **changes):
    given = recipe(**changes)
    keys = Keys(given, workspace)
    for name in ("volumes", "core"):
        drain(given.step(name).run(Job(name, given, workspace, keys), sorted(workspace.cases)))
    return ConfidentPatches(Job("embedding", given, workspace, keys), given.step("embedding"), ["a", "b"])


def test_a_patch_holds_lesion_and_the_seeds_that_belong_to_it(workspace):
    patches = made_patches(workspace, patch=(4, 32, 40))
    assert (len(patches), patches.cases, patches.channels) == (4, 2, 2)
    batch = patches.load(np.array([0, 3]))
    assert batch["image"].shape == (2, 2, 4, 32, 40)
    expected = np.ones((4, 32, 40), dtype=np.uint8)
    expected[1:3, 6:18, 8:22] = 0
    expected[1:3, 10:14, 13:17] = 2
    assert np.array_equal(batch["seeds"][0].numpy(), expected)
    assert batch["image"][1, :, LESION].mean() > batch["image"][1, :, ~LESION].mean() + 0.3


def test_every_other_patch_lies_around_lesion_and_the_rest_anywhere(workspace):
    patches = made_patches(workspace, patch=(4, 6, 6), patches=40)
    seeds = patches.load(np.arange(80))["seeds"]
    with_lesion = (seeds == 2).flatten(1).any(dim=1)
    assert with_lesion[::2].all()
    assert not with_lesion[1::2].all()
    assert (seeds == 1).flatten(1).any(dim=1)[1::2].sum() > 30


def test_what_lies_beyond_a_small_volume_is_edge_and_unsure(workspace):
    patches = made_patches(workspace, patch=(6, 32, 48))
    batch = patches.load(np.array([0]))
    assert batch["image"].shape == (1, 2, 6, 32, 48)
    assert not batch["seeds"][0, 4:].any()
    assert not batch["seeds"][0, :, :, 40:].any()
    assert torch.equal(batch["image"][0, :, 5], batch["image"][0, :, 3])
    assert torch.equal(batch["image"][0, :, :, :, 47], batch["image"][0, :, :, :, 39])


def test_the_margins_of_the_box_are_unsure(workspace):
    patches = made_patches(workspace, grid="fit", patch=(8, 32, 32))
    box = PrepareVolumes(grid="fit", shape=(8, 32, 32)).box(workspace.cases["a"].geometry)
    seeds = patches.load(np.array([0]))["seeds"][0].numpy()
    inside = np.zeros(seeds.shape, dtype=bool)
    inside[box.inside] = True
    assert not inside.all()
    assert not seeds[~inside].any()
    assert (seeds == 2).any()


def test_voxels_are_drawn_alike_from_every_kind():
    seeds = torch.zeros(2, 2, 3, 4, dtype=torch.uint8)
    seeds[0, 0] = 1
    seeds[0, 1, 0, :2] = 2
    drawn = draw_voxels(seeds, 12, np.random.default_rng(0))
    assert drawn["places"].shape == drawn["labels"].shape == (2, 12)
    assert sorted(drawn["labels"][0].tolist()) == [1] * 6 + [2] * 6
    assert torch.equal(seeds[0].flatten()[drawn["places"][0]].long(), drawn["labels"][0])
    normal = drawn["places"][0][drawn["labels"][0] == 1]
    assert len(set(normal.tolist())) == 6  # 12 there are enough; of the 2 lesion voxels some come twice
    assert not drawn["labels"][1].any()


def test_a_patch_too_small_for_the_network_is_refused():
    with pytest.raises(RecipeError, match="each side must be at least 4 voxels"):
        recipe().step("embedding").replace(patch=(3, 32, 32))


def test_the_time_of_an_epoch_and_of_a_case_is_measured(workspace):
    given = recipe(patch=(4, 16, 20), voxels=8)
    sample = Sample(given, workspace, "cpu")
    assert given.step("embedding").seconds(sample) > 0
    assert given.step("affinity").seconds(sample) > 0
