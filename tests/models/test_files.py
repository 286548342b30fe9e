"""Models on disk: what is saved comes back; what is damaged is said in one line."""

import pytest
import torch
import yaml

from napari_wsss.errors import ModelError
from napari_wsss.files import file_digest
from napari_wsss.models.card import read_card, weights_digest
from napari_wsss.models.files import load_weights, save_model
from napari_wsss.models.segmenter import build_segmenter
from napari_wsss.models.settings import SegmenterNet


def network(width=4):
    return build_segmenter(SegmenterNet(width=width), 1, 1)


@pytest.fixture
def saved(tmp_path):
    model = network()
    model(torch.rand(2, 1, 16, 16))  # batch norm has seen something
    save_model(tmp_path, model, {"role": "segmenter", "classes": ("lesion",), "best": 0.5})
    return tmp_path, model


def test_round_trip(saved):
    folder, model = saved
    again = network()
    card = load_weights(folder, again)
    assert card["classes"] == ["lesion"]
    assert card == read_card(folder)
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in model.state_dict().items())
    assert sorted(path.name for path in folder.iterdir()) == ["model.yaml", "weights.safetensors"]


def test_digest_is_that_of_the_weights_file_and_repeats(saved, tmp_path):
    folder, model = saved
    digest = weights_digest(folder)
    assert digest == file_digest(folder / "weights.safetensors")
    assert save_model(tmp_path / "again", model, {}) == digest
    assert save_model(tmp_path / "other", network(), {}) != digest


def fault(folder, model) -> str:
    with pytest.raises(ModelError) as error:
        load_weights(folder, model)
    text = str(error.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize("keep", [0, 4, 0.5, 0.999])
def test_weights_cut_short(saved, keep):
    folder, model = saved
    path = folder / "weights.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[: keep if isinstance(keep, int) else int(keep * len(content))])
    assert "cut short" in fault(folder, model)


def test_weights_of_an_interrupted_save(saved, tmp_path):
    folder, model = saved
    save_model(tmp_path / "other", network(), {})
    (tmp_path / "other" / "weights.safetensors").replace(folder / "weights.safetensors")
    assert "not the weights that model.yaml describes" in fault(folder, model)


def test_another_network(saved):
    other = network(width=8)
    before = {name: value.clone() for name, value in other.state_dict().items()}
    assert "made for another network" in fault(saved[0], other)
    assert all(torch.equal(value, before[name]) for name, value in other.state_dict().items())


def test_weights_missing(saved):
    folder, model = saved
    (folder / "weights.safetensors").unlink()
    assert "weights are missing" in fault(folder, model)


@pytest.mark.parametrize("text", ["", "[1, 2]", "role: segmenter\n", "a: [1,\n b: {"])
def test_card_damaged(saved, text):
    folder, model = saved
    (folder / "model.yaml").write_text(text)
    assert "model.yaml" in fault(folder, model)


def test_no_model_here(tmp_path):
    with pytest.raises(ModelError, match="no model here"):
        weights_digest(tmp_path)


def test_card_is_plain_yaml(saved):
    card = yaml.safe_load((saved[0] / "model.yaml").read_text())
    assert list(card) == ["role", "classes", "best", "weights_sha256"]
