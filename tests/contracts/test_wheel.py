"""The wheel: pure Python, with what the package reads at run time, and nothing beside the package."""

import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build from a copy, links included, so that nothing is left in the working folder."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    copytree(ROOT / "napari_wsss", source / "napari_wsss", ignore=ignore_patterns("__pycache__"))
    for name in SOURCES:
        (source / name).write_bytes((ROOT / name).read_bytes())
    for link in ("models", "napari.yaml"):
        (source / link).symlink_to((ROOT / link).readlink())
    options = ["--wheel", "--no-isolation", "--outdir", str(target)]
    subprocess.run([sys.executable, "-m", "build", *options, str(source)], check=True, capture_output=True)
    (made,) = target.iterdir()
    with zipfile.ZipFile(made) as opened:
        yield made.name, opened


def test_pure_python(wheel):
    assert wheel[0].endswith("-py3-none-any.whl")


def test_nothing_beside_the_package(wheel):
    tops = {name.partition("/")[0] for name in wheel[1].namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"napari_wsss"}


def test_every_file_of_the_package_is_in_it(wheel):
    package = ROOT / "napari_wsss"
    expected = {path.relative_to(ROOT).as_posix() for path in package.rglob("*") if path.is_file()}
    expected = {name for name in expected if "__pycache__" not in name}
    assert expected <= set(wheel[1].namelist())
    assert {"napari_wsss/napari.yaml", "napari_wsss/py.typed"} <= expected


def test_metadata(wheel):
    (path,) = (name for name in wheel[1].namelist() if name.endswith(".dist-info/METADATA"))
    facts = Parser().parsestr(wheel[1].read(path).decode())
    assert facts["Requires-Python"] == ">=3.11"
    assert facts["License-Expression"] == "BSD-3-Clause"
    assert set(facts.get_all("Provides-Extra")) == {"gui", "crf-reference", "onnx", "test", "docs"}
    needs = [need for need in facts.get_all("Requires-Dist") if "extra ==" not in need]
    assert not any(need.startswith(("napari", "magicgui", "pyqt", "qtpy")) for need in needs)


def test_entry_points(wheel):
    (path,) = (name for name in wheel[1].namelist() if name.endswith("entry_points.txt"))
    text = wheel[1].read(path).decode()
    assert "napari-wsss = napari_wsss.cli:main" in text
    assert "napari-wsss = napari_wsss:napari.yaml" in text
