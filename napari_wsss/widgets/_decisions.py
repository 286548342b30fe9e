"""What a person decides about the case on the desk: labels, accept, reject, settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_wsss.errors import WsssError
from napari_wsss.types import LabelMap
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._jobs import work_of
from napari_wsss.widgets._loading import Loaded
from napari_wsss.widgets._notify import tell, tell_error

if TYPE_CHECKING:
    from napari_wsss.session import Session

_MADE = ("recipe", "step", "key", "params", "weights")
"""What is kept of a mask's provenance when it is accepted."""


def label(desk: Desk, cls: str, value: int, slices: Sequence[int] | None) -> None:
    """Set an image-level label of the case: 1, 0 or -1, for slices or (None) the whole scan."""
    session, loaded = desk.session, desk.loaded
    if session is None or loaded is None:
        return
    try:
        session.label(loaded.case_id, cls, value, slices)
    except WsssError as error:
        tell_error(error)
    else:
        desk.retune(keep=True)  # the proposal may be gated by labels
    desk.labels_changed.emit()


def add_class(desk: Desk, name: str) -> None:
    """Add a lesion class to the project; nothing is known about it at first."""
    session = desk.session
    if session is None:
        return
    try:
        session.project.add_class(name)
    except WsssError as error:
        tell_error(error)
        return
    desk.labels_changed.emit()
    if desk.loaded is not None:
        desk.show_case(desk.loaded.case_id, keep_slice=True)


def accept(desk: Desk, slices: Sequence[int] | None = None, then: Callable[[], None] | None = None) -> None:
    """Accept the mask shown, whole or some slices of it, once the sliders' last answer is in."""
    session, loaded, layers = desk.session, desk.loaded, desk.layers
    if session is None or loaded is None or layers is None:
        return
    if desk.live.busy and desk.mask.origin == "proposal":
        desk.accept_later(lambda: accept(desk, slices, then))
        return
    desk.give_up_accepting()
    mask = layers.mask.copy()
    source = desk.mask.started_from if desk.mask.edited else desk.mask.origin
    live = desk.tuner.provenance() if source == "proposal" and desk.tuner is not None and desk.tuner.has_maps else None
    edited = desk.mask.edited

    def write() -> None:
        made, by_hand = (live, False) if source == "proposal" else _made(session, loaded.case_id, source)
        session.accept(loaded.case_id, mask, slices, edited=edited or by_hand, made=made)

    def done(_: object) -> None:
        tell(f"{loaded.case_id}: {'accepted' if slices is None else 'slice accepted'}.")
        if desk.session is not session:
            return
        here = _here(desk, loaded.case_id)
        after = _with_accepted(here if here is not None else loaded, mask, slices)
        if here is not None:
            desk.loaded = after
        desk.mask.decided(after)
        if here is not None and then is not None:
            then()

    desk.write(work_of(write), f"Accept {loaded.case_id}", done)


def reject(desk: Desk, reason: str, then: Callable[[], None] | None = None) -> None:
    """Mark the case's proposal as no use."""
    session, loaded = desk.session, desk.loaded
    if session is None or loaded is None:
        return

    desk.give_up_accepting()

    def done(_: object) -> None:
        tell(f"{loaded.case_id}: rejected.")
        here = _here(desk, loaded.case_id)
        if desk.session is not session or here is None:
            return
        if here.accepted is not None:
            desk.loaded = replace(here, accepted=None, accepted_slices=np.zeros_like(here.accepted_slices))
            desk.mask.withdrawn(desk.loaded)
            desk.retune(keep=True)
        if then is not None:
            then()

    desk.write(work_of(session.reject, loaded.case_id, reason), f"Reject {loaded.case_id}", done)


def keep_settings(desk: Desk) -> None:
    """Make the slider settings of this case those of the project."""
    session, tuner = desk.session, desk.tuner
    if session is None or tuner is None:
        return
    try:
        for name, step in tuner.steps.items():
            before = session.recipe.step(name)
            knobs = {knob: getattr(step, knob) for knob in step.knobs() if getattr(step, knob) != getattr(before, knob)}
            if knobs:
                session.set(name, **knobs)
    except WsssError as error:
        tell_error(error)
        return
    desk.recipe_changed.emit()


def set_knobs(desk: Desk, step: str, knobs: dict[str, Any]) -> None:
    """Change knobs of a step for the project."""
    if desk.session is None:
        return
    try:
        desk.session.set(step, **knobs)
    except WsssError as error:
        tell_error(error)
    desk.recipe_changed.emit()


def _here(desk: Desk, case_id: str) -> Loaded | None:
    """Give the case if it is the one on the desk."""
    return desk.loaded if desk.loaded is not None and desk.loaded.case_id == case_id else None


def _made(session: Session, case_id: str, source: str) -> tuple[dict[str, Any], bool]:
    """Say how the segmenter's mask, or the one accepted before, was made, and whether a person changed it."""
    if source == "prediction":
        facts = session.project.prediction_provenance(session.recipe.giving("prediction")[-1], case_id)
    else:
        facts = session.project.accepted_provenance(case_id)
    return {name: facts[name] for name in _MADE if name in facts}, bool(facts.get("edited"))


def _with_accepted(loaded: Loaded, mask: LabelMap, slices: Sequence[int] | None) -> Loaded:
    """Give ``loaded`` as it would be read now."""
    if slices is None:
        return replace(loaded, accepted=mask, accepted_slices=np.ones_like(loaded.accepted_slices))
    accepted = loaded.accepted.copy() if loaded.accepted is not None else np.zeros_like(mask)
    chosen = loaded.accepted_slices.copy()
    accepted[list(slices)], chosen[list(slices)] = mask[list(slices)], True
    return replace(loaded, accepted=accepted, accepted_slices=chosen)
