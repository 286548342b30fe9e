"""A model from elsewhere joins a project: checked, and kept with the way scans are prepared for it."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from napari_wsss.errors import InputError, ModelError
from napari_wsss.files import digest, file_digest, write_yaml
from napari_wsss.models.card import CARD, DIGEST, WEIGHTS, read_card
from napari_wsss.pipeline.outliner import preparation_of
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.workspace import ModelShelf
from napari_wsss.session.model_entry import SEGMENTERS
from napari_wsss.store.project import Project
from napari_wsss.store.provenance import now

_MEMBERS = (CARD, WEIGHTS, "curves.csv", "curves.png")
_LEFT = frozenset(
    {"accepted", "learnt_from", "learnt_before", "validated_on", "validation", "started_from", "program", "notice"}
)
"""What a card says of the project it comes from, of its scans and patients too; it is not taken over."""


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Give the folder of a model, for a folder or a ZIP file as an export leaves them.

    Raises:
        ModelError: neither of them, or a damaged one.
    """
    if path.is_dir():
        yield path
        return
    if not zipfile.is_zipfile(path):
        raise ModelError(
            f"{path}: no model here; a folder or a ZIP file as `models --export` writes them was expected."
        )
    with tempfile.TemporaryDirectory() as temporary:
        try:
            _unpack(path, Path(temporary))
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:  # the last: it asks for a password
            raise ModelError(f"{path}: the ZIP file cannot be unpacked ({error}). Export the model again.") from error
        yield Path(temporary)


def _unpack(path: Path, folder: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        found = {name.rpartition("/")[2]: name for name in archive.namelist() if name.count("/") <= 1}
        for member in _MEMBERS:  # these alone: whatever else an archive holds is not written anywhere
            if member in found:
                with archive.open(found[member]) as packed, (folder / member).open("wb") as plain:
                    shutil.copyfileobj(packed, plain)


def import_model(project: Project, recipe: Recipe, path: Path) -> str:
    """Copy a model into a project; it is not put to use by it.

    Args:
        project: the project.
        recipe: the recipe in use: the model joins those of its segmenter.
        path: folder or ZIP file.

    Returns:
        Name of its folder among the project's models.

    Raises:
        ModelError: no complete segmenter, or one for other classes or other channels than the project's.
        InputError: the recipe trains no segmenter.
        ProjectError: the project cannot be written.
    """
    project.check_writable()
    steps = recipe.giving(*SEGMENTERS)
    if not steps:
        raise InputError(f"the recipe '{recipe.name}' has no segmenter whose place the model could take.")
    with unpacked(path) as folder:
        card = read_card(folder)
        _check(card, folder, path, project)
        return _keep(project, steps[-1], folder, card)


def _check(card: dict[str, Any], folder: Path, path: Path, project: Project) -> None:
    if card.get("role") not in SEGMENTERS:
        raise ModelError(f"{path}: is a {card.get('role', 'model of an unknown kind')}; a segmenter was expected.")
    weights = folder / WEIGHTS
    if not weights.is_file() or file_digest(weights) != card[DIGEST]:
        raise ModelError(f"{path}: the weights are missing, cut short or of another model. Export it again.")
    preparation_of(card, path)
    classes, wanted = [str(name) for name in card.get("classes", ())], list(project.labels.classes)
    if classes != wanted:
        raise ModelError(
            f"{path}: outlines {', '.join(classes) or 'nothing'}; this project has {', '.join(wanted)}. Classes and "
            "their order must be the same."
        )
    here = list(next(iter(project.cases.values())).channel_names)
    there, count = list(card.get("channels", ())), int(card["network"]["in_channels"])
    if count != len(here):
        raise ModelError(f"{path}: takes scans of {count} channels; those of this project have {len(here)}.")
    if sorted(there) == sorted(here) and there != here:
        raise ModelError(
            f"{path}: takes the channels in the order {', '.join(there)}; this project has {', '.join(here)}."
        )


def _keep(project: Project, step: str, folder: Path, card: dict[str, Any]) -> str:
    key = digest("imported", step, card[DIGEST], (folder / CARD).read_bytes())
    target = ModelShelf(project.models_folder).place(step, key)
    params = dict(card["params"])
    own = params.pop(card["step"])
    data = card.get("data")
    told = data.get("learnt_from") if isinstance(data, dict) else None
    source = {"name": card.get("name", folder.name), "data": f"elsewhere: {told or 'not known'}"}
    kept = {name: value for name, value in card.items() if name not in _LEFT}
    kept |= {"step": step, "key": key, "params": {**params, step: own}, "imported": source | {"time": now()}}
    target.mkdir(parents=True, exist_ok=True)
    for name in _MEMBERS[1:]:
        if (folder / name).is_file():
            shutil.copyfile(folder / name, target / name)
    write_yaml(target / CARD, kept)  # last: it makes the model whole
    return target.name
