"""CSV tables that speak of scans: reading them, finding the scan a row means, collecting faults by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PureWindowsPath
from typing import Any

from napari_wsss.errors import FaultsError, InputError

RESERVED = ("image", "slice", "patient", "split")
"""Column names with a meaning of their own, in any case; every other column of a label table is a class."""

_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True)
class Table:
    """A CSV file in memory.

    Attributes:
        path: the file.
        header: column names, blanks around them removed, reserved names in small letters.
        rows: (row number, cells); the header is row 1, so the first data row is row 2. Blank rows are left out.
    """

    path: Path
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]

    def column(self, name: str) -> int | None:
        """Give the position of a column, None where the table has none of that name."""
        return self.header.index(name) if name in self.header else None


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Give CSV for a spreadsheet: ``columns`` as headings, every value in full, nothing where it is missing."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def read_table(path: Path) -> Table:
    """Read a CSV file (comma, semicolon or tab; UTF-8 with or without byte order mark).

    Raises:
        InputError: the file is missing, unreadable, not text or has no header.
    """
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            delimiter = max(_DELIMITERS, key=first.count)
            lines = list(csv.reader(file, delimiter=delimiter))
    except OSError as error:
        raise InputError(f"{path}: the table cannot be read ({error.strerror or error}).") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: is no CSV table in UTF-8 ({error}). Save it as CSV, UTF-8.") from error
    if not lines or not any(cell.strip() for cell in lines[0]):
        raise InputError(f"{path}: the table has no header. Its first row must name the columns, 'image' among them.")
    header = tuple(_plain_name(cell) for cell in lines[0])
    numbered = ((number, tuple(map(str.strip, cells))) for number, cells in enumerate(lines[1:], start=2))
    return Table(Path(path), header, tuple(row for row in numbered if any(row[1])))


def _plain_name(cell: str) -> str:
    name = cell.strip()
    return name.lower() if name.lower() in RESERVED else name


class ScanNames:
    """Finds the case that a cell means: by its id, by a file name, or by a path that ends in either."""

    def __init__(self, ids: Iterable[str], aliases: Mapping[str, str] | None = None) -> None:
        self._known = {**(aliases or {}), **{case_id: case_id for case_id in ids}}
        self._ids = tuple(dict.fromkeys(self._known.values()))

    def find(self, text: str) -> str | None:
        """Give the case id, None for a name that no scan bears."""
        found = self._known.get(text)
        # PureWindowsPath splits at both kinds of slash: tables travel between machines.
        return found if found is not None else self._known.get(PureWindowsPath(text).name)

    def unknown(self, text: str) -> str:
        """Give the fault text for a name that was not found."""
        if not text:
            return "column 'image' is empty"
        example = f", named like '{self._ids[0]}'" if self._ids else ""
        return f"image '{text}' is none of the {len(self._ids)} scans{example}"


class RowFaults:
    """Faults of one table; the same fault in several rows becomes one line."""

    def __init__(self) -> None:
        self._rows: dict[str, list[int]] = {}

    def add(self, row: int, text: str) -> None:
        """Note ``text`` for a row (1 = the header)."""
        self._rows.setdefault(text, []).append(row)

    def lines(self) -> list[str]:
        """Give one line per fault, in the order of the first row each was met in."""
        ordered = sorted(self._rows.items(), key=lambda item: item[1][0])
        return [f"{_ranges(rows)}: {text}" for text, rows in ordered]

    def check(self, subject: str) -> None:
        """Raise what was noted.

        Raises:
            FaultsError: at least one fault was noted.
        """
        if self._rows:
            raise FaultsError(subject, self.lines())


def _ranges(rows: list[int]) -> str:
    """Write row numbers as "row 3" or "rows 3-7, 9"."""
    rows = sorted(set(rows))
    starts = [rows[0], *(after for before, after in pairwise(rows) if after != before + 1)]
    ends = [*(before for before, after in pairwise(rows) if after != before + 1), rows[-1]]
    parts = [str(start) if start == end else f"{start}-{end}" for start, end in zip(starts, ends, strict=True)]
    return f"row{'s' if len(rows) > 1 else ''} {', '.join(parts)}"
