"""One key for each thing done often. The same tables bind the keys and are shown on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from napari_wsss.widgets._key import Key
from napari_wsss.widgets._key_names import key_name
from napari_wsss.widgets._keys_correct import CORRECT_KEYS
from napari_wsss.widgets._keys_decide import DECIDE_KEYS
from napari_wsss.widgets._keys_label import LABEL_KEYS
from napari_wsss.widgets._keys_view import VIEW_KEYS

KEY_GROUPS: dict[str, tuple[Key, ...]] = {
    "Decide": DECIDE_KEYS,
    "Look": VIEW_KEYS,
    "Label": LABEL_KEYS,
    "Correct": CORRECT_KEYS,
}
KEYS: tuple[Key, ...] = tuple(key for group in KEY_GROUPS.values() for key in group)
USUAL: dict[str, str] = {key.name: key_name(key.key) for key in KEYS}


def keys_in_use(own: Mapping[str, str]) -> dict[str, Key]:
    """Give name → key with the person's own keys in place of the usual ones.

    Args:
        own: name → key, as in the preferences; "" takes the key away. An entry that names no deed or no key, or a key
            that another deed has, counts as missing.

    Returns:
        All deeds in the order of the tables; ``key`` is "" where a deed has none.
    """
    chosen = {name: key_name(key) for name, key in own.items() if name in USUAL and (not key or key_name(key))}
    while doubled := {name for name in chosen if clash(name, chosen[name], {**USUAL, **chosen})}:
        for name in doubled:
            del chosen[name]
    return {key.name: replace(key, key={**USUAL, **chosen}[key.name]) for key in KEYS}


def clash(name: str, key: str, taken: Mapping[str, str]) -> str | None:
    """Give the deed other than ``name`` that has ``key``; None where the key is free, or "" for no key."""
    return next((other for other, held in taken.items() if key and held == key and other != name), None)
