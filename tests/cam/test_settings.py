"""Knobs of the activation maps."""

import subprocess
import sys

import pytest

from napari_wsss.cam.settings import ActivationMaps
from napari_wsss.errors import RecipeError


@pytest.mark.parametrize("scales", [(), (1.0, 1.0), (0.0,), (9.0,)])
def test_unusable_scales(scales):
    with pytest.raises(RecipeError, match=r"0\.1 to 8"):
        ActivationMaps.parse({"scales": scales})


@pytest.mark.parametrize("layers", [("trunk", "trunk"), ("",)])
def test_unusable_layers(layers):
    with pytest.raises(RecipeError, match="different names of layers"):
        ActivationMaps.parse({"layers": layers})


def test_settings_need_no_torch():
    code = "import sys, napari_wsss.cam.cost, napari_wsss.cam.stack; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
