"""The rows of a label table, checked: every fault is noted with its row, none stops the reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from napari_wsss.data.tables import RESERVED, RowFaults, ScanNames, Table

UNKNOWN = -1
"""Value of a label nobody has given."""

_VALUES = {"": UNKNOWN, "0": 0, "1": 1, "0.0": 0, "1.0": 1}  # pandas writes 1.0 in a column with empty cells
_MEANINGS = {"image": "one scan a row", "slice": "0 for the first slice on disk"}


@dataclass(frozen=True)
class Statement:
    """One sound row: the labels a case, or one of its slices, was given.

    Attributes:
        row: row number in the table.
        case_id: the case meant.
        z: slice, 0 … Z - 1; None for the whole image or volume.
        values: one per class: 1, 0 or UNKNOWN.
    """

    row: int
    case_id: str
    z: int | None
    values: tuple[int, ...]


def class_columns(table: Table) -> tuple[str, ...]:
    """Give the names of all class columns, in the order of the table."""
    return tuple(name for name in table.header if name not in RESERVED and name)


def check_header(table: Table, classes: Sequence[str], faults: RowFaults) -> None:
    """Note missing and repeated columns."""
    present = ", ".join(name for name in table.header if name)
    if "image" not in table.header:
        faults.add(1, f"column 'image' is missing ({_MEANINGS['image']}); the table has {present}")
    for name in classes:
        if name not in table.header:
            faults.add(1, f"column '{name}' is missing (a class); the table has {present}")
    if not classes:
        faults.add(1, "no class column: beside 'image' and 'slice' there must be one column per class")
    for name in sorted({name for name in table.header if name and table.header.count(name) > 1}):
        faults.add(1, f"column '{name}' is there {table.header.count(name)} times")


def read_statements(
    table: Table, classes: Sequence[str], depths: Mapping[str, int], names: ScanNames, faults: RowFaults
) -> list[Statement]:
    """Give the sound rows and note the faults of all others.

    Args:
        table: the label table.
        classes: columns to read; one that is missing counts as unknown (:func:`check_header` notes it).
        depths: case id → number of slices.
        names: finds the case of a row.
        faults: receives the faults.
    """
    image_column, slice_column = _image_column(table, names), table.column("slice")
    if image_column is None:
        return []  # whose labels these are, nobody knows
    columns = (table.column(name) for name in classes)
    class_positions = [None if column == image_column else column for column in columns]
    first_rows: dict[tuple[str, int | None], int] = {}
    statements = []
    for row, cells in table.rows:
        note = partial(faults.add, row)
        if not _right_width(cells, table, note):
            continue
        values = tuple(_value(cells, position, table, note) for position in class_positions)
        case_id = names.find(cells[image_column])
        if case_id is None:
            note(names.unknown(cells[image_column]))
            continue
        sound, z = _slice("" if slice_column is None else cells[slice_column], case_id, depths[case_id], note)
        if not sound:
            continue
        first = first_rows.setdefault((case_id, z), row)
        if first != row:
            place = "" if z is None else f", slice {z}"
            note(f"the same image{place} as in row {first} ('{case_id}'); keep one of them")
            continue
        statements.append(Statement(row, case_id, z, values))
    return statements


def _image_column(table: Table, names: ScanNames) -> int | None:
    """Give the image column; without one, the first column that names a scan, so that all other faults are found."""
    column = table.column("image")
    if column is not None:
        return column
    for position in range(len(table.header)):
        if any(names.find(cells[position]) for _, cells in table.rows if position < len(cells)):
            return position
    return None


def _right_width(cells: tuple[str, ...], table: Table, note: Callable[[str], None]) -> bool:
    extra = cells[len(table.header) :]
    if len(cells) < len(table.header) or any(extra):
        note(f"{len(cells)} cells where the header has {len(table.header)} columns")
        return False
    return True


def _value(cells: tuple[str, ...], position: int | None, table: Table, note: Callable[[str], None]) -> int:
    if position is None:
        return UNKNOWN
    value = _VALUES.get(cells[position])
    if value is None:
        note(f"column '{table.header[position]}' holds '{cells[position]}'; only 1, 0 or empty (unknown)")
        return UNKNOWN
    return value


def _slice(text: str, case_id: str, depth: int, note: Callable[[str], None]) -> tuple[bool, int | None]:
    """Give whether the slice cell is sound, and its slice; an empty cell means the whole image."""
    if not text:
        return True, None
    digits = text.removesuffix(".0")
    if not (digits.isascii() and digits.removeprefix("-").isdigit()):
        note(f"slice '{text}' is no whole number ({_MEANINGS['slice']})")
        return False, None
    z = int(digits)
    if not 0 <= z < depth:
        last = "its only slice is 0" if depth == 1 else f"its slices are 0 to {depth - 1}"
        note(f"slice {z} is out of range for '{case_id}': {last}")
        return False, None
    return True, z
