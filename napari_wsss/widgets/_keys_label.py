"""Keys for labelling: one a class, and going from slice to slice."""

from __future__ import annotations

from collections.abc import Callable

from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._key import Key

_NAMES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")


def _class_key(number: int) -> Key:
    words = f"{_NAMES[number]} kind of lesion: yes, again: no"

    def there(desk: Desk) -> bool:
        return desk.session is None or number < len(desk.session.project.labels.classes)

    return Key(f"label-{number + 1}", str(number + 1), words, lambda desk: desk.labelling.press(number), there)


def _go(by: int) -> Callable[[Desk], None]:
    def go(desk: Desk) -> None:
        if desk.layers is not None:
            desk.layers.go_to(min(max(desk.layers.slice_index + by, 0), desk.layers.depth - 1))

    return go


LABEL_KEYS: tuple[Key, ...] = (
    *(_class_key(number) for number in range(9)),
    Key("label-none", "0", "no lesion of any kind here", lambda desk: desk.labelling.press_all(0)),
    Key("label-forget", "Alt-0", "take the labels here away", lambda desk: desk.labelling.press_all(-1)),
    Key("unlabelled", "J", "next slice without a label", lambda desk: desk.labelling.next_unlabelled()),
    Key("slice-up", "PageUp", "slice before", _go(-1)),
    Key("slice-down", "PageDown", "slice after", _go(1)),
)
