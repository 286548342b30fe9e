"""Commands that run a recipe several times: cross-validation and ablation."""

from __future__ import annotations

from typing import Annotated, Literal

from tyro.conf import Positional, arg

from napari_wsss.cli.options import APP, Device, OptionalRecipe, Overrides, ProjectFolder
from napari_wsss.cli.sessions import choose_recipe, open_session
from napari_wsss.cli.study_results import tell_ablation, tell_folds
from napari_wsss.cli.terminal import print_json, watch

Subsets = tuple[Literal["train", "val", "test"], ...]


@APP.command(name="cross-validate")
def cross_validate(
    project: Positional[ProjectFolder],
    *,
    folds: int = 3,
    subsets: Subsets = ("train", "val", "test"),
    recipe: OptionalRecipe = None,
    set_: Overrides = [],  # noqa: B006 (tyro reads the default, nobody changes it)
    device: Device = "auto",
    json: bool = False,
) -> None:
    """Run all stages once a fold and score every patient in the fold that left it out. Finished folds stay.

    Args:
        project: the project folder; every fold is a project of its own in its folder `folds`.
        folds: how many; patients are drawn, those with a lesion and those without spread evenly.
        subsets: whose patients are drawn.
        recipe: a published recipe or a YAML file; the project's own, else default, unless given.
        set_: change a knob of the recipe; `recipes --show NAME` lists them.
        device: where to compute.
        json: print the tables as JSON.
    """
    with open_session(project) as session:
        choose_recipe(session, recipe, set_, device)
        tables = watch(session.cross_validate(folds, subsets=subsets, device=device))
    if json:
        print_json(tables)
    else:
        tell_folds(tables, project)


@APP.command
def ablate(
    project: Positional[ProjectFolder],
    *,
    variants: Annotated[tuple[str, ...], arg(metavar="NAME …", help_behavior_hint="")] = (),
    subsets: Subsets = ("val",),
    recipe: OptionalRecipe = None,
    set_: Overrides = [],  # noqa: B006 (tyro reads the default, nobody changes it)
    device: Device = "auto",
    json: bool = False,
) -> None:
    """Run the recipe with and without some of its parts, and test the difference by patient. What is finished stays.

    Args:
        project: the project folder; every variant is a project of its own in its folder `ablations`.
        variants: only these of the recipe's ablations (`recipes --show NAME` lists them).
        subsets: which patients to score.
        recipe: a published recipe or a YAML file; the project's own, else default, unless given.
        set_: change a knob of the recipe; `recipes --show NAME` lists them.
        device: where to compute.
        json: print the tables as JSON.
    """
    with open_session(project) as session:
        choose_recipe(session, recipe, set_, device)
        tables = watch(session.ablate(variants or None, subsets=subsets, device=device))
    if json:
        print_json(tables)
    else:
        tell_ablation(tables, project)
