"""torchvision can be imported beside any torch, and nothing is declared where nothing is missing."""

import subprocess
import sys
from pathlib import Path

import pytest

from napari_wsss import torchvision_ops

FAILS_ONCE = """
import sys
from torchvision import extension
if not hasattr(sys, "_torchvision_failed"):
    sys._torchvision_failed = True
    raise RuntimeError("operator torchvision::nms does not exist")
assert extension.fresh
"""


@pytest.fixture
def defined(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record instead of declaring; forget the torchvision already imported."""
    torchvision_ops.declare()
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)
    calls: list[str] = []
    monkeypatch.setattr(torchvision_ops, "_define_schemas", lambda: calls.append("defined"))
    return calls


def fake(folder: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    package = folder / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text(source)
    (package / "extension.py").write_text("fresh = True\n")
    monkeypatch.syspath_prepend(folder)


def test_torchvision_imports_after_declare():
    code = (
        "import sys; from napari_wsss import torchvision_ops as ops\n"
        "assert 'torch' not in sys.modules\n"
        "ops.declare(); ops.declare()\n"
        "import torch, torchvision\n"
        "assert torch.ops.torchvision.nms.default and torchvision.models.resnet18\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_nothing_is_declared_where_the_operators_are_there(tmp_path, monkeypatch, defined):
    fake(tmp_path, monkeypatch, "")
    torchvision_ops.declare()
    assert defined == []


def test_a_failed_import_is_forgotten_and_repeated_with_the_schemas(tmp_path, monkeypatch, defined):
    fake(tmp_path, monkeypatch, FAILS_ONCE)
    torchvision_ops.declare()
    del sys._torchvision_failed
    assert defined == ["defined"]
    assert sys.modules["torchvision"].extension.fresh


def test_another_error_passes_through(tmp_path, monkeypatch, defined):
    fake(tmp_path, monkeypatch, "raise RuntimeError('CUDA versions differ')")
    with pytest.raises(RuntimeError, match="CUDA versions differ"):
        torchvision_ops.declare()
    assert defined == []


def test_without_torchvision_nothing_happens(tmp_path, monkeypatch, defined):
    fake(tmp_path, monkeypatch, "raise ModuleNotFoundError('none here', name='torchvision')")
    torchvision_ops.declare()
    assert defined == []


def test_a_module_missing_inside_torchvision_is_reported(tmp_path, monkeypatch, defined):
    fake(tmp_path, monkeypatch, "import a_module_nobody_has")
    with pytest.raises(ModuleNotFoundError, match="a_module_nobody_has"):
        torchvision_ops.declare()
    assert defined == []
