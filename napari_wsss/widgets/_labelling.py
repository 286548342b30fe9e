"""Labelling: what the label keys and buttons label — a slice, a range of slices, the whole scan — and doing it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from qtpy.QtCore import QObject, Signal

from napari_wsss.data.labels import UNKNOWN, LabelArray
from napari_wsss.errors import WsssError
from napari_wsss.widgets._jobs import work_of
from napari_wsss.widgets._notify import tell_error

if TYPE_CHECKING:
    from napari_wsss.widgets._desk import Desk

Scope = Literal["slice", "range", "scan"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


class Labelling(QObject):
    """Image-level labels of the case on the desk. Every one is in the label table, and on its way to disk, at once.

    Attributes:
        scope: what is labelled.
        first, last: the range of slices, both ends included; ``first`` ≤ ``last``.

    Signals:
        changed: scope or range are others.
    """

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self.scope: Scope = "slice"
        self.first = self.last = 0
        self._saving = False
        desk.case_opened.connect(self._on_case)

    def slices(self) -> list[int] | None:
        """Give the slices that are labelled; None for the whole scan."""
        layers = self._desk.layers
        if layers is None or self.scope == "scan":
            return None
        return [layers.slice_index] if self.scope == "slice" else list(range(self.first, self.last + 1))

    def choose(self, scope: Scope) -> None:
        """Label a slice, a range of slices or the whole scan from now on."""
        self._set(scope, self.first, self.last)

    def choose_range(self, one: int, other: int) -> None:
        """Label these slices and those between from now on."""
        self._set("range", *sorted((one, other)))

    def set(self, classes: Sequence[str], value: int) -> None:
        """Label: 1 there is a lesion of these classes, 0 there is none, -1 not known."""
        self.set_in(classes, value, self.slices())

    def set_in(self, classes: Sequence[str], value: int, slices: Sequence[int] | None) -> None:
        """Label slices, or (None) the whole scan, whatever the scope is."""
        session, loaded = self._desk.session, self._desk.loaded
        if session is None or loaded is None:
            return
        try:
            session.project.check_writable()
            for name in classes:
                session.project.labels.set(loaded.case_id, name, value, slices)
        except WsssError as error:
            tell_error(error)
            return
        self._save()
        self._desk.retune(keep=True)  # the proposal may be gated by labels
        self._desk.labels_changed.emit()

    def press(self, number: int) -> None:
        """Do what the key of class ``number`` (from 0) does: unknown → yes → no → yes; where slices differ, yes."""
        session, known = self._desk.session, self.known()
        if session is None or known is None or number >= known.shape[1]:
            return
        self.set([session.project.labels.classes[number]], 0 if (known[:, number] == 1).all() else 1)

    def press_all(self, value: int) -> None:
        """Label all classes alike: 0 there is none of them, -1 nothing is known."""
        if self._desk.session is not None:
            self.set(self._desk.session.project.labels.classes, value)

    def known(self) -> LabelArray | None:
        """Give what is known in the present scope, (slices, C), or (1, C) of the whole scan; None without a case."""
        session, loaded = self._desk.session, self._desk.loaded
        if session is None or loaded is None:
            return None
        slices, labels = self.slices(), session.project.labels
        if slices is None:
            return labels.volume_labels(loaded.case_id)[None]
        return labels.slice_labels(loaded.case_id)[slices]

    def next_unlabelled(self) -> None:
        """Go to the next slice of which something is not known; after the last comes the first."""
        session, loaded, layers = self._desk.session, self._desk.loaded, self._desk.layers
        if session is None or loaded is None or layers is None:
            return
        open_slices = np.flatnonzero((session.project.labels.slice_labels(loaded.case_id) == UNKNOWN).any(axis=1))
        if len(open_slices):
            after = open_slices[open_slices > layers.slice_index]
            layers.go_to(int(after[0] if len(after) else open_slices[0]))

    def _save(self) -> None:
        """Write the table in the background; labels given before it is written go with it."""
        session = self._desk.session
        if session is None or self._saving:
            return
        self._saving = True

        def write() -> None:
            self._saving = False
            session.project.save_labels()

        self._desk.write(work_of(write), "Save the labels", lambda _: None)

    def _set(self, scope: Scope, first: int, last: int) -> None:
        if (scope, first, last) != (self.scope, self.first, self.last):
            self.scope, self.first, self.last = scope, first, last
            self.changed.emit()

    def _on_case(self) -> None:
        """The range belongs to a case; a scan of one slice is labelled as a whole."""
        layers = self._desk.layers
        if layers is None:
            return
        last = layers.depth - 1
        scope = "scan" if last == 0 else ("slice" if self.scope == "range" else self.scope)
        self._set(scope, min(self.first, last), min(self.last, last))
