"""Which of the six steps are done, which is next, and what a person does there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from napari_wsss.pipeline.plan import PlannedStep
    from napari_wsss.session import Session

Name = Literal["Label", "Train", "Map", "Tune", "Accept", "Segment"]
STEPS: Mapping[Name, tuple[str, str]] = {
    "Label": ("Project", "Say which slices or scans show a lesion"),
    "Train": ("Maps", "Train a classifier on those labels"),
    "Map": ("Maps", "Compute where the classifier looks"),
    "Tune": ("Tune", "Turn maps into masks with sliders"),
    "Accept": ("Review", "Correct and accept masks, case by case"),
    "Segment": ("Train", "Train a segmenter on the masks and let it segment every scan"),
}
"""Step → the dock it is done in, and what it is."""


@dataclass(frozen=True)
class Way:
    """How far a project has come.

    Attributes:
        done: the steps that are finished.
        next: the step to do next; None when there is no project or nothing is left.
        sentence: what comes next, in one sentence.
    """

    done: frozenset[Name] = frozenset()
    next: Name | None = None
    sentence: str = "Open a project or make a new one in the Project dock."


def way_of(session: Session, plan: Sequence[PlannedStep]) -> Way:
    """Give how far the project of ``session`` has come; ``plan`` is that of all its stages."""
    accepted = sum(state == "accepted" for state in session.project.states().values())
    labelled = sum(session.project.labels.is_labelled(case_id) for case_id in session.project.cases)
    total = len(session.project.cases)
    state = {stage: _worst(plan, stage) for stage in ("train-classifier", "maps", "propose", "predict")}
    done: dict[Name, bool] = {
        "Label": _both_kinds(session),
        "Train": state["train-classifier"] == "valid",
        "Map": state["maps"] == "valid",
        "Tune": state["propose"] == "valid",
        "Accept": accepted == total,
        "Segment": state["predict"] == "valid" and _worst(plan, "train-segmenter") == "valid",
    }
    if not any(step.stage in ("train-segmenter", "predict") for step in plan):
        done["Segment"] = True  # a recipe of one's own may end with the proposals
    sentences: dict[Name, str] = {
        "Label": f"Next: label slices with and without lesion ({labelled} of {total} cases have a label).",
        "Train": f"Next: train the classifier in the Maps dock{_again(state['train-classifier'])}.",
        "Map": f"Next: compute the activation maps in the Maps dock{_again(state['maps'])}.",
        "Tune": f"Next: move the sliders until masks fit, then make proposals for all cases{_again(state['propose'])}.",
        "Accept": f"Next: correct and accept masks in the Review dock ({accepted} of {total} accepted).",
        "Segment": "Next: train the segmenter in the Train dock and let it segment every scan.",
    }
    following = _following(done, accepted)
    if following is None:
        return Way(frozenset(name for name in done if done[name]), None, "All steps are done: export or report.")
    return Way(frozenset(name for name in done if done[name]), following, sentences[following])


def _following(done: Mapping[Name, bool], accepted: int) -> Name | None:
    """Give the first step that is open. With some masks accepted, the segmenter may come before the rest of them."""
    left = [name for name, finished in done.items() if not finished]
    if left and left[0] == "Accept" and "Segment" in left and accepted:
        return "Segment"
    return left[0] if left else None


def _both_kinds(session: Session) -> bool:
    """Whether every class has a labelled slice with it and one without it."""
    labels = session.project.labels
    found = [(labels.slice_labels(case_id), labels.volume_labels(case_id)) for case_id in session.project.cases]
    return all(
        any((slices[:, index] == value).any() or whole[index] == value for slices, whole in found)
        for index in range(len(labels.classes))
        for value in (0, 1)
    )


def _worst(plan: Sequence[PlannedStep], stage: str) -> str:
    states = {step.state for step in plan if step.stage == stage}
    return next((state for state in ("missing", "stale") if state in states), "valid" if states else "missing")


def _again(state: str) -> str:
    return " again, because something before it has changed" if state == "stale" else ""
