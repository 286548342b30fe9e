"""What is chosen about a network can be read without torch."""

import subprocess
import sys

import pytest

from napari_wsss.errors import RecipeError
from napari_wsss.models.settings import BACKBONES, NETWORKS, ClassifierNet, SegmenterNet


def test_settings_and_card_import_no_torch():
    code = "import sys, napari_wsss.models.settings, napari_wsss.models.card; assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_defaults_are_those_of_system_1():
    assert ClassifierNet().model_dump() == {
        "backbone": "resnet50",
        "weights": "imagenet",
        "stride": 32,
        "pooling": "average",
        "blocks": 2,
    }
    assert SegmenterNet().model_dump() == {"network": "mixed-unet", "width": 64, "depth": 16}
    assert len(BACKBONES) == 9
    assert NETWORKS == ("mixed-unet", "unet", "deeplabv3", "fcn", "unet-3d")


@pytest.mark.parametrize("change", [{"backbone": "resnet51"}, {"stride": 5}, {"pooling": "sum"}])
def test_unknown_values_are_refused(change):
    with pytest.raises(RecipeError):
        ClassifierNet().replace(**change)


def test_width_has_a_floor():
    with pytest.raises(RecipeError, match="width"):
        SegmenterNet().replace(width=3)
