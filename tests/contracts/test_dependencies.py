"""What the package imports is what it declares: nothing missing on a fresh machine, nothing installed for nothing."""

import ast
import re
import sys
from configparser import ConfigParser
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "napari_wsss"
OPTIONAL = {"pydensecrf", "onnx", "onnxscript", "onnxruntime"}
"""Imported where they are installed: the extras crf-reference and onnx, and what tries an export."""

FOR_OTHERS = {"imagecodecs", "cryptography"}
"""Never imported here: tifffile reads compressed TIFF with the one, Dask encrypts with the other."""


def imported(files):
    """Give the top-level names that the files import, at any depth."""
    names = set()
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module)
    return {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names) - {"napari_wsss"}


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def missing(names, declarations):
    """Give the imported names that no declared distribution provides."""
    found = packages_distributions()
    return {name for name in names if not {normal(dist) for dist in found.get(name, [name])} & declarations}


def declared(section, key):
    settings = ConfigParser()
    settings.read(ROOT / "setup.cfg")
    return {normal(re.match(r"[\w.-]+", line)[0]) for line in settings[section][key].strip().splitlines()}


@pytest.fixture(scope="module")
def core():
    return declared("options", "install_requires")


@pytest.fixture(scope="module")
def gui():
    return declared("options.extras_require", "gui")


def test_core_declares_what_it_imports(core):
    files = [path for path in PACKAGE.rglob("*.py") if "widgets" not in path.parts]
    assert missing(imported(files), core) == OPTIONAL


def test_widgets_declare_what_they_import(core, gui):
    assert missing(imported((PACKAGE / "widgets").rglob("*.py")), core | gui) == set()


def test_nothing_is_declared_in_vain(core, gui):
    found = packages_distributions()
    used = {normal(dist) for name in imported(PACKAGE.rglob("*.py")) for dist in found.get(name, [name])}
    assert (core | gui) - used == FOR_OTHERS


def test_constraints_pin_every_declared_dependency(core, gui):
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {normal(line.partition("==")[0]) for line in lines if line and not line.startswith("#")}
    assert core | gui | declared("options.extras_require", "test") <= pinned
