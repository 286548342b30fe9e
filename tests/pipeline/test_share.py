"""What one workspace has finished is put at another, where and only where the keys agree."""

import dataclasses

import numpy as np
import pytest

from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.share import share_results
from napari_wsss.pipeline.workspace import ArrayShelf, ModelShelf
from napari_wsss.progress import drain
from napari_wsss.recipes import recipe_named

RECIPE = recipe_named("mixed-unet")


def finish(workspace, recipe, case_ids):
    """Leave a classifier, inputs and maps as a run would, with made-up content."""
    from napari_wsss.files import file_digest, write_bytes, write_yaml
    from napari_wsss.models.card import CARD, WEIGHTS

    keys = Keys(recipe, workspace)
    folder = ModelShelf(workspace.models).place("classifier", keys.key("classifier"))
    write_bytes(folder / WEIGHTS, b"weights")
    facts = {"key": keys.key("classifier"), "weights_sha256": file_digest(folder / WEIGHTS)}
    write_yaml(folder / CARD, facts)
    for step in ("slices", "maps"):
        for case_id in case_ids:
            ArrayShelf(workspace.cache, step, case_id).write(keys.key(step, case_id), {"array": np.arange(3)})


@pytest.fixture
def other(workspace, tmp_path):
    """The same cases elsewhere, with nothing done."""
    return dataclasses.replace(workspace, cache=tmp_path / "other" / "cache", models=tmp_path / "other" / "models")


def kept(workspace, recipe):
    keys = Keys(recipe, workspace)
    found = {
        (step, case_id)
        for step in ("slices", "maps")
        for case_id in workspace.cases
        if ArrayShelf(workspace.cache, step, case_id).key == keys.key(step, case_id)
    }
    return found, ModelShelf(workspace.models).finished("classifier", keys.key("classifier"))


def test_what_is_the_same_is_shared_without_taking_space_again(workspace, other):
    finish(workspace, RECIPE, ["a", "b"])
    assert drain(share_results(RECIPE, workspace, other)) == ["slices", "classifier", "maps"]
    assert kept(other, RECIPE) == ({(step, case) for step in ("slices", "maps") for case in "ab"}, True)
    files = [place.cache / "maps" / "a" / "array.npy" for place in (workspace, other)]
    assert files[0].samefile(files[1])
    assert drain(share_results(RECIPE, workspace, other)) == [], "nothing is left to share"


def test_writing_one_leaves_the_other(workspace, other):
    finish(workspace, RECIPE, ["a"])
    drain(share_results(RECIPE, workspace, other))
    ArrayShelf(other.cache, "maps", "a").write("another key", {"array": np.zeros(1)})
    np.testing.assert_array_equal(ArrayShelf(workspace.cache, "maps", "a").read()["array"], [0, 1, 2])


def test_what_follows_from_a_difference_is_not_shared(workspace, other):
    finish(workspace, RECIPE, ["a"])
    longer = RECIPE.with_knobs("classifier", epochs=31)
    assert drain(share_results(longer, workspace, other)) == ["slices"]
    assert kept(other, longer) == ({("slices", "a")}, False)


def test_other_patients_to_learn_from_make_another_classifier(workspace, other):
    finish(workspace, RECIPE, ["a"])
    turned = {
        case_id: case.replace(subset="test" if case_id == "a" else "train") for case_id, case in other.cases.items()
    }
    other = dataclasses.replace(other, cases=turned)
    assert drain(share_results(RECIPE, workspace, other)) == ["slices"]


def test_a_damaged_model_is_not_shared(workspace, other):
    finish(workspace, RECIPE, [])
    (weights,) = workspace.models.glob("classifier-*/weights.safetensors")
    weights.write_bytes(b"cut")
    assert drain(share_results(RECIPE, workspace, other)) == []
