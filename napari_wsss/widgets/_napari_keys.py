"""napari's own keys that a person needs for correcting, as napari's settings have them."""

from __future__ import annotations

from collections.abc import Iterable

from napari.settings import get_settings

from napari_wsss.widgets._key_names import key_name

_ACTIONS = {
    "activate_labels_paint_mode": "brush",
    "activate_labels_erase_mode": "eraser",
    "activate_labels_fill_mode": "fill",
    "activate_labels_polygon_mode": "polygon",
    "complete_polygon": "finish the polygon",
    "reset_polygon": "give the polygon or stroke up",
    "activate_labels_picker_mode": "pick the class under the mouse",
    "activate_labels_pan_zoom_mode": "move and zoom the picture",
    "hold_for_pan_zoom": "move and zoom while it is held",
    "swap_selected_and_background_labels": "paint background instead of the class, and back",
    "toggle_preserve_labels": "paint over other classes or not",
    "decrease_brush_size": "smaller brush",
    "increase_brush_size": "larger brush",
    "increment_dims_left": "slice before",
    "increment_dims_right": "slice after",
    "reset_view": "fit the picture into the window",
}


def napari_keys(ours: Iterable[str]) -> dict[str, str]:
    """Give key → what it does, in the order of the list on the screen.

    Args:
        ours: keys that the desk has taken for itself; napari's meaning of them is left out.
    """
    taken, shortcuts = set(ours), get_settings().shortcuts.shortcuts
    found: dict[str, str] = {}
    for action, words in _ACTIONS.items():
        for binding in shortcuts.get(f"napari:{action}", ()):
            found.setdefault(key_name(str(binding)), words)
    return {key: words for key, words in found.items() if key and key not in taken}
