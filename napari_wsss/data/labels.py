"""Image-level labels: what is known about whole scans and about single slices."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from napari_wsss import files
from napari_wsss.data.label_rows import UNKNOWN, Statement, check_header, class_columns, read_statements
from napari_wsss.data.tables import RESERVED, RowFaults, ScanNames, read_table
from napari_wsss.errors import InputError
from napari_wsss.params import nearest

__all__ = ["UNKNOWN", "CaseLabels", "LabelArray", "LabelTable"]

LabelArray = npt.NDArray[np.int8]
"""1 present, 0 absent, -1 unknown."""


@dataclass(eq=False)
class CaseLabels:
    """The labels one case was given, as stated; what follows from them is derived on demand.

    Attributes:
        whole: (C,), labels of the whole image or volume.
        slices: (Z, C), labels of single slices. All unknown in a 2D image, whose one slice is the whole.
    """

    whole: LabelArray
    slices: LabelArray

    @classmethod
    def unknown(cls, depth: int, classes: int) -> Self:
        """Give a case of ``depth`` slices about which nothing is known."""
        return cls(np.full(classes, UNKNOWN, np.int8), np.full((depth, classes), UNKNOWN, np.int8))

    @property
    def depth(self) -> int:
        """Number of slices Z."""
        return len(self.slices)

    @property
    def stated(self) -> bool:
        """Whether anything at all is known."""
        return bool((self.whole != UNKNOWN).any() or (self.slices != UNKNOWN).any())

    def slice_labels(self) -> LabelArray:
        """Give what is known per slice, (Z, C).

        A lesion-free volume has lesion-free slices and a 2D image is its only slice; a volume with a lesion
        leaves a slice unknown unless that slice was labelled.
        """
        follows = np.where((self.whole == 0) | (self.depth == 1), self.whole, np.int8(UNKNOWN))
        return np.where(self.slices == UNKNOWN, follows[None], self.slices)

    def volume_labels(self) -> LabelArray:
        """Give what is known of the whole, (C,): stated, or 1 if any slice is 1, or 0 if all slices are 0."""
        derived = np.where((self.slices == 0).all(axis=0), np.int8(0), np.int8(UNKNOWN))
        derived = np.where((self.slices == 1).any(axis=0), np.int8(1), derived)
        return np.where(self.whole == UNKNOWN, derived, self.whole)

    def contradictions(self) -> npt.NDArray[np.bool_]:
        """Give per class, (C,), whether the whole denies its slices: 0 with a slice of 1, or 1 with all slices 0."""
        derived = CaseLabels(np.full_like(self.whole, UNKNOWN), self.slices).volume_labels()
        denied: npt.NDArray[np.bool_] = (self.whole != UNKNOWN) & (derived != UNKNOWN) & (self.whole != derived)
        return denied

    def set_whole(self, c: int, value: int) -> None:
        """Label the whole for class ``c``; slice labels that would contradict it, or follow from it, go."""
        self.whole[c] = value
        if value != 1 or self.contradictions()[c]:
            self.slices[:, c] = UNKNOWN

    def set_slices(self, c: int, value: int, slices: Sequence[int]) -> None:
        """Label slices for class ``c``. What the whole said about the other slices is kept where it still holds."""
        if self.depth == 1:
            if slices:
                self.whole[c] = value
            return
        if self.whole[c] == 0 and value != 0:
            self.slices[:, c] = 0
            self.whole[c] = UNKNOWN
        self.slices[list(slices), c] = value
        if self.contradictions()[c]:
            self.whole[c] = UNKNOWN


class LabelTable:
    """Image-level labels of all cases of a project.

    Attributes:
        classes: names of the lesion classes, in the order of their index.
    """

    def __init__(self, classes: Sequence[str], cases: Mapping[str, CaseLabels]) -> None:
        self.classes: tuple[str, ...] = ()
        self._cases = dict(cases)
        for name in classes:
            self._check_name(name)
            self.classes += (name,)
        if not self.classes:
            raise InputError("A label table needs at least one class; name one, such as 'lesion'.")

    @classmethod
    def empty(cls, classes: Sequence[str], depths: Mapping[str, int]) -> Self:
        """Give a table without any label.

        Args:
            classes: class names, at least one.
            depths: case id → number of slices Z.

        Raises:
            InputError: no class, a repeated one or a reserved name.
        """
        return cls(classes, {case_id: CaseLabels.unknown(z, len(classes)) for case_id, z in depths.items()})

    @classmethod
    def read(
        cls,
        path: Path,
        depths: Mapping[str, int],
        aliases: Mapping[str, str] | None = None,
        classes: Sequence[str] | None = None,
        *,
        others: bool = False,
    ) -> Self:
        """Read ``image[,slice],<class>[,<class>…]`` with 1, 0 or empty (unknown); slices count from 0.

        Columns named ``patient`` and ``split`` are left to :mod:`napari_wsss.data.splits`.

        Args:
            path: the CSV file.
            depths: case id → number of slices Z. Cases without a row stay unknown.
            aliases: file name → case id. A cell may hold the id, the file name or a path ending in either.
            classes: the class columns wanted, in this order; None for every column.
            others: take the remaining class columns too, after ``classes``.

        Raises:
            InputError: the file is missing or no CSV.
            FaultsError: all faults of the table together, with row numbers (header = row 1): unknown image, slice
                out of range, repeated row, value other than 1, 0, empty, missing column, contradicting labels.
        """
        table, faults = read_table(path), RowFaults()
        more = class_columns(table) if classes is None or others else ()
        wanted = tuple(dict.fromkeys((*(classes or ()), *more)))
        check_header(table, wanted, faults)
        statements = read_statements(table, wanted, depths, ScanNames(depths, aliases), faults)
        cases = {case_id: CaseLabels.unknown(z, len(wanted)) for case_id, z in depths.items()}
        _apply(statements, cases, wanted, faults)
        faults.check(str(path))
        return cls(wanted, cases)

    @property
    def case_ids(self) -> tuple[str, ...]:
        """All cases, labelled or not."""
        return tuple(self._cases)

    def case(self, case_id: str) -> CaseLabels:
        """Give what was stated about a case.

        Raises:
            InputError: no such case.
        """
        if case_id not in self._cases:
            example = next((f", named like '{known}'" for known in self._cases), "")
            raise InputError(f"There is no case '{case_id}' among the {len(self._cases)} cases{example}.")
        return self._cases[case_id]

    def slice_labels(self, case_id: str) -> LabelArray:
        """Give what is known per slice, (Z, C); see :meth:`CaseLabels.slice_labels`."""
        return self.case(case_id).slice_labels()

    def volume_labels(self, case_id: str) -> LabelArray:
        """Give what is known of the whole, (C,); see :meth:`CaseLabels.volume_labels`."""
        return self.case(case_id).volume_labels()

    def is_labelled(self, case_id: str) -> bool:
        """Whether anything is known about a case."""
        return self.case(case_id).stated

    def set(self, case_id: str, cls: str, value: int, slices: Iterable[int] | None = None) -> None:
        """Label a case or some of its slices.

        Args:
            case_id: the case.
            cls: name of the class.
            value: 1 present, 0 absent, UNKNOWN (-1) takes the label away.
            slices: 0 … Z - 1; None for the whole, which also takes away slice labels that contradict it.

        Raises:
            InputError: no such case, class, value or slice.
        """
        case = self.case(case_id)
        if cls not in self.classes:
            raise InputError(f"There is no class '{cls}'. {nearest(cls, self.classes)}")
        if value not in (1, 0, UNKNOWN):
            raise InputError(f"A label is 1 (present), 0 (absent) or -1 (unknown); got {value!r}.")
        if slices is None:
            case.set_whole(self.classes.index(cls), value)
            return
        chosen = [int(z) for z in slices]
        outside = [z for z in chosen if not 0 <= z < case.depth]
        if outside:
            raise InputError(f"'{case_id}' has no slice {outside[0]}; its slices are 0 to {case.depth - 1}.")
        case.set_slices(self.classes.index(cls), value, chosen)

    def add_class(self, name: str) -> None:
        """Add a class after the others, unknown everywhere.

        Raises:
            InputError: the name is empty, reserved or taken.
        """
        self._check_name(name)
        self.classes += (name,)
        for case in self._cases.values():
            case.whole = np.append(case.whole, np.int8(UNKNOWN))
            case.slices = np.pad(case.slices, ((0, 0), (0, 1)), constant_values=UNKNOWN)

    def write(self, path: Path) -> None:
        """Write the table atomically; :meth:`read` gives back exactly the same labels.

        Raises:
            ProjectError: the folder cannot be written.
        """
        by_slice = any((case.slices != UNKNOWN).any() for case in self._cases.values())
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("image", "slice", *self.classes) if by_slice else ("image", *self.classes))
        for case_id, case in self._cases.items():
            if (case.whole != UNKNOWN).any():
                writer.writerow((case_id, "", *_cells(case.whole)) if by_slice else (case_id, *_cells(case.whole)))
            for z in np.flatnonzero((case.slices != UNKNOWN).any(axis=1)).tolist():
                writer.writerow((case_id, z, *_cells(case.slices[z])))
        files.write_text(path, text.getvalue())

    def digest(self, case_ids: Iterable[str]) -> str:
        """Give the SHA-256 of all that is known about some cases, whatever their order and wherever it was stated."""
        parts: list[bytes | str] = list(self.classes)
        for case_id in sorted(set(case_ids)):
            parts += [case_id, self.slice_labels(case_id).tobytes(), self.volume_labels(case_id).tobytes()]
        return files.digest(*parts)

    def _check_name(self, name: str) -> None:
        if not name or name != name.strip() or name.lower() in RESERVED:
            reserved = ", ".join(RESERVED)
            raise InputError(
                f"'{name}' cannot name a class: it is empty, has blanks around it or is one of {reserved}."
            )
        if name in self.classes:
            raise InputError(f"There is a class '{name}' already.")


def _cells(values: LabelArray) -> list[str]:
    return ["" if value == UNKNOWN else str(value) for value in values.tolist()]


def _apply(
    statements: Sequence[Statement], cases: Mapping[str, CaseLabels], classes: Sequence[str], faults: RowFaults
) -> None:
    """Enter the rows of a table; note those where the whole denies its slices."""
    whole_rows: dict[str, int] = {}
    for item in statements:
        case = cases[item.case_id]
        if item.z is None:
            case.whole[:] = item.values
            whole_rows[item.case_id] = item.row
        else:
            case.slices[item.z] = item.values
    for case_id, row in whole_rows.items():
        case = cases[case_id]
        for name, value, denied in zip(classes, case.whole, case.contradictions(), strict=True):
            if denied:
                faults.add(row, f"'{case_id}' as a whole has {name} = {value}, but the rows of its slices deny it")
    for case in cases.values():
        if case.depth == 1:  # one home for a 2D image's label: the whole
            case.whole = case.volume_labels()
            case.slices[:] = UNKNOWN
