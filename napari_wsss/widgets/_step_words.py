"""Live steps in plain words, and which of them are shown as one group of controls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from napari_wsss.params import Params

TITLES: Mapping[str, str] = {
    "fuse-maps": "Scales of the map",
    "mean-maps": "Mean of several maps",
    "combine-masks": "Several masks into one",
    "threshold": "Threshold",
    "crf-kernel": "Dense CRF",
    "dense-crf": "Dense CRF",
    "cluster-filter": "Clusters",
    "box-filter": "Box",
    "centre-filter": "Centre",
    "organ-region": "Organ",
    "organ-filter": "Organ",
    "midline-filter": "Midline",
    "island-filter": "Islands",
    "grow-filter": "Grow",
    "hole-filter": "Holes",
    "smooth-filter": "Smooth",
    "margin-filter": "Margin",
    "skull-region": "Skull",
}
"""Kind of a step → what a person reads."""
_HELPERS = frozenset({"kernel", "region"})
"""What a step gives that has no meaning of its own to a person: it is shown with the step that uses it."""


@dataclass(frozen=True)
class Group:
    """Steps that read as one.

    Attributes:
        name: the step that gives the mask or the map.
        title: its name in plain words.
        about: what it does, in one sentence.
        steps: it and the steps that only serve it, in running order.
        optional: it is a filter that can be switched off.
    """

    name: str
    title: str
    about: str
    steps: tuple[str, ...]
    optional: bool


def groups_of(steps: Mapping[str, Params]) -> list[Group]:
    """Give the groups of live ``steps``, in running order; a step without knobs is in none."""
    owners = {name: _owner(name, steps) for name in steps}
    found = []
    for name, step in steps.items():
        members = tuple(other for other in steps if owners[other] == name and steps[other].knobs())
        if members:
            about = (type(step).__doc__ or "").splitlines()[0]
            found.append(Group(name, _title(name, steps), about, members, is_filter(step)))
    return found


def is_filter(step: Params) -> bool:
    """Whether a step can be switched off."""
    return "on" in type(step).knobs()


def belongs_to_case(step: Params) -> bool:
    """Whether a step's knobs say something about one scan alone: the boxes drawn in it."""
    return "boxes" in type(step).knobs()


def _owner(name: str, steps: Mapping[str, Params]) -> str:
    """Give the step with which ``name`` is shown."""
    if getattr(steps[name], "gives", "") not in _HELPERS:
        return name
    users = [other for other, step in steps.items() if name in _links(step)]
    return users[0] if users else name


def _links(step: Params) -> list[str]:
    links = getattr(step, "links", None)
    return list(links().values()) if links is not None else []


def _title(name: str, steps: Mapping[str, Params]) -> str:
    """Give the title of a step; steps of one kind are told apart by their names in the recipe."""
    kind = str(getattr(steps[name], "kind", ""))
    title = TITLES.get(kind, (kind or name).replace("-", " ").capitalize())
    alike = [other for other, step in steps.items() if str(getattr(step, "kind", "")) == kind]
    return f"{title} – {name}" if kind and len(alike) > 1 else title
