"""Reading a case for the desk, off the window's thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from napari_wsss.data.volume import Volume
from napari_wsss.progress import Progress, Work
from napari_wsss.store.drafts import Draft, read_drafts
from napari_wsss.types import BoolArray, LabelMap

if TYPE_CHECKING:
    from napari_wsss.session import Session


@dataclass(frozen=True, eq=False)
class Loaded:
    """A case as read from disk.

    Attributes:
        case_id: the case.
        volume: the scan.
        accepted: the mask a person accepted, if any.
        accepted_slices: (Z,), True where accepted.
        proposal: the proposal kept in the project, if any.
        prediction: the segmenter's mask, if any.
        offers: which of the two a person starts from.
        reference: the expert mask, if any; for scoring only.
        drafts: corrections that were not accepted yet, oldest first.
        faults: what is wrong with drafts that cannot be read.
    """

    case_id: str
    volume: Volume
    accepted: LabelMap | None
    accepted_slices: BoolArray
    proposal: LabelMap | None
    prediction: LabelMap | None
    reference: LabelMap | None
    drafts: tuple[Draft, ...] = ()
    faults: tuple[str, ...] = ()
    offers: Literal["proposal", "prediction"] = "proposal"

    @property
    def truth(self) -> tuple[LabelMap, BoolArray] | None:
        """The mask that live Dice is measured against and the slices (Z,) that count; None without one."""
        if self.reference is not None:
            return self.reference, self.accepted_slices | True
        if self.accepted is not None and self.accepted_slices.any():
            return self.accepted, self.accepted_slices
        return None


def load_case(session: Session, case_id: str) -> Work[Loaded]:
    """Read scan and masks of a case.

    Raises:
        InputError: the scan or its reference mask is gone or unreadable.
    """
    yield Progress("open case", 0, 2, case_id)
    volume = session.load(case_id)
    yield Progress("open case", 1, 2, case_id)
    project = session.project
    drafts, faults = read_drafts(project.drafts, case_id, volume.geometry.shape, read_only=project.read_only)
    return Loaded(
        case_id,
        volume,
        project.accepted(case_id),
        project.accepted_slices(case_id),
        session.proposal(case_id),
        session.prediction(case_id),
        project.load_reference(case_id),
        tuple(drafts),
        tuple(faults),
        session.offers(case_id),
    )
