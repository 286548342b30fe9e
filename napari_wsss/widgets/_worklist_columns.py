"""The columns of the worklist, and what a row says in full."""

from __future__ import annotations

from html import escape

from napari_wsss.session.worklist import Row
from napari_wsss.widgets._table import Column

MARKS = {"accepted": "✓ accepted", "rejected": "✗ rejected"}
_FAR = {state: place for place, state in enumerate(("unlabelled", "labelled", "proposed", "in progress"))}


def figure(value: float | None, digits: int) -> str:
    """Write a figure; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def present(labels: str) -> str:
    """Give what of :func:`~napari_wsss.session.worklist.label_words` is said to be present."""
    return ", ".join(name for name in labels.split(", ") if not name.startswith("no "))


COLUMNS: tuple[Column, ...] = (
    Column(
        "Case", "The case, with its key slice and the outline of its mask", lambda r: r.case_id, lambda r: r.case_id
    ),
    Column(
        "State",
        "How far the case has come. In progress: you began to correct it, or accepted some of its slices",
        lambda r: _FAR.get(r.state, len(_FAR) + (r.state == "rejected")),
        lambda r: MARKS.get(r.state, r.state),
    ),
    Column(
        "Label",
        "What is known of the whole scan: the kinds of lesion present; where none is, those known to be absent",
        lambda r: r.labels or None,
        lambda r: present(r.labels) or r.labels or "–",
    ),
    Column(
        "Dice",
        "How well the mask fits the reference mask, 0 to 1; of the accepted mask, else of the proposal",
        lambda r: r.masks.dice,
        lambda r: figure(r.masks.dice, 2),
        number=True,
    ),
    Column(
        "ml",
        "Volume of the mask in millilitres; of the accepted mask, else of the proposal",
        lambda r: r.masks.volume_ml,
        lambda r: figure(r.masks.volume_ml, 1),
        falling=True,
        number=True,
    ),
    Column(
        "Unsure",
        "How unsure the map is: its mean entropy in bits, times 1000. Computed for the cases you look at, and for all "
        "of them when you sort by it",
        lambda r: r.uncertainty,
        lambda r: figure(None if r.uncertainty is None else 1000 * r.uncertainty, 1),
        falling=True,
        number=True,
    ),
    Column(
        "Apart",
        "How far two models are apart, 0 to 1: their maps, or the proposal and the segmenter's mask",
        lambda r: r.disagreement,
        lambda r: figure(r.disagreement, 2),
        falling=True,
        number=True,
    ),
    Column(
        "Gain",
        "How much correcting is expected to change the proposal, 0 to 1; learnt from at least 5 accepted cases",
        lambda r: r.gain,
        lambda r: figure(r.gain, 2),
        falling=True,
        number=True,
    ),
    Column(
        "Set", "Whether the case trains, chooses settings (val) or tests", lambda r: r.subset, lambda r: r.subset or "–"
    ),
)
ORDER_COLUMNS = {"uncertainty": 5, "disagreement": 6, "gain": 7}
"""Order → its column."""


def row_words(row: Row) -> str:
    """Say all that is known of a case, one line a fact."""
    masks = row.masks
    facts = [f"<b>{escape(row.case_id)}</b>", f"State: {row.state}"]
    facts += [f"Label: {escape(row.labels)}"] if row.labels else ["Label: not known"]
    facts += [f"Set: {row.subset}"] if row.subset else []
    facts += [f"Mask: {masks.kind}, {figure(masks.volume_ml, 2)} ml"] if masks.kind else []
    facts += [f"Dice against the reference: {masks.dice:.3f}"] if masks.dice is not None else []
    facts += [f"Uncertainty of the map: {row.uncertainty:.4f} bit"] if row.uncertainty is not None else []
    facts += [f"Models apart: {row.disagreement:.3f}"] if row.disagreement is not None else []
    facts += [f"Expected gain: {row.gain:.3f}"] if row.gain is not None else []
    return "<br>".join(facts)
