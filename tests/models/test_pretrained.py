"""Weights to start from: files good and bad, and the network being away."""

import urllib.error

import pytest
import torch
from safetensors.torch import save_file

from napari_wsss import torchvision_ops
from napari_wsss.errors import ModelError
from napari_wsss.models.backbones import build_trunk
from napari_wsss.models.classifier import build_classifier
from napari_wsss.models.pretrained import adapt_channels, read_state, start_from
from napari_wsss.models.settings import ClassifierNet

torchvision_ops.declare()
import torchvision  # noqa: E402


@pytest.fixture(scope="module")
def published():
    torch.manual_seed(1)
    network = torchvision.models.resnet18(weights=None)
    return {name: value.clone() for name, value in network.state_dict().items()}


def one_line(error) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


def same(trunk, state):
    return all(torch.equal(value, state[name]) for name, value in trunk.state_dict().items())


@pytest.mark.parametrize("form", ["safetensors", "pth", "wrapped", "parallel"])
def test_a_file_of_torchvisions_network_fills_the_trunk(form, published, tmp_path):
    path = tmp_path / ("w.safetensors" if form == "safetensors" else "w.pth")
    if form == "safetensors":
        save_file(published, path)
    elif form == "pth":
        torch.save(published, path)
    elif form == "wrapped":
        torch.save({"epoch": 3, "state_dict": published}, path)
    else:
        torch.save({f"module.{name}": value for name, value in published.items()}, path)
    model, notes = build_classifier(ClassifierNet(backbone="resnet18", weights=str(path)), 3, 2)
    assert notes == []
    assert same(model.trunk, published)


def test_a_swav_file_fills_a_resnet50(tmp_path):
    # As facebookresearch/swav saves it: names of the parallel wrapper, a projection head and prototypes for the
    # clustering (far larger there) beside the trunk, no fully connected layer; the checkpoints of a training keep it
    # under "state_dict".
    torch.manual_seed(1)
    network = torchvision.models.resnet50(weights=None)
    trunk = {name: value for name, value in network.state_dict().items() if not name.startswith("fc.")}
    heads = {
        "projection_head.0.weight": torch.rand(8, 2048), "projection_head.0.bias": torch.rand(8),
        "projection_head.1.weight": torch.rand(8), "projection_head.1.running_mean": torch.rand(8),
        "projection_head.3.weight": torch.rand(4, 8), "prototypes.weight": torch.rand(3, 4),
    }  # fmt: skip
    state = {f"module.{name}": value for name, value in (trunk | heads).items()}
    torch.save(state, tmp_path / "swav_800ep_pretrain.pth.tar")
    torch.save({"epoch": 400, "state_dict": state, "optimizer": {"state": {}}}, tmp_path / "ckp-399.pth")
    for file in ("swav_800ep_pretrain.pth.tar", "ckp-399.pth"):
        net = ClassifierNet(backbone="resnet50", weights=str(tmp_path / file))
        model, notes = build_classifier(net, 1, 1)
        assert notes == []
        filled = model.trunk.state_dict()
        adapted = filled.pop("conv1.weight")
        assert all(torch.equal(value, trunk[name]) for name, value in filled.items() if "num_batches" not in name)
        torch.testing.assert_close(adapted, trunk["conv1.weight"].sum(dim=1, keepdim=True))
    with pytest.raises(ModelError, match=r"not those of resnet34.*Choose the backbone they were made for"):
        build_classifier(ClassifierNet(backbone="resnet34", weights=str(tmp_path / "ckp-399.pth")), 1, 1)


def test_a_classifier_of_this_package_is_a_source_too(tmp_path):
    first, _ = build_classifier(ClassifierNet(backbone="resnet18", weights="random"), 2, 1)
    save_file(first.state_dict(), tmp_path / "w.safetensors")
    net = ClassifierNet(backbone="resnet18", weights=str(tmp_path / "w.safetensors"))
    second, _ = build_classifier(net, 2, 3)
    assert same(second.trunk, first.trunk.state_dict())


def test_densenets_old_layer_names_are_understood(tmp_path):
    trunk = build_trunk("densenet121", 3, 32)
    old = {
        name.replace("norm1.", "norm.1.").replace("conv2.", "conv.2."): value
        for name, value in trunk.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    torch.save(old, tmp_path / "old.pth")
    again = build_trunk("densenet121", 3, 32)
    assert start_from(again, str(tmp_path / "old.pth"), "densenet121") == []
    assert torch.equal(
        again.state_dict()["features.denseblock1.denselayer1.norm1.weight"],
        trunk.state_dict()["features.denseblock1.denselayer1.norm1.weight"],
    )
    assert torch.equal(again.features.conv0.weight, trunk.features.conv0.weight)


def test_channels_alike_get_the_same_response():
    weight = torch.rand(4, 3, 5, 5)
    grey = torch.rand(1, 1, 9, 9)
    expected = torch.conv2d(grey.expand(-1, 3, -1, -1), weight)
    for channels in (1, 2, 5):
        got = torch.conv2d(grey.expand(-1, channels, -1, -1), adapt_channels(weight, channels))
        torch.testing.assert_close(got, expected)
    assert adapt_channels(weight, 3) is weight


def test_offline_starts_from_random_weights_and_says_so(tmp_path, monkeypatch):
    def away(*_, **__):
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "urlopen", away)
    model, notes = build_classifier(ClassifierNet(backbone="resnet18"), 1, 1)
    assert len(notes) == 1
    assert "resnet18" in notes[0]
    assert "Name or service not known" in notes[0]
    assert "random" in notes[0]
    assert torch.isfinite(model(torch.rand(2, 1, 64, 64))).all()


def test_a_download_is_used(published, tmp_path, monkeypatch):
    cache = tmp_path / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    torch.save(published, cache / "resnet18-f37072fd.pth")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    model, notes = build_classifier(ClassifierNet(backbone="resnet18"), 3, 1)
    assert notes == []
    assert same(model.trunk, published)


def test_a_damaged_download_names_the_file_to_delete(tmp_path, monkeypatch):
    cache = tmp_path / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    (cache / "resnet18-f37072fd.pth").write_bytes(b"half of it")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(ModelError, match=r"Delete .*resnet18-f37072fd\.pth") as error:
        build_classifier(ClassifierNet(backbone="resnet18"), 3, 1)
    one_line(error)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("damage", ["half", "text", "empty"])
def test_a_damaged_file_is_one_clear_line(suffix, damage, published, tmp_path):
    path = tmp_path / f"w{suffix}"
    if suffix == ".pth":
        torch.save(published, path)
    else:
        save_file(published, path)
    content = path.read_bytes()
    path.write_bytes({"half": content[: len(content) // 2], "text": b"not weights\n" * 9, "empty": b""}[damage])
    with pytest.raises(ModelError) as error:
        read_state(path)
    assert str(path) in one_line(error)


def test_code_in_a_pickle_is_not_run(tmp_path):
    class Harmful:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    torch.save({"weight": Harmful()}, tmp_path / "w.pth")
    with pytest.raises(ModelError, match="cannot be read") as error:
        read_state(tmp_path / "w.pth")
    one_line(error)
    assert not (tmp_path / "ran").exists()


def test_a_file_without_tensors_is_refused(tmp_path):
    torch.save([1, 2], tmp_path / "w.pth")
    with pytest.raises(ModelError, match="holds a list"):
        read_state(tmp_path / "w.pth")


def test_a_missing_file_or_a_misspelt_name(tmp_path):
    with pytest.raises(ModelError, match="'imagnet': no such file"):
        build_classifier(ClassifierNet(backbone="resnet18", weights="imagnet"), 3, 1)
    with pytest.raises(ModelError, match="no such file"):
        read_state(tmp_path)


@pytest.mark.parametrize(("made_for", "chosen"), [("resnet34", "resnet18"), ("resnet18", "resnet34")])
def test_weights_of_another_network_are_refused(made_for, chosen, tmp_path):
    """ResNet34 holds every layer of ResNet18, and more: what is left over counts too."""
    save_file(build_trunk(made_for, 3, 32).state_dict(), tmp_path / "w.safetensors")
    with pytest.raises(ModelError, match=f"not those of {chosen}") as error:
        start_from(build_trunk(chosen, 3, 32), str(tmp_path / "w.safetensors"), chosen)
    one_line(error)


def test_random_weights_are_a_function_of_the_seed():
    net = ClassifierNet(backbone="resnet18", weights="random")
    states = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        states.append(build_classifier(net, 1, 1)[0].state_dict())
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())
    assert not torch.equal(states[0]["trunk.conv1.weight"], states[2]["trunk.conv1.weight"])
