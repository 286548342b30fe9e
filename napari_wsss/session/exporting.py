"""Taking masks out of a project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from napari_wsss.data.cohort import Case
from napari_wsss.errors import FaultsError, InputError
from napari_wsss.export.folder import ExportFolder
from napari_wsss.export.formats import format_named
from napari_wsss.export.item import Item
from napari_wsss.export.run import Exported, export_items
from napari_wsss.notice import NOT_FOR_DIAGNOSIS
from napari_wsss.progress import Note, Work
from napari_wsss.session.kept_masks import MaskSource
from napari_wsss.session.names import Names
from napari_wsss.store.project import Project


def export_from(
    project: Project, source: MaskSource, folder: Path, cases: Sequence[str] | None, *,
    format: str = "native", names: bool | None = None, overwrite: bool = False,
) -> Work[list[Path]]:  # fmt: skip
    """Write masks; see :meth:`napari_wsss.session.Session.export`.

    Args:
        project: the project.
        source: the masks.
        folder: where to.
        cases: which cases; None for all.
        format: one of :data:`napari_wsss.export.formats.FORMATS`.
        names: the project's own names instead of pseudonyms; None asks the preferences.
        overwrite: replace files that no export left there.
    """
    kind, called = format_named(format), Names(project, names)
    wanted = [project.case(case_id) for case_id in called.ordered(project.cases if cases is None else cases)]
    _keep_out(project, folder)

    def item_of(case: Case) -> Item | None:
        return _item(project, source, case, called)

    target = ExportFolder(folder, overwrite=overwrite)
    done = yield from export_items(wanted, item_of, kind, target, kind.title)
    yield from _tell(project, source, wanted, done, folder)
    return done.paths


def _item(project: Project, source: MaskSource, case: Case, names: Names) -> Item | None:
    mask = source.read(case.id)
    if mask is None:
        return None
    made = source.made(case.id)
    return Item(
        case=case,
        mask=mask,
        what=source.what,
        classes=project.labels.classes,
        name=names.case(case.id),
        patient=names.patient(case.id),
        scan=names.scan(case.id),
        hidden=names.hidden,
        made=made,
        by=str(made.get("by") or "") if source.what == "accepted" else "",
    )


def _keep_out(project: Project, folder: Path) -> None:
    """Refuse to write among the project's own files: a folder of its own inside the project is fine."""
    folder = Path(folder).absolute()
    own = [project.folder / name for name in ("accepted", "proposals", "predictions", "rejected", "drafts", "models")]
    if folder == project.folder or any(folder == place or folder.is_relative_to(place) for place in own):
        raise InputError(f"{folder}: holds the project itself. Give a folder of its own for the export.")


def _tell(
    project: Project, source: MaskSource, wanted: Sequence[Case], done: Exported, folder: Path
) -> Work[None]:  # fmt: skip
    """Say what the person should know; raise where a case failed.

    Raises:
        InputError: there was nothing to write.
        FaultsError: some cases could not be written; the others were.
    """
    if done.faults:
        every = len(done.names) + len(done.faults)
        raise FaultsError(f"{folder}: {len(done.names)} of {every} masks written", done.faults)
    if not done.names:
        raise InputError(f"nothing to export: none of {len(wanted)} cases has a mask of the kind '{source.what}' yet.")
    if source.what == "accepted":
        parts = [case.id for case in wanted if (some := project.accepted_slices(case.id)).any() and not some.all()]
        if parts:
            yield Note(f"{len(parts)} of them are accepted in part: their other slices are empty.", "warning")
    yield Note(NOT_FOR_DIAGNOSIS)
