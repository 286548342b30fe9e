"""Pseudonyms: the names that cases bear outside the project, in exports, reports and logs."""

from __future__ import annotations

import random
from collections.abc import Mapping

_DRAW = random.SystemRandom()
"""Not repeatable on purpose: an order that could be drawn again would tell who is who."""


def draw_pseudonyms(patients: Mapping[str, str]) -> dict[str, str]:
    """Give case id → pseudonym, such as "S012-1": the patient's number, drawn by lot, and the number of the scan.

    Args:
        patients: case id → patient.
    """
    scans: dict[str, list[str]] = {}
    for case_id, patient in patients.items():
        scans.setdefault(patient, []).append(case_id)
    numbers = _DRAW.sample(range(1, len(scans) + 1), len(scans))
    width = max(3, len(str(len(scans))))
    drawn = {
        case_id: f"S{number:0{width}d}-{place}"
        for number, cases in zip(numbers, scans.values(), strict=True)
        for place, case_id in enumerate(_DRAW.sample(cases, len(cases)), start=1)
    }
    return {case_id: drawn[case_id] for case_id in patients}


def patient_of(pseudonym: str) -> str:
    """Give the patient's part of a case's pseudonym: "S012" of "S012-1"."""
    return pseudonym.rpartition("-")[0]
