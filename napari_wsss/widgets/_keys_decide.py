"""Keys for deciding: accept, reject, next and previous case, slider moves taken back."""

from __future__ import annotations

from napari_wsss.widgets._deciding import accept_case, accept_range, accept_slice, reject_case
from napari_wsss.widgets._key import Key

DECIDE_KEYS: tuple[Key, ...] = (
    Key("accept", "A", "accept the mask of this case", accept_case),
    Key("accept-slice", "Shift-A", "accept the slice shown", accept_slice),
    Key("accept-range", "Q", "accept the slices picked in the strip", accept_range),
    Key("reject", "R", "reject", reject_case),
    Key("next", "N", "next case", lambda desk: desk.step_case(1)),
    Key("previous", "Shift-N", "previous case", lambda desk: desk.step_case(-1)),
    Key("undo-slider", "Alt-Z", "take the last slider move back", lambda desk: desk.tuning.undo()),
    Key("redo-slider", "Shift-Alt-Z", "do the slider move again", lambda desk: desk.tuning.redo()),
)
