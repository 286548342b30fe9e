import pytest
import torch

from napari_wsss.engine.checkpoint import Checkpoint
from napari_wsss.errors import ModelError


def test_round_trip_of_every_layout(tmp_path):
    base = torch.randn(2, 3, 4, 4)
    tensors = {
        "plain": base,
        "channels last": base.contiguous(memory_format=torch.channels_last),
        "shared": base,
        "part": base[:, 1],
        "count": torch.tensor(7),
    }
    checkpoint = Checkpoint(tmp_path)
    checkpoint.write(tensors, {"epoch": 3, "best": 0.1 + 0.2})
    read, figures = checkpoint.read()
    assert figures == {"epoch": 3, "best": 0.1 + 0.2}
    assert all(torch.equal(read[name], tensor) for name, tensor in tensors.items())
    assert [file.name for file in checkpoint.file.parent.iterdir()] == ["state.safetensors"]


def test_none_without_a_file(tmp_path):
    assert Checkpoint(tmp_path).read() is None
    Checkpoint(tmp_path).remove()


@pytest.mark.parametrize("content", [b"", b"no safetensors at all", None])
def test_damaged_file(tmp_path, content):
    checkpoint = Checkpoint(tmp_path)
    checkpoint.write({"a": torch.zeros(100)}, {})
    whole = checkpoint.file.read_bytes()
    checkpoint.file.write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(ModelError, match="damaged"):
        checkpoint.read()


def test_remove_takes_leftovers_along(tmp_path):
    checkpoint = Checkpoint(tmp_path)
    checkpoint.write({"a": torch.zeros(1)}, {})
    (checkpoint.file.parent / ".writing-left.safetensors").write_bytes(b"")
    checkpoint.remove()
    assert list(tmp_path.iterdir()) == []
