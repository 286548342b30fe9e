"""The trained models of a project, each as a person sees it: what it is, what it learnt from, how good it is."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from napari_wsss.data.cohort import Case
from napari_wsss.errors import InputError, ModelError
from napari_wsss.files import read_yaml
from napari_wsss.models.card import read_card
from napari_wsss.params import nearest
from napari_wsss.pipeline.held_out import taught
from napari_wsss.pipeline.workspace import ModelShelf
from napari_wsss.store.project import Project
from napari_wsss.store.provenance import clock

SEGMENTERS = ("segmenter", "volume-segmenter")
"""Roles of the models that outline lesions."""
NAMES = "names.yaml"
"""Beside the models: folder of a model → the name a person gave it."""
_KINDS = {
    "segmenter": "segmenter",
    "volume-segmenter": "3-D segmenter",
    "classifier": "classifier",
    "volume-classifier": "3-D classifier",
    "tied-network": "tied-weight network",
    "embedding": "voxel representation",
}


@dataclass(frozen=True)
class ModelEntry:
    """A trained model.

    Attributes:
        name: as shown; no two models of a project bear the same.
        step: the step of the recipe that it serves.
        key: what it was made from, as a hash; a step has one model a key.
        folder: where it lies.
        role: what it does ("segmenter", "volume-segmenter", "classifier", …).
        network: the network in words ("mixed-unet, width 16").
        data: what it learnt from, in words.
        settings: knob → value of its training.
        curves: a row an epoch: figure → value.
        scores: figure → value: the one that its best epoch was chosen by.
        current: whether it is the one in use for its step.
        made: when it was finished, UTC, ISO 8601.
        card: all that is written down about it.
    """

    name: str
    step: str
    key: str
    folder: Path
    role: str
    network: str
    data: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    curves: Sequence[Mapping[str, float]] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    current: bool = False
    made: str = ""
    card: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def segments(self) -> bool:
        """Whether it outlines lesions."""
        return self.role in SEGMENTERS

    @property
    def kind(self) -> str:
        """Its role in words."""
        return _KINDS.get(self.role, self.role)


def model_entries(project: Project) -> list[ModelEntry]:
    """Give the complete models of a project: the last made first."""
    if not project.models_folder.is_dir():
        return []
    given, shelf = given_names(project), ModelShelf(project.models_folder)
    found = [entry for folder in project.models_folder.iterdir() if (entry := _entry(folder, given, shelf)) is not None]
    return _told_apart(sorted(found, key=lambda entry: (entry.made, entry.folder.name), reverse=True))


def find_model(entries: Sequence[ModelEntry], name: str) -> ModelEntry:
    """Give the model of a name, or of a folder's name, or of the only folder's name that begins so.

    Raises:
        ModelError: there is none, or there are several.
    """
    exact = [entry for entry in entries if name in (entry.name, entry.folder.name)]
    close = exact or [entry for entry in entries if name and entry.folder.name.startswith(name)]
    if len(close) == 1:
        return close[0]
    if close:
        raise ModelError(f"'{name}' may be {', '.join(entry.folder.name for entry in close)}: give more of the name.")
    there = nearest(name, tuple(entry.name for entry in entries)) if entries else "None is trained yet."
    raise ModelError(f"there is no model called '{name}'. {there}")


def given_names(project: Project) -> dict[str, str]:
    """Give folder → name that a person gave; what cannot be read counts as not given."""
    path = project.models_folder / NAMES
    with suppress(InputError):
        kept = read_yaml(path) if path.is_file() else {}
        if isinstance(kept, Mapping):
            return {str(folder): str(name) for folder, name in kept.items()}
    return {}


def _entry(folder: Path, given: Mapping[str, str], shelf: ModelShelf) -> ModelEntry | None:
    try:
        card = read_card(folder)
        step, key = str(card["step"]), str(card["key"])
    except (ModelError, KeyError, OSError):
        return None
    if shelf.place(step, key) != folder or not shelf.finished(step, key):
        return None
    made = str(card.get("time", ""))
    return ModelEntry(
        name=given.get(folder.name) or _first_name(card, made),
        step=step,
        key=key,
        folder=folder,
        role=str(card.get("role", "")),
        network=_network_words(card),
        data=_data_words(card),
        settings=_knobs(card),
        curves=read_curves(folder),
        scores=_scores(card),
        current=shelf.current(step) == key,
        made=made,
        card=card,
    )


def _told_apart(entries: Sequence[ModelEntry]) -> list[ModelEntry]:
    """Add the folder's number to names that several models bear."""
    names = [entry.name for entry in entries]
    return [
        replace(entry, name=f"{entry.name} ({entry.key[:4]})") if names.count(entry.name) > 1 else entry
        for entry in entries
    ]


def read_curves(folder: Path) -> list[dict[str, float]]:
    """Give the rows of ``curves.csv``, one an epoch; none where there is no such file or it is damaged."""
    try:
        with (folder / "curves.csv").open(encoding="utf-8", newline="") as file:
            return [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]
    except (OSError, ValueError, TypeError, AttributeError):
        return []


def _first_name(card: Mapping[str, Any], made: str) -> str:
    if "imported" in card:
        return str(card["imported"].get("name", "imported"))
    return f"{_network_name(card)} {clock(made)[:16] if made else ''}".strip()


def _network_name(card: Mapping[str, Any]) -> str:
    network = card.get("network") or {}
    default = "unet-3d" if card.get("role") == "volume-segmenter" else card.get("role", "model")
    return str(network.get("network") or network.get("backbone") or default)


def _network_words(card: Mapping[str, Any]) -> str:
    network = card.get("network") or {}
    width = f", width {network['width']}" if "width" in network else ""
    return f"{_network_name(card)}{width}"


def _knobs(card: Mapping[str, Any]) -> dict[str, Any]:
    params = card.get("params") or {}
    return dict(params.get(card.get("step")) or {})


def _scores(card: Mapping[str, Any]) -> dict[str, float]:
    best = card.get("best")
    return {str(card.get("monitor", "best")): float(best)} if isinstance(best, int | float) else {}


def _data_words(card: Mapping[str, Any]) -> str:
    """Say what a model learnt from, as far as its card tells."""
    if "imported" in card:
        return str(card["imported"].get("data") or "imported")
    if card.get("role") not in SEGMENTERS:
        return "image-level labels"
    learnt = card.get("learnt_from")
    if not isinstance(learnt, Sequence):
        return f"{len(card['accepted'])} accepted scans, and proposals" if card.get("accepted") else "proposals"
    accepted = len(set(card.get("accepted", ())) & set(learnt))
    parts = [f"{accepted} accepted scans"] if accepted else []
    parts += [f"{len(learnt) - accepted} proposals"] if len(learnt) > accepted else []
    return " and ".join(parts)


def learnt_from(entry: ModelEntry, cases: Mapping[str, Case]) -> frozenset[str]:
    """Give the cases that a model learnt from, with those of the models before from which it went on.

    Where a card does not say, all that train by now. A model from elsewhere learnt from other scans, as far as anybody
    can tell.
    """
    return taught(entry.card, [case_id for case_id, case in cases.items() if case.subset == "train"])


def patients_behind(entry: ModelEntry, cases: Mapping[str, Case]) -> int:
    """Count the patients that a model learnt from, or that chose its best epoch."""
    if "imported" in entry.card:
        data = entry.card.get("data")
        return int(data.get("patients", 0)) if isinstance(data, Mapping) else 0
    said = "validated_on" in entry.card
    chose = entry.card["validated_on"] if said else [name for name, case in cases.items() if case.subset == "val"]
    return len({cases[name].patient for name in learnt_from(entry, cases).union(chose) if name in cases})
