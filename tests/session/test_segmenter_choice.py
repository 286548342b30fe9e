"""The few choices about training a segmenter, and the settings they stand for."""

import nibabel as nib
import numpy as np
import pytest

from napari_wsss.data.cohort import scan_cohort
from napari_wsss.data.labels import LabelTable
from napari_wsss.errors import RecipeError
from napari_wsss.files import file_digest, write_yaml
from napari_wsss.models.card import CARD, DIGEST, WEIGHTS
from napari_wsss.pipeline.workspace import ModelShelf
from napari_wsss.progress import drain
from napari_wsss.recipes import RECIPES
from napari_wsss.session.segmenter_choice import SegmenterChoice, networks_of, segmenter_of
from napari_wsss.session.session import Session
from napari_wsss.store.project import Project


@pytest.fixture
def session(tmp_path):
    (tmp_path / "scans").mkdir()
    nib.save(nib.Nifti1Image(np.ones((6, 5, 4), np.float32), np.eye(4)), tmp_path / "scans" / "a.nii.gz")
    cases = drain(scan_cohort(tmp_path / "scans", None))
    Project.create(tmp_path / "p", "P", cases, LabelTable.empty(("lesion",), {case.id: 4 for case in cases})).close()
    with Session.open(tmp_path / "p") as opened:
        yield opened


def knobs(session):
    step = session.recipe.step(segmenter_of(session.recipe))
    return {name: getattr(step, name) for name in ("epochs", "patience", "learning_rate", "learn_from", "start")}


def model_in_use(session, **network):
    """Put a model on the shelf, as a training leaves it."""
    folder = ModelShelf(session.project.models_folder).place("segmenter", "0123456789abcdef")
    folder.mkdir(parents=True)
    (folder / WEIGHTS).write_bytes(b"weights")
    card = {"role": "segmenter", "key": "0123456789abcdef", "network": {**network, "in_channels": 1}}
    write_yaml(folder / CARD, {**card, DIGEST: file_digest(folder / WEIGHTS)})
    ModelShelf(session.project.models_folder).use("segmenter", "0123456789abcdef")
    return folder.name


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_starts_at_standard_and_every_quality_is_read_back(session, name):
    drain(session.use(name, device="cpu"))
    start = session.choice()
    assert (start.quality, start.learn_from, start.fine_tune) == ("standard", "all", False)
    assert start.network in networks_of(session.recipe)
    for quality in ("quick look", "thorough", "standard"):
        wanted = start.replace(quality=quality, learn_from="accepted", network=networks_of(session.recipe)[-1])
        session.choose(wanted)
        assert session.choice() == wanted
    session.choose(start)
    assert session.choice() == start


@pytest.mark.parametrize(
    ("device", "quality", "epochs", "patience"),
    [
        ("cuda", "quick look", 25, 0),
        ("cuda", "standard", 100, 0),
        ("cuda", "thorough", 300, 75),
        ("cpu", "quick look", 2, 0),
        ("cpu", "standard", 8, 0),
        ("cpu", "thorough", 24, 6),
    ],
)
def test_qualities_by_hand(session, device, quality, epochs, patience):
    """Mixed-UNet trains 100 epochs, 8 with the smaller settings; a rate of 0.001."""
    drain(session.use("mixed-unet", device=device))
    session.choose(session.choice().replace(quality=quality))
    found = knobs(session)
    assert (found["epochs"], found["patience"], found["learning_rate"]) == (epochs, patience, 0.001)


def test_the_smaller_settings_stay_the_standard_whatever_else_is_set(session):
    drain(session.use("grad-cam-ensemble", device="cpu"))
    session.set("segmenter", epochs=77)
    assert session.choice().quality == "own"
    session.set("segmenter", width=64)
    session.choose(session.choice().replace(quality="thorough"))
    assert knobs(session)["epochs"] == 3 * 4


def test_in_a_new_project_the_settings_that_fit_the_machine_come_first(session):
    assert not session.settled
    drain(session.choosing(session.choice().replace(quality="thorough"), device="cpu"))
    assert session.settled
    assert (session.recipe.step("segmenter").width, knobs(session)["epochs"]) == (8, 108), "three times 36"
    assert session.choice().quality == "thorough"


def test_own_settings_are_left_alone(session):
    drain(session.use("mixed-unet", device="cpu"))
    session.set("segmenter", epochs=7, learning_rate=0.01)
    session.choose(session.choice().replace(learn_from="accepted"))
    assert knobs(session) == {
        "epochs": 7, "patience": 0, "learning_rate": 0.01, "learn_from": "accepted", "start": "",
    }  # fmt: skip


def test_fine_tuning_starts_from_the_model_in_use_with_fewer_epochs_and_smaller_steps(session):
    drain(session.use("mixed-unet", device="cpu"))
    with pytest.raises(RecipeError, match="no trained segmenter to improve"):
        session.choose(session.choice().replace(fine_tune=True))
    name = model_in_use(session, network="mixed-unet", width=16)
    for quality, epochs in (("standard", 2), ("thorough", 6)):
        session.choose(session.choice().replace(fine_tune=True, quality=quality))
        assert session.choice() == SegmenterChoice(network="mixed-unet", quality=quality, fine_tune=True)
        found = knobs(session)
        assert (found["start"], found["epochs"], found["learning_rate"]) == (name, epochs, 0.001)
    session.choose(session.choice().replace(fine_tune=False))
    assert (knobs(session)["start"], knobs(session)["learning_rate"]) == ("", 0.001)


def test_only_the_same_network_can_be_improved_and_nothing_changes_otherwise(session):
    drain(session.use("mixed-unet", device="cpu"))
    model_in_use(session, network="unet", width=16)
    before = session.recipe
    with pytest.raises(RecipeError, match="the model in use is unet of width 16, and mixed-unet of width 16 is chosen"):
        session.choose(session.choice().replace(fine_tune=True))
    assert session.recipe == before
    session.choose(session.choice().replace(fine_tune=True, network="unet"))
    assert session.choice().fine_tune


def test_a_segmenter_of_volumes_is_one_network(session):
    drain(session.use("resnet-lstm", device="cpu"))
    assert session.choice().network == "unet-3d"
    with pytest.raises(RecipeError, match="always a 3-D U-Net; got 'fcn'"):
        session.choose(session.choice().replace(network="fcn"))


def test_a_recipe_without_a_segmenter_says_so():
    recipe = RECIPES["mixed-unet"]
    few = {name: step for name, step in recipe.steps.items() if name not in ("segmenter", "prediction")}
    short = type(recipe).parse({**recipe.model_dump(), "steps": few, "rows": (), "small": (), "ablations": {}})
    with pytest.raises(RecipeError, match="trains no segmenter"):
        segmenter_of(short)
