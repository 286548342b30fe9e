import subprocess
import sys

import pytest

from napari_wsss.engine.settings import Fit
from napari_wsss.errors import RecipeError


def test_defaults_are_those_of_paper_1():
    fit = Fit()
    assert (fit.optimizer, fit.learning_rate, fit.batch_size, fit.epochs) == ("adam", 1e-3, 8, 100)
    assert (fit.weight_decay, fit.schedule, fit.gamma) == (1e-4, "polynomial", 0.9)


def test_bounds():
    with pytest.raises(RecipeError, match="epochs"):
        Fit.parse({"epochs": 0})
    with pytest.raises(RecipeError, match="Did you mean 'learning_rate'"):
        Fit.parse({"learning_rte": 1e-3})


def test_settings_load_without_torch():
    code = (
        "import sys, napari_wsss.engine.settings, napari_wsss.data.augment, napari_wsss.data.preprocess;"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
