"""Commands that list what there is: networks and recipes."""

from __future__ import annotations

from napari_wsss.cli.options import APP, OptionalRecipe
from napari_wsss.cli.results import tell_recipe
from napari_wsss.cli.sessions import in_worker, read_recipe
from napari_wsss.cli.terminal import print_json, print_line, print_table


@APP.command
def networks(*, json: bool = False) -> None:
    """List the networks with their numbers of trainable parameters.

    Args:
        json: print name → parameters as JSON.
    """
    counts = in_worker("networks")
    if json:
        print_json(counts)
    else:
        print_table({"network": name, "parameters": f"{count:,}"} for name, count in counts.items())


@APP.command
def recipes(*, show: OptionalRecipe = None, export: OptionalRecipe = None, json: bool = False) -> None:
    """List the recipes: our default and the published systems.

    Args:
        show: print the steps of this recipe (a name or a YAML file) with every knob.
        export: print this recipe as YAML, to edit and hand to `run --recipe FILE.yaml`.
        json: print as JSON.
    """
    from napari_wsss.recipes import RECIPES

    if show is not None:
        tell_recipe(read_recipe(show), json=json)
    elif export is not None:
        print_line(read_recipe(export).to_yaml().rstrip())
    elif json:
        print_json({recipe.name: recipe.title for recipe in RECIPES.values()})
    else:
        print_table({"recipe": recipe.name, "what it does": recipe.title} for recipe in RECIPES.values())
