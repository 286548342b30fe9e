"""Project: a plain folder that holds all a person has made; what is in it can be read without this program."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from napari_wsss import files
from napari_wsss.data.cohort import Case
from napari_wsss.data.labels import LabelTable
from napari_wsss.data.volume import Volume
from napari_wsss.errors import InputError, ProjectError
from napari_wsss.store.case_masks import CaseMasks
from napari_wsss.store.lock import LockedError, WriterLock
from napari_wsss.store.manifest import FILE_NAME, SCHEMA, Manifest, read_manifest, write_manifest
from napari_wsss.store.migrate import back_up
from napari_wsss.store.provenance import now
from napari_wsss.store.pseudonyms import draw_pseudonyms
from napari_wsss.types import LabelMap

LABELS = "labels.csv"
_LOCK = ".lock"
_OURS = (FILE_NAME, LABELS, "accepted", "rejected", "drafts", "proposals", "predictions")


class Project(CaseMasks):
    """The folder and what its manifest and label table say.

    ``project.json``, ``labels.csv``, ``accepted/``, ``rejected/``, ``drafts/``, ``proposals/<kind>/``,
    ``predictions/<model>/``, ``models/``, ``metrics/``, ``runs/``, ``cache/``, ``backups/``; projects inside it,
    ``folds/<n>/`` and ``ablations/<name>/``. Made by :meth:`create` or :meth:`open`; a context manager.

    Attributes:
        folder: the project folder, absolute.
        name: as shown.
        created: UTC, ISO 8601.
        cases: case id → case.
        labels: image-level labels; :meth:`save_labels` writes them.
        settings: recipe, overrides and the like, any JSON value; :meth:`save` writes them.
        read_only_reason: why nothing can be written; "" where it can.
        left_by: who had the project open before and ended without closing it (process, host, since); empty where all
            went well.
    """

    _pseudonyms: dict[str, str]
    _schema: int

    def __init__(self, folder: Path, manifest: Manifest, labels: LabelTable, lock: WriterLock | None) -> None:
        self.folder = folder
        self._lock = lock
        self.left_by = lock.left_by if lock is not None else {}
        self._adopt(manifest, labels)

    @classmethod
    def create(cls, folder: Path, name: str, cases: Iterable[Case], labels: LabelTable) -> Self:
        """Make a project in a new folder, or in one that holds no project yet.

        Args:
            folder: the project folder.
            name: as shown; the folder's name if empty.
            cases: at least one, each id once.
            labels: of exactly these cases.

        Raises:
            ProjectError: the folder holds a project or files that would be overwritten, or cannot be written.
            InputError: no case, one twice, or labels of other cases.
        """
        folder, listed = Path(folder).absolute(), list(cases)
        _check_cases(listed, labels)
        _check_free(folder)
        lock = _lock_new(folder)
        by_id = {case.id: case for case in listed}
        project = cls(folder, _first_manifest(name or folder.name, by_id, labels), labels, lock)
        try:
            project.save_labels()
            project.save()  # last: only with it the folder is a project
        except ProjectError:
            project.close()
            with contextlib.suppress(OSError):  # the first failure is the one to tell
                for leftover in (LABELS, _LOCK):
                    (folder / leftover).unlink(missing_ok=True)
            raise
        return project

    @classmethod
    def open(cls, folder: Path, read_only: bool = False, *, lock: bool = True) -> Self:
        """Open a project; only the manifest and the label table are read.

        Args:
            folder: the project folder.
            read_only: open for looking only, whoever else has it open.
            lock: False in the worker process of a session, which writes under the session's lock.

        Returns:
            The project. It is read-only, and ``read_only_reason`` says why, when another process has it open for
            writing or the folder cannot be written.

        Raises:
            ProjectError: no project, a damaged manifest, or one of a newer version.
            FaultsError: the label table was edited and has faults.
        """
        folder = Path(folder).absolute()
        reason = f"{folder}: was opened for reading only." if read_only else ""
        if not is_project(folder):
            read_manifest(folder)  # says so, before a lock file is left in a folder that is no project
        held = None
        if lock and not read_only:
            try:
                held = WriterLock(folder / _LOCK)
            except LockedError as error:
                reason = str(error)
        try:
            project = cls(folder, *_read(folder), held)
        except BaseException:
            if held is not None:
                held.release()
            raise
        project.read_only_reason = reason
        if held is not None:
            files.sweep(folder)
        return project

    def close(self) -> None:
        """Let others write. The project stays readable; nothing is saved by closing."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None
            self.read_only_reason = f"{self.folder}: was closed."

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def pseudonym(self, case_id: str) -> str:
        """Give the name a case bears outside the project, such as "S012-1"; it stays the same for good.

        A project of an earlier version, which has no such names, keeps them from now on; opened for reading only, it
        has other ones at each opening.

        Raises:
            InputError: no such case.
            ProjectError: as :meth:`check_writable`.
        """
        if not self.read_only:
            self.check_writable()
        return self._pseudonyms[self.case(case_id).id]

    def check_writable(self) -> None:
        """Refuse to go on in a project opened for reading; bring one of an earlier version to the present schema first.

        Before that, copies of the files that change go to ``backups/``.

        Raises:
            ProjectError: the project is read-only (it says why), or the folder cannot be written.
        """
        super().check_writable()
        if self._schema < SCHEMA and self._lock is not None:  # else who holds the lock does it
            back_up(self.folder, self._schema, (FILE_NAME, LABELS))
            self._write()

    def save(self) -> None:
        """Write the manifest (name, classes, cases, settings) atomically.

        Raises:
            ProjectError: the project is read-only or the folder cannot be written.
        """
        self.check_writable()
        self._write()

    def save_labels(self) -> None:
        """Write ``labels.csv`` atomically. Raises ProjectError as :meth:`save`."""
        self.check_writable()
        self.labels.write(self.folder / LABELS)

    def add_class(self, name: str) -> None:
        """Add a lesion class after the others and save.

        Raises:
            InputError: the name is empty, reserved or taken.
            ProjectError: as :meth:`save`.
        """
        self.check_writable()
        self.labels.add_class(name)
        self.save_labels()  # first: a class column the manifest does not know yet is adopted when opening
        self.save()

    def reload(self) -> None:
        """Read manifest and labels again, as another process left them; what was not saved is dropped.

        Raises:
            ProjectError: as :meth:`open`.
        """
        drawn = self._pseudonyms
        self._adopt(*_read(self.folder))
        if self._schema < SCHEMA:  # it has none yet: those drawn at opening hold
            self._pseudonyms = drawn

    def load(self, case_id: str) -> Volume:
        """Read the scan of a case.

        Raises:
            InputError: the scan was moved or deleted, or is damaged; the case is named.
        """
        return self.case(case_id).load()

    def load_reference(self, case_id: str) -> LabelMap | None:
        """Read the reference mask of a case, (Z, Y, X), None where there is none. Raises InputError as :meth:`load`."""
        return self.case(case_id).load_reference()

    @property
    def models_folder(self) -> Path:
        """Where trained models go, one folder each."""
        return self.folder / "models"

    @property
    def cache_folder(self) -> Path:
        """Where what can be computed again goes; it may be deleted at any time."""
        return self.folder / "cache"

    @property
    def metrics_folder(self) -> Path:
        """Where tables of figures go."""
        return self.folder / "metrics"

    def _write(self) -> None:
        manifest = Manifest(self.name, self.created, self.labels.classes, self.cases, self.settings, self._pseudonyms)
        write_manifest(self.folder, manifest)
        self._schema = SCHEMA

    def _adopt(self, manifest: Manifest, labels: LabelTable) -> None:
        self.name = manifest.name
        self.created = manifest.created
        self.cases = manifest.cases
        self.settings: dict[str, Any] = manifest.settings
        self._pseudonyms = manifest.pseudonyms
        self._schema = manifest.schema
        self.labels = labels


def is_project(folder: Path) -> bool:
    """Whether a folder holds a project (of any version, sound or not)."""
    return _exists(Path(folder) / FILE_NAME)


def _read(folder: Path) -> tuple[Manifest, LabelTable]:
    manifest, path = read_manifest(folder), folder / LABELS
    if not path.is_file():
        raise ProjectError(f"{path}: is missing. Put back a copy of it; masks and models beside it are untouched.")
    depths = {case.id: case.geometry.shape[0] for case in manifest.cases.values()}
    # The manifest's order of classes decides (masks hold their index), whatever a spreadsheet did to the columns.
    return manifest, LabelTable.read(path, depths, classes=manifest.classes, others=True)


def _first_manifest(name: str, cases: dict[str, Case], labels: LabelTable) -> Manifest:
    pseudonyms = draw_pseudonyms({case_id: case.patient for case_id, case in cases.items()})
    return Manifest(name, now(), labels.classes, cases, {}, pseudonyms)


def _check_cases(cases: list[Case], labels: LabelTable) -> None:
    ids = [case.id for case in cases]
    if not ids:
        raise InputError("A project needs at least one scan; none was given.")
    twice = sorted({case_id for case_id in ids if ids.count(case_id) > 1})
    if twice:
        raise InputError(f"Two scans bear the same name: {', '.join(twice)}. Rename one of each.")
    if set(labels.case_ids) != set(ids):
        odd = sorted(set(labels.case_ids) ^ set(ids))
        raise InputError(f"Labels and scans are not of the same cases: {', '.join(odd[:5])}.")


def _check_free(folder: Path) -> None:
    if is_project(folder):
        raise ProjectError(f"{folder}: holds a project already. Open it, or give another folder.")
    taken = [name for name in _OURS if _exists(folder / name)]
    if taken:
        raise ProjectError(
            f"{folder}: holds {', '.join(taken)}, which a project here would overwrite. Give a new or empty folder."
        )


def _lock_new(folder: Path) -> WriterLock:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise ProjectError(f"{folder}: cannot be made ({reason}). Give a folder you may write to.") from error
    try:
        return WriterLock(folder / _LOCK)
    except LockedError as error:
        advice = "Give a folder you may write to."
        raise ProjectError(f"{folder}: a project cannot be made here: the folder {error.reason}. {advice}") from error


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder that may not even be looked into: what is wrong shows at the first write
        return False
