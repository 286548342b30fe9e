"""Which case belongs to which patient, and which patient to training, validation or test."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar, cast, get_args

import numpy as np

from napari_wsss.data.cohort import Case, file_names
from napari_wsss.data.tables import RowFaults, ScanNames, read_table
from napari_wsss.errors import FaultsError, InputError
from napari_wsss.types import Subset

Value = TypeVar("Value", bound=str)

SUBSETS = cast("tuple[Subset, ...]", get_args(Subset))
_SPELLINGS: dict[str, Subset] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}


@dataclass
class _Split:
    """What a split file says, by case id."""

    subsets: dict[str, Subset] = field(default_factory=dict)
    patients: dict[str, str] = field(default_factory=dict)


def assign_subsets(
    cases: Sequence[Case],
    *,
    split: Path | None = None,
    patient_regex: str | None = None,
    patients: Mapping[str, str] | None = None,
    seed: int = 0,
    fractions: tuple[float, float, float] = (0.6, 0.2, 0.2),
) -> list[Case]:
    """Give the cases with ``patient`` and ``subset`` filled in; a patient is never in two sets.

    The patient comes from the first of: the split file's ``patient`` column, ``patient_regex``, ``patients``,
    the case itself.

    Args:
        cases: the cohort.
        split: CSV with columns image, split[, patient]; split is train, val or test. Without it patients are drawn
            at random by ``fractions``.
        patient_regex: searched in the case id; its first group, or the whole match, names the patient.
        patients: case id → patient, such as :func:`read_patients` gives.
        seed: of the random draw.
        fractions: of the patients, for train, val and test; they sum to 1.

    Raises:
        InputError: the file cannot be read, the expression or the fractions make no sense.
        FaultsError: all faults together: rows of the file, cases absent from it, ids the expression does not match,
            patients whose cases lie in different sets.
    """
    names = ScanNames([case.id for case in cases], file_names(cases))
    stated, faults = _read_split(split, names) if split is not None else (_Split(), [])
    by_regex, more = _match_patients([case.id for case in cases], patient_regex)
    faults += more
    named = {**(patients or {}), **by_regex, **stated.patients}
    owner = {case.id: named.get(case.id) or case.patient for case in cases}
    if split is None:
        drawn = draw_subsets(sorted(set(owner.values())), seed=seed, fractions=fractions)
        subsets = {case.id: drawn[owner[case.id]] for case in cases}
    else:
        subsets = stated.subsets
        faults += [f"case '{case.id}' is absent from the split file" for case in cases if case.id not in subsets]
        faults += leaks(owner, subsets)
    if faults:
        raise FaultsError(str(split or "Patients of the cohort"), faults)
    return [case.replace(patient=owner[case.id], subset=subsets[case.id]) for case in cases]


def draw_subsets(
    patients: Sequence[str], *, seed: int = 0, fractions: tuple[float, float, float] = (0.6, 0.2, 0.2)
) -> dict[str, Subset]:
    """Draw patients into train, val and test at random.

    Every set with a fraction above 0 gets a patient as long as there are enough: first train, then val, then test.

    Args:
        patients: patients, each once.
        seed: same seed and same patients, same draw.
        fractions: for train, val and test; they sum to 1.

    Raises:
        InputError: the fractions are negative or do not sum to 1.
    """
    if min(fractions) < 0 or abs(sum(fractions) - 1) > 1e-6:
        raise InputError(f"Fractions of train, val and test must be 0 or more and sum to 1; got {fractions}.")
    order = np.random.default_rng(seed).permutation(len(patients)).tolist()
    counts = _counts(len(patients), fractions)
    sets = [subset for subset, count in zip(SUBSETS, counts, strict=True) for _ in range(count)]
    return {patients[index]: subset for index, subset in zip(order, sets, strict=True)}


def _counts(patients: int, fractions: tuple[float, float, float]) -> list[int]:
    """Give the number of patients for train, val and test."""
    wanted = [i for i in range(3) if fractions[i] > 0][:patients]
    counts = [int(i in wanted) for i in range(3)]
    while sum(counts) < patients:
        furthest_below = max(wanted, key=lambda i: patients * fractions[i] - counts[i])
        counts[furthest_below] += 1
    return counts


def leaks(patients: Mapping[str, str], subsets: Mapping[str, Subset]) -> list[str]:
    """Give one line per patient whose cases lie in more than one set.

    Args:
        patients: case id → patient.
        subsets: case id → set; cases without one are passed over.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for case_id, patient in patients.items():
        if case_id in subsets:
            found.setdefault(patient, {}).setdefault(subsets[case_id], []).append(case_id)
    lines = []
    for patient, sets in found.items():
        if len(sets) > 1:
            places = " and in ".join(f"{subset} ({', '.join(ids)})" for subset, ids in sets.items())
            lines.append(f"patient '{patient}' is in {places}; all scans of a patient belong in one set")
    return lines


def read_patients(path: Path, cases: Sequence[Case]) -> dict[str, str]:
    """Give case id → patient from the ``patient`` column of a table; empty where it has none.

    Rows of images that are no case are passed over: reading the labels reports them.

    Raises:
        InputError: the file is missing or no CSV.
        FaultsError: one case has two patients.
    """
    table, faults = read_table(path), RowFaults()
    names = ScanNames([case.id for case in cases], file_names(cases))
    image, column = table.column("image"), table.column("patient")
    if image is None or column is None:
        return {}
    patients: dict[str, str] = {}
    for row, cells in table.rows:
        if len(cells) > max(image, column) and cells[column]:
            case_id = names.find(cells[image])
            if case_id is not None:
                _agree(patients, case_id, cells[column], "patient", partial(faults.add, row))
    faults.check(str(path))
    return patients


def _read_split(path: Path, names: ScanNames) -> tuple[_Split, list[str]]:
    table, faults, split = read_table(path), RowFaults(), _Split()
    missing = [name for name in ("image", "split") if table.column(name) is None]
    for name in missing:
        faults.add(1, f"column '{name}' is missing; a split file has the columns image, split and, if wanted, patient")
    if missing:
        faults.check(str(path))
    for row, cells in table.rows:
        _read_split_row(dict(zip(table.header, cells, strict=False)), names, split, partial(faults.add, row))
    return split, faults.lines()


def _read_split_row(content: Mapping[str, str], names: ScanNames, split: _Split, note: Callable[[str], None]) -> None:
    subset = _SPELLINGS.get(content.get("split", "").lower())
    if subset is None:
        note(f"split '{content.get('split', '')}' is none of {', '.join(SUBSETS)}")
    image = content.get("image", "")
    case_id = names.find(image)
    if case_id is None:
        note(names.unknown(image))
        return
    if subset is not None:
        _agree(split.subsets, case_id, subset, "split", note)
    if content.get("patient"):
        _agree(split.patients, case_id, content["patient"], "patient", note)


def _agree(known: dict[str, Value], case_id: str, value: Value, what: str, note: Callable[[str], None]) -> None:
    """Enter a value; a table with one row per slice may repeat it, but not change it."""
    if known.setdefault(case_id, value) != value:
        note(f"'{case_id}' has {what} '{value}' here but '{known[case_id]}' further up")


def _match_patients(case_ids: Sequence[str], expression: str | None) -> tuple[dict[str, str], list[str]]:
    if expression is None:
        return {}, []
    try:
        pattern = re.compile(expression)
    except re.error as error:
        raise InputError(f"Patient expression '{expression}' is no regular expression: {error}.") from error
    patients, faults = {}, []
    for case_id in case_ids:
        match = pattern.search(case_id)
        name = match and (match.group(1) if pattern.groups else match.group(0))
        if name:
            patients[case_id] = name
        else:
            faults.append(f"patient expression '{expression}' finds no patient in case id '{case_id}'")
    return patients, faults
