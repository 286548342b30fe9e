"""The recipes: the published systems and our default, each a literal over shared parts.

A new recipe is a file here and a name in ``RECIPES``.
"""

from napari_wsss.errors import RecipeError
from napari_wsss.params import nearest
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.recipes.attentional_cam import ATTENTIONAL_CAM
from napari_wsss.recipes.default import DEFAULT
from napari_wsss.recipes.grad_cam_ensemble import GRAD_CAM_ENSEMBLE
from napari_wsss.recipes.mixed_unet import MIXED_UNET
from napari_wsss.recipes.resnet_lstm import RESNET_LSTM
from napari_wsss.recipes.tied_deconvolution import TIED_DECONVOLUTION, TIED_DECONVOLUTION_VGG16

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        DEFAULT,
        MIXED_UNET,
        ATTENTIONAL_CAM,
        GRAD_CAM_ENSEMBLE,
        TIED_DECONVOLUTION,
        TIED_DECONVOLUTION_VGG16,
        RESNET_LSTM,
    )
}


def recipe_named(name: str) -> Recipe:
    """Give a recipe. Raises RecipeError with the nearest name if there is none."""
    if name not in RECIPES:
        raise RecipeError(f"no recipe called '{name}'. {nearest(name, tuple(RECIPES))}")
    return RECIPES[name]
