"""Versions: everything that was ever decided or begun about a case, and how to bring each of them back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from napari_wsss.errors import InputError
from napari_wsss.store.acceptance import parts, spans
from napari_wsss.store.case_masks import CaseMasks
from napari_wsss.types import LabelMap

Kind = Literal["accepted", "earlier", "draft", "rejected"]


@dataclass(frozen=True, eq=False)
class Version:
    """A version of a case's mask, or a rejection, which has none.

    Attributes:
        kind: accepted now, accepted earlier, corrections not accepted yet, or a rejection.
        number: of the earlier version or of the draft; 0 for others.
        time: when; UTC, ISO 8601, "" where nobody knows.
        by: who; "" where nobody knows.
        what: what it is, in words.
        facts: all that is kept beside it.
    """

    kind: Kind
    number: int
    time: str
    by: str
    what: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Give it in JSON values."""
        return {"kind": self.kind, "number": self.number, "time": self.time, "by": self.by, "what": self.what}


def versions_of(project: CaseMasks, case_id: str) -> list[Version]:
    """Give the versions of a case, newest first.

    Raises:
        InputError: no such case.
    """
    depth = project.case(case_id).geometry.shape[0]
    found = [*_accepted(project, case_id, depth), *_drafts(project, case_id), *_rejected(project, case_id)]
    return sorted(found, key=lambda version: (version.time, version.kind != "earlier", version.number), reverse=True)


def mask_of(project: CaseMasks, case_id: str, version: Version) -> LabelMap:
    """Read the mask of a version, (Z, Y, X).

    Raises:
        InputError: it is damaged, or there is none.
    """
    mask = None
    if version.kind == "accepted":
        mask = project.accepted(case_id)
    elif version.kind == "earlier":
        mask = project.accepted_history(case_id).read(str(version.number))
    elif version.kind == "draft":
        mask = project.drafts.read(case_id, version.number).mask
    if mask is None:
        raise InputError(f"{case_id}: there is no mask of '{version.what}'.")
    return mask


def edits_in_words(lines: Sequence[Mapping[str, Any]]) -> str:
    """Give edits as "12 × paint, margin"; "" where there are none."""
    counts: dict[str, int] = {}
    for line in lines:
        counts[line["edit"]] = counts.get(line["edit"], 0) + line.get("times", 1)
    return ", ".join(f"{count} × {name}" if count > 1 else name for name, count in counts.items())


def _accepted(project: CaseMasks, case_id: str, depth: int) -> Iterator[Version]:
    if project.accepted_path(case_id).is_file():
        facts = _readable(project.accepted_provenance, case_id)
        yield _of_facts("accepted", 0, facts, depth)
    past = project.accepted_history(case_id)
    for name in past.case_ids():
        if name.isdigit():
            facts = _readable(past.provenance, name)
            yield _of_facts("earlier", int(name), facts, depth)


def _of_facts(kind: Kind, number: int, facts: Mapping[str, Any], depth: int) -> Version:
    told = parts(facts, depth)
    what = "; ".join(_part_in_words(part, depth) for part in told) or "accepted; nothing more is known"
    return Version(kind, number, str(facts.get("time", "")), str(facts.get("by") or ""), what, facts)


def _part_in_words(part: Mapping[str, Any], depth: int) -> str:
    slices = part["slices"]
    where = "whole scan" if len(slices) == depth else f"slice{'s' * (len(slices) > 1)} {spans(slices)}"
    edits = edits_in_words(part.get("edits") or []) or ("corrected" if part.get("edited") else "as proposed")
    return f"{where}: {edits}"


def _drafts(project: CaseMasks, case_id: str) -> Iterator[Version]:
    for number in project.drafts.numbers(case_id):
        try:
            note = project.drafts.note(case_id, number)
        except InputError:  # whoever opens the case is told
            continue
        what = f"not accepted: {note.edits} edit{'s' * (note.edits != 1)}"
        yield Version("draft", number, note.saved, note.by, what)


def _rejected(project: CaseMasks, case_id: str) -> Iterator[Version]:
    facts = project.rejection_facts(case_id)
    if facts is not None:
        reason = facts.get("reason") or "no reason given"
        time, by = str(facts.get("time", "")), str(facts.get("by") or "")
        yield Version("rejected", 0, time, by, f"rejected: {reason}", facts)


def _readable(read: Callable[[str], dict[str, Any]], name: str) -> dict[str, Any]:
    """Give what is kept beside a mask; empty where it is damaged: the mask is there all the same."""
    try:
        return read(name)
    except InputError:
        return {}
