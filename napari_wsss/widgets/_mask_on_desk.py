"""The mask of the case on the desk: where it comes from, and what the person did to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from qtpy.QtCore import QObject, Signal

from napari_wsss.types import LabelMap
from napari_wsss.widgets._case_layers import CaseLayers
from napari_wsss.widgets._loading import Loaded

Origin = Literal["proposal", "accepted", "prediction", "edited", "draft"]
ORIGINS: dict[Origin, str] = {
    "proposal": "the proposal, live",
    "accepted": "the accepted mask",
    "prediction": "the segmenter's mask",
    "edited": "your corrections, not accepted yet",
    "draft": "your earlier corrections, not accepted yet",
}


@dataclass(frozen=True, eq=False)
class Draft:
    """Corrections set aside: the mask, and what the strokes began with."""

    mask: LabelMap
    started_from: Origin


class MaskOnDesk(QObject):
    """Decides what the mask layer shows. Sliders reach it only while it shows the proposal: no stroke is ever lost.

    Corrections that were not accepted are set aside when another mask, or another case, is shown; the last ones set
    aside can be chosen again, then those before.

    Attributes:
        origin: what is shown.
        started_from: what the person's strokes began with.

    Signals:
        changed: the mask, or what it is, changed.
        origin_changed: what is shown is something else now.
    """

    changed = Signal()
    origin_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.origin: Origin = "proposal"
        self.started_from: Origin = "proposal"
        self._layers: CaseLayers | None = None
        self._loaded: Loaded | None = None
        self._drafts: dict[str, list[Draft]] = {}

    @property
    def edited(self) -> bool:
        """Whether the mask holds strokes of the person."""
        return self.origin == "edited"

    @property
    def unfinished(self) -> list[str]:
        """Cases with strokes that were not accepted."""
        shown = self._loaded if self._layers is not None and self.edited else None
        here = [shown.case_id] if shown is not None else []
        return sorted({*self._drafts, *here})

    def clear(self) -> None:
        """No case is on the desk, and no strokes of another project are kept."""
        self._layers = self._loaded = None
        self.origin = "proposal"
        self._drafts.clear()

    def show(self, layers: CaseLayers, loaded: Loaded) -> None:
        """Turn to a case: its unfinished corrections if there are any, else the accepted mask, else the proposal."""
        self._layers, self._loaded = layers, loaded
        layers.painted.connect(self._on_painted)
        if loaded.case_id in self._drafts:
            self.choose("draft")
        else:
            self.choose("accepted" if loaded.accepted_slices.all() and loaded.accepted is not None else "proposal")

    def leave(self) -> None:
        """Another case comes: keep this one's unfinished corrections."""
        self._set_aside()
        if self._layers is not None:
            self._layers.painted.disconnect(self._on_painted)
        self._layers = None
        self.origin = "proposal"

    def choices(self) -> list[Origin]:
        """Give the masks that can be shown for this case."""
        if self._loaded is None:
            return []
        found: list[Origin] = ["proposal"]
        found += ["accepted"] if self._loaded.accepted is not None else []
        found += ["prediction"] if self._loaded.prediction is not None else []
        found += ["edited"] if self.edited else []
        return [*found, "draft"] if self._loaded.case_id in self._drafts else found

    def choose(self, origin: Origin) -> None:
        """Show the proposal, the accepted mask, the prediction or a draft; corrections on the desk are set aside."""
        loaded = self._loaded
        if loaded is None or origin == "edited":
            return
        draft = self._take_draft(loaded.case_id) if origin == "draft" else None
        self._set_aside()
        if draft is not None:
            self.started_from = draft.started_from
            self._set("edited", draft.mask)
        elif origin != "draft":
            masks = {"proposal": loaded.proposal, "accepted": loaded.accepted, "prediction": loaded.prediction}
            self._set(origin, masks[origin])

    def propose(self, mask: LabelMap, z: int | None) -> None:
        """Take a live answer; it is shown only where no person has decided otherwise."""
        if self._layers is not None and self.origin == "proposal":
            self._layers.show_mask(mask, z, self._decisions())
            self.changed.emit()

    def decided(self, loaded: Loaded) -> None:
        """The mask, or slices of it, were accepted; strokes made in other slices or since then are kept."""
        whole = loaded.accepted if loaded.accepted_slices.all() else None
        if whole is not None:
            self._drop_drafts(loaded.case_id, whole)
        if self._layers is None or self._loaded is None or self._loaded.case_id != loaded.case_id:
            return
        self._loaded = loaded
        if whole is not None and np.array_equal(self._layers.mask, whole):
            self.origin = "accepted"
        self.origin_changed.emit()
        self.changed.emit()

    def withdrawn(self, loaded: Loaded) -> None:
        """Nothing of the case is accepted any more; what was shown as accepted gives way to the proposal."""
        if self._loaded is None or self._loaded.case_id != loaded.case_id:
            return
        self._loaded = loaded
        if self.origin in {"accepted", "proposal"}:
            self.choose("proposal")
        else:
            self.origin_changed.emit()

    def _set(self, origin: Origin, mask: LabelMap | None) -> None:
        if self._layers is None:
            return
        self.origin = origin
        mask = mask if mask is not None else np.zeros_like(self._layers.mask)
        self._layers.show_mask(mask, kept=self._decisions() if origin == "proposal" else None)
        self._layers.forget_strokes()
        self.origin_changed.emit()
        self.changed.emit()

    def _decisions(self) -> Mapping[int, LabelMap]:
        """Give the slices already accepted; a proposal leaves them as they were accepted."""
        if self._loaded is None or self._loaded.accepted is None or self._loaded.accepted_slices.all():
            return {}
        return {int(z): self._loaded.accepted[z] for z in np.flatnonzero(self._loaded.accepted_slices)}

    def _set_aside(self) -> None:
        """Keep the corrections on the desk as a draft."""
        if self._layers is not None and self._loaded is not None and self.edited:
            drafts = self._drafts.setdefault(self._loaded.case_id, [])
            drafts.append(Draft(self._layers.mask.copy(), self.started_from))

    def _take_draft(self, case_id: str) -> Draft | None:
        """Give the draft set aside last."""
        drafts = self._drafts.pop(case_id, [])
        draft = drafts.pop() if drafts else None
        if drafts:
            self._drafts[case_id] = drafts
        return draft

    def _drop_drafts(self, case_id: str, accepted: LabelMap) -> None:
        """Forget drafts that are no different from what was accepted."""
        left = [draft for draft in self._drafts.pop(case_id, []) if not np.array_equal(draft.mask, accepted)]
        if left:
            self._drafts[case_id] = left

    def _on_painted(self) -> None:
        if not self.edited:
            self.started_from = self.origin
            self.origin = "edited"
            self.origin_changed.emit()
        self.changed.emit()
