"""What one run of a benchmark came to: its patients, its classifier, its time."""

from __future__ import annotations

from dataclasses import dataclass, field

from napari_wsss.session.benchmark.patients import Row, averaged
from napari_wsss.session.benchmark.rows import CEILING, PROPOSAL, SEGMENTER
from napari_wsss.session.benchmark.run import Group, Groups, Run


@dataclass
class Scored:
    """What one run came to.

    Attributes:
        patients: (what, name of the group) → a row a patient, and a fold.
        auc: name of the group → of each fold.
        minutes: of each fold.
        error: what ended it, or its scoring; "" where nothing did.
        unread: case → why its mask or reference could not be read; it is left out.
    """

    patients: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    auc: dict[str, list[float]] = field(default_factory=dict)
    minutes: list[float] = field(default_factory=list)
    error: str = ""
    unread: dict[str, str] = field(default_factory=dict)

    @property
    def note(self) -> str:
        """What the reader of its rows should know; "" where everything went well."""
        if not self.unread:
            return self.error
        told = f"Not scored: {', '.join(self.unread)}. {next(iter(self.unread.values()))}"
        return f"{self.error} {told}".lstrip()

    def table(self, what: str, group: str) -> list[Row]:
        """Give one row a patient."""
        return averaged(self.patients.get((what, group), []))


def places(run: Run, groups: Groups) -> list[tuple[str, Group]]:
    """Give what is scored of a run, and on whom, in the order of the table."""
    if run.ceiling:
        return [(CEILING, group) for group in groups.apart]
    return [(PROPOSAL, group) for group in groups.all] + [(SEGMENTER, group) for group in groups.apart]
