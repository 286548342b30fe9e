"""What buttons and keys decide alike: accept, reject, and go on to the next case where the person likes that."""

from __future__ import annotations

from napari_wsss.widgets._decisions import accept, reject
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._notify import tell
from napari_wsss.widgets._preferences import preferences_here


def accept_case(desk: Desk) -> None:
    """Accept the mask shown for the whole scan."""
    accept(desk, then=lambda: _onward(desk))


def accept_slice(desk: Desk) -> None:
    """Accept the slice shown."""
    if desk.layers is not None:
        accept(desk, [desk.layers.slice_index])


def accept_range(desk: Desk) -> None:
    """Accept the slices picked in the strip above the slice slider."""
    picked = picked_range(desk)
    if picked is None:
        tell("Pick slices first: drag over the strip above the slice slider.")
    else:
        accept(desk, list(range(picked[0], picked[1] + 1)))


def reject_case(desk: Desk) -> None:
    """Reject what is proposed for the case, with the reason typed so far."""
    reject(desk, desk.reason.strip(), then=lambda: _onward(desk))


def picked_range(desk: Desk) -> tuple[int, int] | None:
    """Give the first and the last slice picked in the strip; None where none are."""
    picked = desk.labelling
    return (picked.first, picked.last) if desk.layers is not None and picked.scope == "range" else None


def _onward(desk: Desk) -> None:
    if preferences_here().value.move_on:
        desk.step_case(1)
