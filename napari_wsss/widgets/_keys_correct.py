"""Keys for correcting, and the steps that have a button as well."""

from __future__ import annotations

from typing import Literal

from napari_wsss.edit.copy_slice import CopySlice
from napari_wsss.edit.fill_between import FillBetween
from napari_wsss.edit.restore import Restore
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._key import Key


def copy_slice(desk: Desk, side: Literal["previous", "next"]) -> None:
    """Make the slice shown a copy of its neighbour."""
    desk.operating.run(CopySlice(side=side))


def fill_between(desk: Desk) -> None:
    """Fill the empty slices between painted ones."""
    desk.operating.run(FillBetween())


def restore_slice(desk: Desk) -> None:
    """Bring the proposal back in the slice shown."""
    desk.operating.run(Restore())


def smart_fill(desk: Desk) -> None:
    """Take smart fill up, or put it down."""
    if desk.clicks.on:
        desk.clicks.stop()
    else:
        desk.clicks.start(desk.clicks.smart)


CORRECT_KEYS: tuple[Key, ...] = (
    Key("undo", "Control-Z", "take the last edit back", lambda desk: desk.edits.undo()),
    Key("redo", "Control-Shift-Z", "make the edit again", lambda desk: desk.edits.redo()),
    Key("smart-fill", "G", "smart fill: click into a lesion", smart_fill),
    Key("fill-between", "T", "fill between painted slices", fill_between),
    Key("copy-previous", "Shift-C", "copy the slice before", lambda desk: copy_slice(desk, "previous")),
    Key("copy-next", "Alt-C", "copy the slice after", lambda desk: copy_slice(desk, "next")),
    Key("restore-slice", "Shift-R", "bring the proposal back in this slice", restore_slice),
    Key("difference", "D", "what your correction changed", lambda desk: desk.difference.toggle()),
)
