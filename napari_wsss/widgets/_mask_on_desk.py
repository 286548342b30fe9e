"""The mask of the case on the desk: where it comes from, and what the person did to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from qtpy.QtCore import QObject, Signal

from napari_wsss.edit.history import History
from napari_wsss.types import LabelMap
from napari_wsss.widgets._case_layers import CaseLayers
from napari_wsss.widgets._corrections import Corrections, Made, Origin
from napari_wsss.widgets._loading import Loaded

ORIGINS: dict[Origin, str] = {
    "proposal": "the proposal, live",
    "accepted": "the accepted mask",
    "prediction": "the segmenter's mask",
    "version": "an earlier version",
    "edited": "your corrections, not accepted yet",
    "draft": "your earlier corrections, not accepted yet",
}


class MaskOnDesk(QObject):
    """Decides what the mask layer shows. Sliders reach it only while it shows the proposal: no stroke is ever lost.

    Corrections that were not accepted are set aside when another mask, or another case, is shown; the last ones set
    aside can be chosen again, then those before.

    Attributes:
        origin: what is shown.
        started_from: what the person's edits began with.
        made: gives how that was made.
        corrections: the person's edits of the mask shown, not accepted yet; None where there are none.
        history: gives the edits of the mask shown; the desk sets it.
        source: gives, for what is shown, how it was made; the desk sets it.

    Signals:
        changed: the mask, or what it is, changed.
        origin_changed: what is shown is something else now.
        based: the mask shown is no edit of the one before; its history, or None.
        behind: the proposal shown again is not the last answer of the sliders.
        set_aside: corrections were set aside.
        dropped: corrections are no longer needed: accepted, or taken back.
    """

    changed = Signal()
    origin_changed = Signal()
    based = Signal(object)
    behind = Signal()
    set_aside = Signal(object)
    dropped = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.origin: Origin = "proposal"
        self.started_from: Origin = "proposal"
        self.corrections: Corrections | None = None
        self.history: Callable[[], History] = History
        self.source: Callable[[Origin], Made] = lambda _: dict
        self.made: Made = dict
        self._decided_since = self._missed = False
        self._layers: CaseLayers | None = None
        self._loaded: Loaded | None = None
        self._aside: list[Corrections] = []
        self._left: dict[str, list[Corrections]] = {}

    @property
    def edited(self) -> bool:
        """Whether the mask holds edits of the person that were not accepted."""
        return self.origin == "edited"

    @property
    def unsaved(self) -> list[str]:
        """Cases with corrections that are in memory alone."""
        every = [*self._aside, *(kept for left in self._left.values() for kept in left)]
        every += [self.corrections] if self.corrections is not None else []
        return sorted({kept.case_id for kept in every if not (kept.saved or kept.spent)})

    def forget_saved(self) -> None:
        """Keep corrections of cases left in memory only as long as they are not on the disk."""
        self._left = {name: left for name, left in self._left.items() if not all(kept.saved for kept in left)}

    def clear(self) -> None:
        """No case is on the desk, and no strokes of another project are kept."""
        self._layers = self._loaded = self.corrections = None
        self.origin = "proposal"
        self._aside, self._left = [], {}

    def show(self, layers: CaseLayers, loaded: Loaded) -> None:
        """Turn to a case: its unfinished corrections if there are any, else the accepted mask, else the one offered."""
        self._layers, self._loaded = layers, loaded
        layers.painted.connect(self._on_painted)
        left = self._left.pop(loaded.case_id, None)
        self._aside = left or [Corrections.read(loaded.case_id, draft) for draft in loaded.drafts]
        if self._aside:
            self.choose("draft")
        else:
            self.choose("accepted" if loaded.accepted_slices.all() and loaded.accepted is not None else loaded.offers)

    def leave(self) -> None:
        """Another case comes: set this one's unfinished corrections aside."""
        self.forget_saved()
        self._put_aside()
        if self._loaded is not None and self._aside:
            self._left[self._loaded.case_id] = self._aside
        if self._layers is not None:
            self._layers.painted.disconnect(self._on_painted)
        self._layers, self._aside = None, []
        self.origin = "proposal"

    def choices(self) -> list[Origin]:
        """Give the masks that can be shown for this case."""
        if self._loaded is None:
            return []
        found: list[Origin] = ["proposal"]
        found += ["accepted"] if self._loaded.accepted is not None else []
        found += ["prediction"] if self._loaded.prediction is not None else []
        found += [self.origin] if self.origin in {"edited", "version"} else []
        return [*found, "draft"] if self._aside else found

    def choose(self, origin: Origin) -> None:
        """Show the proposal, the accepted mask, the prediction or a draft; corrections on the desk are set aside."""
        loaded = self._loaded
        if loaded is None or origin in {"edited", "version"} or (origin == "draft" and not self._aside):
            return
        draft = self._aside.pop() if origin == "draft" else None
        self._put_aside()
        if draft is not None:
            self._take(draft)
        else:
            masks = {"proposal": loaded.proposal, "accepted": loaded.accepted, "prediction": loaded.prediction}
            self._set(origin, masks.get(origin), self.source(origin))

    def discard(self) -> None:
        """Throw away the corrections shown; what they began with is shown again."""
        loaded, kept = self._loaded, self.corrections
        if loaded is None or kept is None:
            return
        self._drop()
        whole = loaded.accepted is not None and loaded.accepted_slices.all()
        origin: Origin = kept.started_from if kept.started_from in self.choices() else loaded.offers
        self.choose("accepted" if whole and origin in {"proposal", loaded.offers} else origin)

    def discard_all(self, case_id: str) -> bool:
        """Throw away all corrections of a case; False where they are on the disk alone."""
        here = self._layers is not None and self._loaded is not None and self._loaded.case_id == case_id
        gone = self._aside.copy() if here else self._left.pop(case_id, [])
        if here:
            self._aside.clear()
            self.discard()
        for kept in gone:
            self.dropped.emit(kept)
        return bool(here or gone)

    def look_at(self, mask: LabelMap, facts: Mapping[str, Any]) -> None:
        """Show an earlier version, (Z, Y, X), and how it was made; corrections on the desk are set aside."""
        self._put_aside()
        self._set("version", mask, lambda: facts)

    def propose(self, mask: LabelMap, z: int | None) -> None:
        """Take a live answer; it is shown only where no person has decided otherwise."""
        if self._layers is None:
            return
        self._missed = self.origin != "proposal" or self._layers.stroking
        if not self._missed:
            self._layers.show_mask(mask, z, self._decisions())
            self._begin("proposal", self.source("proposal"))
            self.changed.emit()

    def decided(self, loaded: Loaded) -> None:
        """The mask, or slices of it, were accepted; edits made in other slices or since then are kept."""
        whole = loaded.accepted if loaded.accepted_slices.all() else None
        if whole is not None:
            self._drop_accepted(loaded.case_id, whole)
        if self._layers is None or self._loaded is None or self._loaded.case_id != loaded.case_id:
            return
        self._loaded = loaded
        if whole is not None and np.array_equal(self._layers.mask, whole):
            self._drop()
            self.origin = "accepted"
            self._decided_since = bool(self.history().summary())
            if not self._decided_since:
                self.started_from, self.made = "accepted", self.source("accepted")
        self.origin_changed.emit()
        self.changed.emit()

    def withdrawn(self, loaded: Loaded) -> None:
        """Nothing of the case is accepted any more; what was shown as accepted gives way to the mask offered."""
        if self._loaded is None or self._loaded.case_id != loaded.case_id:
            return
        self._loaded = loaded
        if self.origin in {"accepted", "proposal", loaded.offers}:
            self.choose(loaded.offers if self.origin == "accepted" else self.origin)
        else:
            self.origin_changed.emit()

    def untouched(self) -> None:
        """Every edit was taken back: the mask is again what the edits began with."""
        if not self.edited:
            return
        self._drop()
        older = self.started_from == "accepted" and self._decided_since
        self.origin = "version" if older else self.started_from
        self.origin_changed.emit()
        self.changed.emit()
        if self.origin == "proposal" and self._missed:
            self.behind.emit()

    def stepped(self) -> None:
        """An edit was taken back or made again: where that gives the accepted mask, nothing is left to accept."""
        loaded, layers = self._loaded, self._layers
        if not self.edited or loaded is None or layers is None or not loaded.accepted_slices.all():
            return
        if loaded.accepted is not None and np.array_equal(layers.mask, loaded.accepted):
            self._drop()
            self.origin, self._decided_since = "accepted", True
            self.origin_changed.emit()
            self.changed.emit()

    def _take(self, draft: Corrections) -> None:
        """Go on with corrections that were set aside."""
        mask, draft.mask = draft.mask, None
        self.corrections = draft
        self._set("edited", mask, draft.made, draft)

    def _set(self, origin: Origin, mask: LabelMap | None, made: Made, draft: Corrections | None = None) -> None:
        if self._layers is None:
            return
        self.origin = origin
        mask = mask if mask is not None else np.zeros_like(self._layers.mask)
        offered = origin == "proposal" or (self._loaded is not None and origin == self._loaded.offers)
        self._layers.show_mask(mask, kept=self._decisions() if offered else None)
        self._layers.forget_strokes()
        if draft is None:
            self._begin(origin, made)
        else:
            self._begin(draft.started_from, made, draft.history)
        self.origin_changed.emit()
        self.changed.emit()

    def _begin(self, origin: Origin, made: Made, history: History | None = None) -> None:
        """Another mask is shown: edits begin with it."""
        self.started_from, self.made, self._decided_since = origin, made, False
        self.based.emit(history)

    def _decisions(self) -> Mapping[int, LabelMap]:
        """Give the slices already accepted; a mask that is offered leaves them as they were accepted."""
        if self._loaded is None or self._loaded.accepted is None or self._loaded.accepted_slices.all():
            return {}
        return {int(z): self._loaded.accepted[z] for z in np.flatnonzero(self._loaded.accepted_slices)}

    def _put_aside(self) -> None:
        """Keep the corrections on the desk as a draft, with a stroke that is still being drawn."""
        if self._layers is not None:
            self._layers.end_stroke()
        kept, self.corrections = self.corrections, None
        if self._layers is not None and kept is not None:
            kept.mask, kept.history = self._layers.mask.copy(), self.history()
            self._aside.append(kept)
            self.set_aside.emit(kept)

    def _drop_accepted(self, case_id: str, whole: LabelMap) -> None:
        """Drop the corrections that were accepted, and those set aside that are no different from the mask accepted."""
        here = self._layers is not None and self._loaded is not None and self._loaded.case_id == case_id
        aside = self._aside if here else self._left.get(case_id, [])
        for kept in aside.copy():
            if kept.spent or (kept.mask is not None and np.array_equal(kept.mask, whole)):
                aside.remove(kept)
                self.dropped.emit(kept)
        if here and self.corrections is not None and self.corrections.spent:
            self._drop()
        self._left = {name: left for name, left in self._left.items() if left}

    def _drop(self) -> None:
        kept, self.corrections = self.corrections, None
        if kept is not None:
            self.dropped.emit(kept)

    def fixed(self) -> Made:
        """Give how the mask that the edits began with was made, whatever the sliders do from now on."""
        if self.corrections is None and self.started_from == "proposal":
            facts = self.made()
            self.made = lambda: facts
        return self.made

    def _on_painted(self) -> None:
        if not self.edited and self._loaded is not None:
            self.corrections = Corrections(self._loaded.case_id, self.started_from, self.fixed())
            self.origin = "edited"
            self.origin_changed.emit()
        self.changed.emit()
