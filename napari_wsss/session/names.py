"""Names: what cases are called where they leave the project — pseudonyms, or their own names when asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from napari_wsss.data.tables import csv_text
from napari_wsss.files import write_text
from napari_wsss.session.preferences import preferences
from napari_wsss.store.project import Project
from napari_wsss.store.pseudonyms import patient_of

KEY_FILE = "pseudonyms.csv"
_COMMON = re.compile(r".{0,2}|[0-9]{3}")
"""Names so short that they are not looked for inside a text: they would be found in every figure."""


class Names:
    """Names of a project's cases and patients.

    Args:
        project: the project.
        shown: use the names of the project; None asks the preferences.

    Attributes:
        hidden: the names are pseudonyms.
    """

    def __init__(self, project: Project, shown: bool | None = None) -> None:
        self.hidden = preferences().pseudonyms if shown is None else not shown
        self._project = project

    def case(self, case_id: str) -> str:
        """Give the name of a case, fit for a file name.

        Raises:
            InputError: no such case.
        """
        return self._project.pseudonym(case_id) if self.hidden else self._project.case(case_id).id

    def patient(self, case_id: str) -> str:
        """Give the name of a case's patient. Raises InputError as :meth:`case`."""
        case = self._project.case(case_id)
        return patient_of(self._project.pseudonym(case_id)) if self.hidden else case.patient

    def scan(self, case_id: str) -> str:
        """Give what tells a case from the others of its patient; "" where it is the only one."""
        patient = self._project.case(case_id).patient
        if sum(case.patient == patient for case in self._project.cases.values()) == 1:
            return ""
        name = self.case(case_id)
        return name.rpartition("-")[2] if self.hidden else name

    def ordered(self, case_ids: Iterable[str]) -> list[str]:
        """Give cases in the order in which they go out: that of the pseudonyms, for the project's own tells names.

        Raises:
            InputError: no such case.
        """
        known = [self._project.case(case_id).id for case_id in case_ids]
        return sorted(known, key=self.case) if self.hidden else known

    def text(self, words: str) -> str:
        """Give a text with the names of cases and patients exchanged for pseudonyms, if they are hidden."""
        if not self.hidden:
            return words
        if words in self._others:
            return self._others[words]
        return self._pattern.sub(lambda found: self._others[found[0]], words)

    def own(self, words: str) -> str:
        """Give a text of :meth:`text` with the project's own names back in the place of pseudonyms."""
        return self._pseudonyms.sub(lambda found: self._owners[found[0]], words) if self.hidden else words

    @cached_property
    def _owners(self) -> Mapping[str, str]:
        return {pseudonym: name for name, pseudonym in self._others.items()}

    @cached_property
    def _pseudonyms(self) -> re.Pattern[str]:
        return _any_of(self._owners)

    @cached_property
    def _others(self) -> Mapping[str, str]:
        cases = self._project.cases
        return {case.patient: self.patient(name) for name, case in cases.items()} | {n: self.case(n) for n in cases}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return _any_of([name for name in self._others if not _COMMON.fullmatch(name)])


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    """Find any of these names, the longest first, where it stands by itself."""
    words = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"(?<![A-Za-z0-9])(?:{words})(?![A-Za-z0-9])" if words else r"(?!)")


def write_key(project: Project) -> Path:
    """Write ``pseudonyms.csv`` into the project: which pseudonym is which case. It never goes anywhere else.

    Raises:
        ProjectError: the project is read-only or cannot be written.
    """
    project.check_writable()
    rows = [
        {"pseudonym": project.pseudonym(case_id), "case": case_id, "patient": case.patient}
        for case_id, case in project.cases.items()
    ]
    ordered = sorted(rows, key=lambda row: row["pseudonym"])
    write_text(project.folder / KEY_FILE, csv_text(("pseudonym", "case", "patient"), ordered))
    return project.folder / KEY_FILE
