"""Provenance: complete, plain, anonymous."""

from __future__ import annotations

import getpass
import platform
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

import numpy as np
import pytest
import yaml

from napari_wsss import __version__
from napari_wsss.params import Params, knob
from napari_wsss.store import provenance as module
from napari_wsss.store.provenance import plain, provenance, versions


class Cut(Params):
    value: float = knob(0.35, "cut", ge=0, le=1, step=0.01)
    scales: tuple[float, ...] = knob((0.5, 1.0), "scales")


def test_all_facts_are_there_and_survive_yaml() -> None:
    facts = provenance("mixed-unet", "crf", Cut(), "abc", weights="def", seed=3, edited=True, subset=("train",))
    assert yaml.safe_load(yaml.safe_dump(facts)) == facts
    assert list(facts)[:6] == ["recipe", "step", "params", "key", "weights", "seed"]
    assert facts["params"] == {"value": 0.35, "scales": [0.5, 1.0]}
    assert (facts["edited"], facts["subset"]) == (True, ["train"])
    assert facts["versions"]["napari_wsss"] == __version__
    assert facts["versions"]["python"] == platform.python_version()
    assert timedelta(0) <= datetime.now(UTC) - datetime.fromisoformat(facts["time"]) < timedelta(minutes=1)


def test_no_model_no_weights() -> None:
    facts = provenance("r", "s", {}, "k")
    assert facts["weights"] is None
    assert facts["seed"] is None


def test_nobody_is_named() -> None:
    text = yaml.safe_dump(provenance("r", "s", {}, "k"))
    assert platform.node() not in text
    assert f" {getpass.getuser()}\n" not in text


def test_versions_are_looked_up_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import sys; from napari_wsss.store.provenance import versions; versions(); print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
    monkeypatch.setattr(module, "_LIBRARIES", ("no-such-library",))
    assert versions()["no-such-library"] == "not installed"


def test_plain_values() -> None:
    mixed = {1: np.int64(2), "a": (np.float32(0.5), None), "p": PurePosixPath("x/y"), "s": {3, 1}, "n": np.arange(2)}
    assert plain(mixed) == {"1": 2, "a": [0.5, None], "p": "x/y", "s": [1, 3], "n": [0, 1]}
    with pytest.raises(TypeError, match="object cannot be written"):
        plain({"x": object()})
