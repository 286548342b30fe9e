"""Autosave: every edit of the mask on the desk goes to a journal on the disk, in a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer, Signal

from napari_wsss.edit.history import History, Record
from napari_wsss.errors import ProjectError, WsssError
from napari_wsss.store.drafts import DraftShelf
from napari_wsss.store.journal import Journal
from napari_wsss.types import LabelMap
from napari_wsss.widgets._corrections import Corrections
from napari_wsss.widgets._notify import tell_error
from napari_wsss.widgets._writer import WRITE_SECONDS

if TYPE_CHECKING:
    from napari_wsss.widgets._desk import Desk

RETRY = 10_000
"""Milliseconds after which a write that failed is tried again."""
_Snapshot = tuple[LabelMap, History]


class Autosave(QObject):
    """Keeps corrections on the disk until they are accepted; the window never waits for it.

    Attributes:
        trouble: why the corrections on the desk are not on the disk; "" where they are.
        last: when an edit was written last; None before the first.

    Signals:
        changed: ``trouble`` or ``last`` is new.
        listed: a draft appeared on the disk, or went.
    """

    changed = Signal()
    listed = Signal()
    _wrote = Signal()
    _failed = Signal(object)
    _stuck = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self.trouble = ""
        self.last: datetime | None = None
        self._awaited: list[Corrections] = []
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._flushes = ThreadPoolExecutor(1, "autosave-flush")
        self._flushing: set[int] = set()
        self._retry = QTimer(self, singleShot=True, interval=RETRY)
        self._retry.timeout.connect(self._try_again)
        self._wrote.connect(self._on_written)
        self._failed.connect(self._on_failed)
        self._stuck.connect(tell_error)
        desk.edits.recorded.connect(self._on_record)
        desk.mask.set_aside.connect(self._on_set_aside)
        desk.mask.dropped.connect(self._on_dropped)
        desk.writer.written.connect(self._sweep)

    def watch(self, kept: Corrections) -> None:
        """Remove these corrections from the disk once a mask with all of them was accepted."""
        self._awaited.append(kept)

    def discard(self, case_id: str) -> None:
        """Throw away all corrections of a case, on the desk or not."""
        if not self._desk.mask.discard_all(case_id) and self._shelf is not None:
            self._do(partial(self._remove_all, self._shelf, case_id))

    def finish(self, seconds: float = 10.0) -> bool:
        """Wait until everything handed over is written, or was tried; whether that came in time."""
        done = threading.Event()
        if self._thread is None:
            return True
        self._tasks.put(done.set)
        return done.wait(seconds)

    def close(self) -> None:
        """Write what is left, remove what was accepted, and end the thread: the project is about to be closed."""
        self._retry.stop()
        self._try_again()
        self._sweep()
        self._awaited, self.trouble, self.last = [], "", None
        if self._thread is not None:
            self._tasks.put(None)
            self._thread.join(WRITE_SECONDS)
            self._thread = None
        self._flushes.submit(int).result(WRITE_SECONDS)

    # In the window's thread

    def _on_record(self, record: Record) -> None:
        kept = self._desk.mask.corrections
        if kept is not None:
            self._hand_over(kept, record, None if kept.sound else self._snapshot())

    def _on_set_aside(self, kept: Corrections) -> None:
        if not kept.sound and kept.mask is not None:
            self._hand_over(kept, None, (kept.mask, kept.history.copy()))
        self._do(partial(_rest, kept))

    def _on_dropped(self, kept: Corrections) -> None:
        if self._shelf is not None and not kept.removed:
            kept.removed = True
            self._do(partial(self._remove, self._shelf, kept))

    def _sweep(self) -> None:
        """Remove corrections that were accepted, also of cases no longer on the desk."""
        for kept in self._awaited:
            if kept.spent:
                self._on_dropped(kept)
        if self._desk.writer.idle:
            self._awaited.clear()

    def _try_again(self) -> None:
        kept = self._desk.mask.corrections
        if kept is not None and not kept.sound:
            self._hand_over(kept, None, self._snapshot())

    def _hand_over(self, kept: Corrections, record: Record | None, snapshot: _Snapshot | None) -> None:
        """Let one more edit be written; with a ``snapshot`` the journal is begun anew."""
        kept.handed += 1
        if self._shelf is not None:
            kept.sound = True
            self._do(partial(self._write, self._shelf, kept, kept.handed, record, snapshot))

    def _snapshot(self) -> _Snapshot | None:
        layers = self._desk.layers
        return None if layers is None else (layers.mask.copy(), self._desk.edits.history.copy())

    @property
    def _shelf(self) -> DraftShelf | None:
        session = self._desk.session
        return session.project.drafts if session is not None and self._desk.writable else None

    def _do(self, task: Callable[[], None]) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="autosave", daemon=True)
            self._thread.start()
        self._tasks.put(task)

    def _on_written(self) -> None:
        self.trouble, self.last = "", datetime.now().astimezone()
        self._desk.mask.forget_saved()
        self.changed.emit()

    def _on_failed(self, error: Exception) -> None:
        if not self.trouble:
            advice = "Your corrections stay in the window: save them elsewhere in the Review dock, or free space."
            tell_error(ProjectError(f"{error} {advice}"))
        self.trouble = str(error)
        self._retry.start()
        self.changed.emit()

    # In the thread

    def _run(self) -> None:
        for task in iter(self._tasks.get, None):
            task()

    def _write(
        self, shelf: DraftShelf, kept: Corrections, ticket: int, record: Record | None, snapshot: _Snapshot | None
    ) -> None:
        new = kept.stored is None and not kept.written
        try:
            self._put_down(shelf, kept, record, snapshot)
        except Exception as error:  # noqa: BLE001 (whatever it is, the thread lives on and the person is told)
            kept.sound = False
            self._failed.emit(error)
            return
        kept.sound, kept.written = True, ticket
        self._wrote.emit()
        if new:
            self.listed.emit()

    def _put_down(
        self, shelf: DraftShelf, kept: Corrections, record: Record | None, snapshot: _Snapshot | None
    ) -> None:
        journal = kept.journal or self._journal(shelf, kept)
        if snapshot is not None:
            journal.begin(*snapshot)
            self._flushing.discard(id(kept))  # what is being flushed is the file before
        elif record is not None:
            journal.append(record)
        self._flush(kept, journal)
        kept.journal = journal  # only now: one that was never begun gets a number of its own the next time

    def _flush(self, kept: Corrections, journal: Journal) -> None:
        """Let another thread make it outlive a power cut; the next edit does not wait for that."""
        if id(kept) in self._flushing:
            return
        self._flushing.add(id(kept))
        flush = journal.flusher()

        def flushed() -> None:
            self._flushing.discard(id(kept))
            try:
                flush()
            except WsssError as error:
                kept.sound = False
                self._failed.emit(error)

        self._flushes.submit(flushed)

    def _journal(self, shelf: DraftShelf, kept: Corrections) -> Journal:
        from napari_wsss.session.preferences import preferences

        if kept.stored is not None:
            return shelf.resumed(kept.case_id, kept.stored)
        return shelf.new(kept.case_id, kept.started_from, kept.made() or {}, preferences().signature)

    def _remove_all(self, shelf: DraftShelf, case_id: str) -> None:
        try:
            for number in shelf.numbers(case_id):
                shelf.remove(case_id, number)
        except WsssError as error:
            self._stuck.emit(error)
        self.listed.emit()

    def _remove(self, shelf: DraftShelf, kept: Corrections) -> None:
        try:
            if kept.journal is not None:
                kept.journal.close()
                shelf.remove(kept.case_id, int(kept.journal.path.name.partition(".")[0]))
            elif kept.stored is not None:
                shelf.remove(kept.case_id, kept.stored.number)
        except WsssError as error:
            self._stuck.emit(error)
        self.listed.emit()


def _rest(kept: Corrections) -> None:
    """Let go of the journal's file for now."""
    if kept.journal is not None:
        kept.journal.close()
