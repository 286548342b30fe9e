"""What one workspace has finished, another need not do again."""

from __future__ import annotations

from napari_wsss.files import share_file
from napari_wsss.models.card import CARD
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.workspace import ArrayShelf, ModelShelf, Workspace
from napari_wsss.progress import Progress, Work


def share_results(recipe: Recipe, source: Workspace, target: Workspace) -> Work[list[str]]:
    """Put at ``target`` the models, inputs and maps of ``source`` that a run of ``recipe`` there would make the same.

    Equal keys decide. Masks are left out: they are quickly made, or follow from what differs.

    Returns:
        The steps of which something was shared.

    Raises:
        ProjectError: the target cannot be written.
    """
    keys = Keys(recipe, target)
    shared = []
    for done, (name, step) in enumerate(recipe.steps.items()):
        yield Progress("share", done, len(recipe.steps), name)
        if step.works_on == "cohort":
            found = share_model(name, keys.fresh(name), source, target)
        elif step.live or step.gives in ("mask", "prediction"):
            continue
        else:
            cases = [case_id for case_id in target.cases if case_id in source.cases]
            found = sum(_share_arrays(name, case_id, keys.key(name, case_id), source, target) for case_id in cases) > 0
        if found:
            shared.append(name)
    return shared


def share_model(name: str, key: str, source: Workspace, target: Workspace) -> bool:
    """Put the model that the step ``name`` made at ``source`` under ``key`` at ``target``; say whether it was needed.

    Raises:
        ProjectError: the target cannot be written.
    """
    here, there = ModelShelf(source.models), ModelShelf(target.models)
    if there.finished(name, key) or not here.finished(name, key):
        return False
    files = [path for path in here.place(name, key).iterdir() if path.is_file()]
    for path in sorted(files, key=lambda path: path.name == CARD):  # the card last: it makes the model whole
        share_file(path, there.place(name, key) / path.name)
    return True


def _share_arrays(name: str, case_id: str, key: str, source: Workspace, target: Workspace) -> bool:
    here, there = ArrayShelf(source.cache, name, case_id), ArrayShelf(target.cache, name, case_id)
    if here.key != key or there.key == key:
        return False
    there.remove()
    for path in sorted(here.folder.glob("*.npy")):
        share_file(path, there.folder / path.name)
    share_file(here.folder / "key", there.folder / "key")
    return True
