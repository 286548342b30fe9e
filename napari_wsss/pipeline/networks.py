"""Which step settled the network that another one trains further."""

from __future__ import annotations

from napari_wsss.models.settings import ClassifierNet
from napari_wsss.pipeline.recipe import Recipe


def network_step(recipe: Recipe, classifier: str) -> str:
    """Give the name of the step with the knobs of a classifier's network (a ``ClassifierNet``).

    Args:
        recipe: the recipe.
        classifier: name of a step that gives a classifier; one that trains another's network on links to it.
    """
    while not isinstance(recipe.step(classifier), ClassifierNet):
        classifier = recipe.step(classifier).links()["classifier"]
    return classifier
