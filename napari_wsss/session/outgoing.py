"""What leaves a project: masks, statistics, the report of what was accepted, the key of the pseudonyms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from napari_wsss.progress import Work
from napari_wsss.session.exporting import export_from
from napari_wsss.session.kept_masks import mask_source
from napari_wsss.session.long_work import LongWork
from napari_wsss.session.names import Names, write_key
from napari_wsss.session.numbers import project_numbers


class Outgoing(LongWork):
    """The part of a :class:`~napari_wsss.session.Session` that hands results out.

    Cases bear pseudonyms in all of it, unless ``names`` is True, or is None and the preferences say otherwise.
    """

    def export(
        self,
        folder: Path,
        *,
        what: str = "accepted",
        cases: Sequence[str] | None = None,
        format: str = "native",
        names: bool | None = None,
        overwrite: bool = False,
    ) -> Work[list[Path]]:
        """Write masks on the scans' own grid, with a JSON file beside each that tells how it was made.

        A file that is there already is replaced only if an earlier export left it. Closing the generator stops between
        two cases.

        Args:
            folder: where to; made when missing.
            what: "accepted", "predictions", or a mask step whose masks are kept ("proposals" is the recipe's proposal).
            cases: which cases; all that have such a mask when None.
            format: "native" (the scans' own kind of file), "nifti", "dicom-seg", "png", "tiff", "nnunet", "bids" or
                "csv" (statistics).
            names: names of the project instead of pseudonyms.
            overwrite: replace files that no export left there.

        Returns:
            The files written, without the JSON files.

        Raises:
            InputError: no such mask or format.
            FaultsError: some cases could not be written; all others were.
            ProjectError: the folder cannot be written; what was written before is whole.
        """
        source = mask_source(what, self.project, self.recipe, self._kind)
        work = export_from(
            self.project, source, Path(folder), cases, format=format, names=names, overwrite=overwrite
        )  # fmt: skip
        return (yield from work)

    def statistics(
        self, *, what: str = "accepted", cases: Sequence[str] | None = None, names: bool | None = None
    ) -> Work[list[dict[str, Any]]]:
        """Measure masks: a row for each class of each case, then one for each of its lesions.

        Args:
            what: as in :meth:`export`.
            cases: which cases; all that have such a mask when None.
            names: names of the project instead of pseudonyms.

        Returns:
            Rows as :mod:`napari_wsss.edit.figure_rows` names their columns: voxels, mm³, ml, surface, diameter,
            centroid, grey values.

        Raises:
            InputError: no such mask.
        """
        source = mask_source(what, self.project, self.recipe, self._kind)
        return (yield from project_numbers(self.project, source, cases, Names(self.project, names)))

    def report_accepted(
        self, path: Path | None = None, *, cases: Sequence[str] | None = None, names: bool | None = None
    ) -> Work[Path]:
        """Write an HTML report of what was accepted: a picture of every case, statistics, how it was made, by whom.

        Args:
            path: the file; ``PROJECT/accepted.html`` unless given.
            cases: which cases; all accepted ones when None.
            names: names of the project instead of pseudonyms.

        Raises:
            InputError: nothing is accepted yet.
            ProjectError: the file cannot be written.
        """
        from napari_wsss.session.accepted_report import write_accepted_report

        target = Path(path) if path is not None else self.project.folder / "accepted.html"
        return (yield from write_accepted_report(self.project, target, cases, Names(self.project, names)))

    def write_key(self) -> Path:
        """Write ``pseudonyms.csv`` into the project: who is who. Raises ProjectError if it cannot."""
        return write_key(self.project)

    def _kind(self, step: str, case_id: str) -> str:
        """Give the step under whose name a mask is kept: a switched-off filter's is that of the step before."""
        return self.recipe_for(case_id).effective(step)
