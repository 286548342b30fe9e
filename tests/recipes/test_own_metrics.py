"""The figure that each publication prints; it takes no part in any key."""

import pytest

from napari_wsss.errors import RecipeError
from napari_wsss.recipes import RECIPES

PRINTED = {
    "mixed-unet": "mean_iou",
    "attentional-cam": "dice",
    "grad-cam-ensemble": "printed_dsc",
    "tied-deconvolution": "iou",
    "tied-deconvolution-vgg16": "iou",
    "resnet-lstm": "dice",
}


@pytest.mark.parametrize(("name", "metric"), PRINTED.items())
def test_the_metric_of_the_authors(name, metric):
    assert RECIPES[name].own_metric == metric


def test_only_figures_that_the_tables_know():
    with pytest.raises(RecipeError, match="own_metric"):
        RECIPES["mixed-unet"].replace(own_metric="accuracy")
