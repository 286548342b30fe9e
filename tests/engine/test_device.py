import pytest
import torch

from napari_wsss.engine import device
from napari_wsss.engine.device import choose, choose_to_learn, describe, memory_format
from napari_wsss.errors import WsssError


def test_cpu_32():
    fabric, notes = choose("cpu", "32")
    assert fabric.device.type == "cpu"
    assert notes == []
    with fabric.autocast():
        assert torch.nn.Linear(2, 2)(torch.ones(1, 2)).dtype == torch.float32


@pytest.mark.parametrize(("capable", "expected"), [(True, torch.bfloat16), (False, torch.float32)])
def test_auto_takes_bf16_where_the_cpu_has_it(monkeypatch, capable, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": capable}, raising=False)
    fabric, _ = choose("cpu", "auto")
    with fabric.autocast():
        assert torch.nn.Linear(2, 2)(torch.ones(1, 2)).dtype == expected


@pytest.mark.parametrize(
    ("dimensions", "asked", "expected"),
    [(2, "auto", torch.bfloat16), (3, "auto", torch.float32), (3, "bf16", torch.bfloat16), (3, "32", torch.float32)],
)
def test_3d_networks_learn_in_32_bit_on_the_cpu_unless_told_otherwise(monkeypatch, dimensions, asked, expected):
    monkeypatch.setattr(device, "_cpu_has_bf16", lambda: True)
    model = (torch.nn.Conv2d if dimensions == 2 else torch.nn.Conv3d)(1, 1, 3)
    fabric, _ = choose_to_learn(model, "cpu", asked)
    with fabric.autocast():
        assert torch.nn.Linear(2, 2)(torch.ones(1, 2)).dtype == expected


def test_the_same_3d_gradient_comes_out_every_time():
    torch.manual_seed(0)
    model = torch.nn.Conv3d(32, 16, 3, padding=1)
    fabric, _ = choose_to_learn(model, "cpu")
    image, found, kept = torch.randn(2, 32, 2, 4, 4), [], []
    for number in range(8):
        kept.append(torch.rand(1000 + 37 * number))  # moves what is allocated next
        model.zero_grad()
        with fabric.autocast():
            answer = model(image).float().square().mean()
        answer.backward()
        found.append(model.weight.grad.clone())
    assert all(torch.equal(gradient, found[0]) for gradient in found)


def test_16_on_the_cpu_says_what_it_does_instead(monkeypatch):
    monkeypatch.setattr(device, "_cpu_has_bf16", lambda: True)
    _, notes = choose("cpu", "16")
    assert notes == ["Precision 16 needs a CUDA device; on cpu it is bf16 instead."]


def test_unknown_and_absent_devices(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(WsssError, match=r"no usable cuda device.*auto or cpu"):
        choose("cuda")
    with pytest.raises(WsssError, match="'tpu' is unknown"):
        choose("tpu")


def test_describe_is_json_for_a_badge():
    badge = describe("cpu", "32")
    assert (badge["device"], badge["gpu"], badge["precision"]) == ("cpu", False, "32")
    assert badge["threads"] >= 1
    assert "CPU" in badge["name"]


def test_memory_format():
    assert memory_format(torch.nn.Conv2d(1, 1, 3)) is torch.channels_last
    assert memory_format(torch.nn.Conv3d(1, 1, 3)) is torch.contiguous_format
