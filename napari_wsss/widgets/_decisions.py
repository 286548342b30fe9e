"""What a person decides about the case on the desk: classes, accept, reject, settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_wsss.errors import ProjectError, WsssError
from napari_wsss.store.acceptance import spans
from napari_wsss.types import LabelMap
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._jobs import work_of
from napari_wsss.widgets._loading import Loaded
from napari_wsss.widgets._notify import tell, tell_error
from napari_wsss.widgets._step_words import belongs_to_case

if TYPE_CHECKING:
    from napari_wsss.session import Session


def add_class(desk: Desk, name: str) -> None:
    """Add a lesion class to the project; nothing is known about it at first."""
    session = desk.session
    if session is None:
        return
    desk.writer.finish()  # the table gets another column: nothing of it may be half written
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
        part = None if slices is None else tuple(slices)
        desk.accept_later(part, lambda: accept(desk, slices, then))
        return
    if desk.mask.origin == "proposal" and not desk.live.current:
        tell_error(ProjectError(f"{loaded.case_id}: not accepted, because its mask could not be computed."))
        return
    desk.give_up_accepting()
    mask = layers.mask.copy()

    def done(_: object) -> None:
        tell(f"{loaded.case_id}: {_words(slices)} accepted.")
        if desk.session is not session:
            return
        here = _here(desk, loaded.case_id)
        after = _with_accepted(here if here is not None else loaded, mask, slices)
        if here is not None:
            desk.loaded = after
        desk.mask.decided(after)
        desk.read_again(loaded.case_id)
        if here is not None and then is not None:
            then()

    write = _accepting(desk, session, loaded.case_id, mask, slices)
    desk.write(work_of(write), f"Accept {loaded.case_id}", done)


def _accepting(
    desk: Desk, session: Session, case_id: str, mask: LabelMap, slices: Sequence[int] | None
) -> Callable[[], None]:
    """Give what writes an accepted mask and how it came to be; corrections accepted whole are then no draft."""
    made, edits, kept = desk.mask.fixed(), desk.edits.history.summary(), desk.mask.corrections
    handed = kept.handed if kept is not None else 0
    if kept is not None:
        desk.autosave.watch(kept)

    def write() -> None:
        session.accept(case_id, mask, slices, edited=bool(edits), made=made() or None, edits=edits)
        if kept is not None and slices is None:
            kept.accepted_at = handed

    return write


def reject(desk: Desk, reason: str, then: Callable[[], None] | None = None) -> None:
    """Mark the case's proposal as no use."""
    session, loaded = desk.session, desk.loaded
    if session is None or loaded is None:
        return

    desk.give_up_accepting()

    def done(_: object) -> None:
        tell(f"{loaded.case_id}: rejected.")
        here = _here(desk, loaded.case_id)
        if desk.session is not session:
            return
        desk.read_again(loaded.case_id)
        if here is None:
            return
        if here.accepted is not None:
            desk.loaded = replace(here, accepted=None, accepted_slices=np.zeros_like(here.accepted_slices))
            desk.mask.withdrawn(desk.loaded)
            desk.retune(keep=True)
        if then is not None:
            then()

    desk.write(work_of(session.reject, loaded.case_id, reason), f"Reject {loaded.case_id}", done)


def keep_settings(desk: Desk) -> None:
    """Make the slider settings of this case those of the project; boxes drawn in the case stay the case's."""
    session = desk.session
    if session is None:
        return
    try:
        session.keep(desk.tuning.moved(dict(session.recipe.steps)))
    except WsssError as error:
        tell_error(error)
        return
    desk.recipe_changed.emit()


def keep_for_case(desk: Desk) -> None:
    """Make the slider settings those of this case alone; what equals the project's is no setting of the case."""
    session, loaded = desk.session, desk.loaded
    if session is None or loaded is None:
        return
    moved = desk.tuning.moved(dict(session.recipe.steps))
    try:
        _drop_case_settings(desk, keep=moved)
        session.keep_case(loaded.case_id, moved)
    except WsssError as error:
        tell_error(error)
        return
    desk.tuning.refresh_start()


def forget_case_settings(desk: Desk) -> None:
    """Let the case follow the project again; boxes drawn in it stay."""
    try:
        _drop_case_settings(desk, keep={})
    except WsssError as error:
        tell_error(error)
        return
    desk.retune()


def keep_boxes(desk: Desk, step: str) -> None:
    """Store the boxes of the case, and how they are used, at once; without boxes nothing of them is stored."""
    session, loaded = desk.session, desk.loaded
    if session is None or loaded is None or not desk.writable:
        return
    knobs = {knob: getattr(desk.tuning.steps[step], knob) for knob in desk.tuning.steps[step].knobs()}
    try:
        if knobs["boxes"]:
            session.set_case(loaded.case_id, step, **knobs)
        else:
            session.clear_case(loaded.case_id, step)
    except WsssError as error:
        tell_error(error)
    desk.tuning.refresh_start()


def _drop_case_settings(desk: Desk, keep: Mapping[str, Mapping[str, Any]]) -> None:
    """Take away the case's own settings of all knobs not in ``keep``, except those of its boxes."""
    from napari_wsss.pipeline.recipe import parse_override  # loads every kind of step: not for a dock that opens

    session, loaded = desk.session, desk.loaded
    if session is None or loaded is None:
        return
    for text in session.case_overrides(loaded.case_id):
        step, knob, _ = parse_override(text)
        own = step in desk.tuning.steps and belongs_to_case(desk.tuning.steps[step])
        if not own and knob not in keep.get(step, {}):
            session.clear_case(loaded.case_id, step, knob)


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


def _words(slices: Sequence[int] | None) -> str:
    if slices is None:
        return "whole scan"
    return f"slice {slices[0]}" if len(slices) == 1 else f"slices {spans(slices)}"


def _with_accepted(loaded: Loaded, mask: LabelMap, slices: Sequence[int] | None) -> Loaded:
    """Give ``loaded`` as it would be read now."""
    if slices is None:
        return replace(loaded, accepted=mask, accepted_slices=np.ones_like(loaded.accepted_slices))
    accepted = loaded.accepted.copy() if loaded.accepted is not None else np.zeros_like(mask)
    chosen = loaded.accepted_slices.copy()
    accepted[list(slices)], chosen[list(slices)] = mask[list(slices)], True
    return replace(loaded, accepted=accepted, accepted_slices=chosen)
