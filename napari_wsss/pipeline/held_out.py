"""Which patients a segmenter learns from and which ones judge it: never the same, and never silently none."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from napari_wsss.errors import ModelError
from napari_wsss.files import digest
from napari_wsss.models.card import read_card
from napari_wsss.pipeline.learning import LearnFrom, SegmenterStep
from napari_wsss.pipeline.taught import lesion, mask_to_learn
from napari_wsss.progress import Note

if TYPE_CHECKING:
    from napari_wsss.pipeline.job import Job

AnyStep = TypeVar("AnyStep", bound=SegmenterStep)

SHARE = 5
"""One of so many patients is held out where the project has no validation patient with a mask."""


@dataclass(frozen=True)
class HeldOut:
    """Who learns and who judges.

    Attributes:
        train: cases to learn from.
        val: cases that judge; empty when there is nobody to spare.
        against: their masks that count: "accepted" alone, or "all": proposals, as none is accepted.
        note: all of it in a line.
    """

    train: tuple[str, ...]
    val: tuple[str, ...]
    against: LearnFrom
    note: Note


def held_out(job: Job, step: SegmenterStep, target: str) -> HeldOut:
    """Choose the cases that judge a training: by patient, and against accepted masks rather than proposals.

    The project's validation patients, if one of them has a mask; else one in five of the training patients with a
    mask, drawn by the seed, who then teach nothing; those from whom the model to go on from learnt come last.

    Args:
        job: of the training.
        step: its knobs.
        target: the step that makes the proposals.
    """
    train, val = tuple(job.workspace.subset("train")), tuple(job.workspace.subset("val"))
    for against in _kinds(step):
        if able := _with_lesion(job, plain_of(step, against), target, val):
            note = f"{_patients(job, able)} validate{_s(job, able)}, by {_masks(against)}."
            return HeldOut(train, able, against, Note(note))
    known = _ids(job, (case_id for case_id in taught_before(job, step) if case_id in job.workspace.cases))
    for against in _kinds(step):
        able = _with_lesion(job, plain_of(step, against), target, train)
        others = against != _kinds(step)[-1]
        if chosen := _drawn(_ids(job, able), step.seed, SHARE if others else 2, known):
            val = tuple(case_id for case_id in able if _patient(job, case_id) in chosen)
            rest = tuple(case_id for case_id in train if _patient(job, case_id) not in chosen)
            return HeldOut(rest, val, against, Note(_spared(job, val, against, known), "warning"))
    return nobody(HeldOut(train, (), "all", Note("")), NOBODY)


def taught(card: Mapping[str, Any], training: Iterable[str]) -> frozenset[str]:
    """Give the cases that the model of a card learnt from, with those of the models before from which it went on.

    Args:
        card: the card; one from elsewhere names none.
        training: those it is for a card that does not say.
    """
    if "imported" in card:
        return frozenset()
    kept = card.get("learnt_from")
    if not isinstance(kept, Sequence) or isinstance(kept, str):
        return frozenset(training)
    return frozenset(str(case_id) for case_id in (*kept, *card.get("learnt_before", ())))


def taught_before(job: Job, step: SegmenterStep) -> frozenset[str]:
    """Give the cases that the model to go on from learnt from; none where there is none."""
    try:
        card = read_card(job.workspace.models / step.start) if step.start else {"learnt_from": []}
    except ModelError:  # the training itself will say so
        return frozenset()
    return taught(card, job.workspace.subset("train"))


def nobody(who: HeldOut, why: str) -> HeldOut:
    """Give ``who`` with nobody who judges, and a warning that says why."""
    end = "The training loss decides which epoch is best, and says little about other patients."
    return replace(who, val=(), note=Note(f"Nothing validates this training: {why} {end}", "warning"))


NOBODY = "only one patient has a mask, accept masks of more."
UNSEEN = "the masks of the validation patients lie outside what the network sees of a scan, check how slices are cut."


def _kinds(step: SegmenterStep) -> tuple[LearnFrom, ...]:
    return ("accepted",) if step.learn_from == "accepted" else ("accepted", "all")


def _with_lesion(job: Job, plain: SegmenterStep, target: str, cases: Iterable[str]) -> tuple[str, ...]:
    """Give the cases whose mask shows a lesion; a score against empty masks alone says nothing."""
    some = plain.learn_from == "all"
    asked = (case_id for case_id in cases if some or job.workspace.accepted.digest(case_id))
    return tuple(case_id for case_id in asked if lesion(mask_to_learn(job, plain, target, case_id)).any())


def plain_of(step: AnyStep, against: LearnFrom) -> AnyStep:
    """Give the step with masks taken as they are, for scoring."""
    return step.model_copy(update={"learn_from": against})


def _drawn(patients: Sequence[str], seed: int, least: int, known: Collection[str]) -> set[str]:
    """Draw a fifth of the patients, none if there are fewer than ``least``. A patient who joins changes little."""
    if len(patients) < least:
        return set()
    in_order = sorted(patients, key=lambda patient: (patient in known, digest(str(seed), patient)))
    return set(in_order[: max(1, round(len(patients) / SHARE))])


def _patient(job: Job, case_id: str) -> str:
    return job.workspace.cases[case_id].patient


def _ids(job: Job, cases: Iterable[str]) -> list[str]:
    return sorted({_patient(job, case_id) for case_id in cases})


def _patients(job: Job, cases: Iterable[str]) -> str:
    number = len(_ids(job, cases))
    return "1 patient" if number == 1 else f"{number} patients"


def _s(job: Job, cases: Iterable[str]) -> str:
    return "s" if len(_ids(job, cases)) == 1 else ""


def _masks(against: LearnFrom) -> str:
    return "accepted masks" if against == "accepted" else "proposals, since none of their masks is accepted"


def _spared(job: Job, val: Sequence[str], against: LearnFrom, known: Collection[str]) -> str:
    names = ", ".join(_ids(job, val))
    both = ", ".join(patient for patient in _ids(job, val) if patient in known)
    seen = f" The model it goes on from learnt from {both}: their score says little about other patients."
    return (
        f"No validation patient has a mask: {_patients(job, val)} of the training patients ({names}) "
        f"validate{_s(job, val)} instead, by {_masks(against)}, and teach nothing.{seen if both else ''}"
    )
