"""Worklist: the cases of a project with what is known of each, in the order in which to work through them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from napari_wsss.data.labels import UNKNOWN, LabelTable
from napari_wsss.errors import InputError
from napari_wsss.params import nearest
from napari_wsss.progress import Note, Progress, Work
from napari_wsss.session.case_figures import CaseFigures, EvidenceFigures, MaskFigures
from napari_wsss.session.gain import Gains, predict_gains
from napari_wsss.store.case_masks import State
from napari_wsss.store.project import Project

Order = Literal["list", "uncertainty", "disagreement", "gain", "random"]
ORDERS: tuple[Order, ...] = get_args(Order)
FINISHED: tuple[State, ...] = ("accepted", "rejected")
"""States of cases that a person has decided about."""


@dataclass(frozen=True)
class Row:
    """A case in the worklist.

    Attributes:
        case_id: the case.
        subset: "train", "val", "test", or "" before the split.
        state: how far it has come.
        labels: what is known of the whole scan, in words.
        masks: what its masks say.
        evidence: what the evidence behind its proposal says.
        gain: expected 1 − Dice of its proposal, 0 … 1; None where nothing could be learnt.
    """

    case_id: str
    subset: str = ""
    state: State = "unlabelled"
    labels: str = ""
    masks: MaskFigures = field(default_factory=MaskFigures)
    evidence: EvidenceFigures = field(default_factory=EvidenceFigures)
    gain: float | None = None

    @property
    def uncertainty(self) -> float | None:
        """Mean entropy of the soft maps, or of the segmenter's probabilities where its mask is offered, in bits."""
        return self.evidence.uncertainty

    @property
    def disagreement(self) -> float | None:
        """How far several models' maps are apart, 0 … 1; with one model, proposal and segmenter."""
        return self.evidence.disagreement if self.evidence.disagreement is not None else self.masks.apart

    @property
    def features(self) -> tuple[float | None, ...]:
        """The figures that the gain is learnt from."""
        masks, evidence = self.masks, self.evidence
        size = None if masks.proposal_ml is None else masks.proposal_ml ** (1 / 3)
        return size, masks.slices, masks.apart, evidence.uncertainty, evidence.disagreement, evidence.inside


def worklist(project: Project, figures: CaseFigures, order: Order = "list", seed: int = 0) -> Work[list[Row]]:
    """Give all cases with their figures, in the order to work through them; see :meth:`Session.worklist`."""
    check_order(order)
    states, rows = project.states(), []
    for done, case_id in enumerate(project.cases):
        yield Progress("worklist", done, len(project.cases), case_id)
        row = plain_row(project, case_id, states[case_id])
        rows.append(with_figures(row, figures.masks(case_id), figures.evidence(case_id)))
    yield Progress("worklist", len(rows), len(rows))
    gains = expected_gains(rows)
    rows = with_gains(rows, gains)
    ordered, note = in_order(rows, order, seed, gains.note)
    if note:
        yield Note(note)
    return ordered


def plain_row(project: Project, case_id: str, state: State) -> Row:
    """Give a case without figures: nothing is read."""
    return Row(case_id, project.case(case_id).subset or "", state, label_words(project.labels, case_id))


def with_figures(row: Row, masks: MaskFigures, evidence: EvidenceFigures) -> Row:
    """Give a row with its figures."""
    return Row(row.case_id, row.subset, row.state, row.labels, masks, evidence, row.gain)


def with_gains(rows: Sequence[Row], gains: Gains) -> list[Row]:
    """Give the rows with what correcting each is expected to be worth."""
    return [
        Row(row.case_id, row.subset, row.state, row.labels, row.masks, row.evidence, gains.expected.get(row.case_id))
        for row in rows
    ]


def expected_gains(rows: Sequence[Row]) -> Gains:
    """Learn from the accepted cases among ``rows`` what correcting is worth."""
    proposed = [row for row in rows if row.masks.proposal_ml is not None]
    features = {row.case_id: row.features for row in proposed}
    return predict_gains(features, {row.case_id: row.masks.gain for row in proposed})


def in_order(rows: Sequence[Row], order: Order, seed: int = 0, gain_note: str = "") -> tuple[list[Row], str]:
    """Put rows into an order; ties, and cases without the figure, keep the order of ``rows``.

    Args:
        rows: all cases, in list order.
        order: "list"; "uncertainty", "disagreement" or "gain", the largest first; "random".
        seed: of the random order. A case's place among others does not change when cases are added.
        gain_note: what is known of the gain.

    Returns:
        The rows, and a sentence where the order could not be had and another was taken.
    """
    if order == "random":
        return sorted(rows, key=lambda row: _lot(seed, row.case_id)), ""
    figure = FIGURES.get(order)
    if figure is None:
        return list(rows), ""
    if any(figure(row) is not None for row in rows):
        return sorted(rows, key=lambda row: _largest_first(figure(row))), gain_note if order == "gain" else ""
    if order == "gain":
        rest, note = in_order(rows, "uncertainty")
        return rest, f"{gain_note} Until then: {note or 'the most uncertain first.'}" if gain_note else note
    return list(rows), f"{_MISSING[order]} The cases are as listed."


FIGURES: Mapping[str, Callable[[Row], float | None]] = {
    "uncertainty": lambda row: row.uncertainty,
    "disagreement": lambda row: row.disagreement,
    "gain": lambda row: row.gain,
}
"""Order → the figure it goes by."""
_MISSING = {
    "uncertainty": "No case has activation maps yet, or a segmenter's mask to start from, to compute it from.",
    "disagreement": "No case has maps of two models, or both a proposal and a segmenter's mask.",
}


def label_words(table: LabelTable, case_id: str) -> str:
    """Say what is known of the whole scan: "bleed, no tumour"; nothing is said of what is unknown."""
    known = zip(table.classes, table.volume_labels(case_id).tolist(), strict=True)
    return ", ".join(name if value == 1 else f"no {name}" for name, value in known if value != UNKNOWN)


def progress_words(states: Sequence[str]) -> str:
    """Say how far the cases have come: "12 of 72 accepted, 3 in progress, 1 rejected"."""
    counts = Counter(states)
    rest = "".join(f", {counts[name]} {name}" for name in ("in progress", "rejected") if counts[name])
    return f"{counts['accepted']} of {len(states)} accepted{rest}"


def check_order(order: str) -> None:
    """Refuse an order that is none. Raises InputError with the nearest one."""
    if order not in ORDERS:
        raise InputError(f"'{order}' is no order of the worklist. {nearest(order, ORDERS)}")


def _largest_first(value: float | None) -> tuple[bool, float]:
    return value is None, -(value or 0.0)


def _lot(seed: int, case_id: str) -> str:
    return hashlib.sha256(f"{seed}|{case_id}".encode()).hexdigest()
