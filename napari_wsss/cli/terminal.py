"""What the command line shows: progress on standard error, results on standard output, one line for an error."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from napari_wsss.errors import Cancelled, WsssError
from napari_wsss.progress import About, Event, Note, Picture, Progress, Work, drain

if TYPE_CHECKING:
    from rich.progress import TaskID

T = TypeVar("T")
PROGRAM = "napari-wsss"
_rename: Callable[[str], str] = str


def watch(work: Work[T]) -> T:
    """Run ``work`` to its end and return its result, with a bar a stage; Ctrl-C closes it, so that it cleans up."""
    listener: Listener = Bars() if sys.stderr.isatty() else Lines()
    with closing(work), listener:
        return drain(work, listener.hear)


class Listener(Protocol):
    """Shows the events of long work while it is entered."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def hear(self, event: Event) -> None:
        """Show an event."""


class Bars:
    """Progress bars on a terminal, one a stage."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self._bars = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[words]}", markup=False),
            console=Console(stderr=True),
        )
        self._stages: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def hear(self, event: Event) -> None:
        """Move the bar of the event's stage, or print a note above the bars."""
        if not isinstance(event, Progress):
            if line := _line_of(event):
                self._bars.console.print(line, markup=False, highlight=False)
            return
        if event.stage not in self._stages:
            self._stages[event.stage] = self._bars.add_task(event.stage, total=None, words="")
        stage = self._stages[event.stage]
        self._bars.update(stage, total=event.total or None, completed=event.done, words=_words(event))


class Lines:
    """Plain lines for a log file: when a stage begins, each tenth of it, and notes."""

    def __init__(self) -> None:
        self._told: tuple[str, int] = ("", -1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def hear(self, event: Event) -> None:
        """Print the event if it says something new."""
        if not isinstance(event, Progress):
            if line := _line_of(event):
                _say(line)
            return
        tenth = 10 * event.done // event.total if event.total else 0
        if (event.stage, tenth) != self._told:
            self._told = (event.stage, tenth)
            of = f" {event.done}/{event.total}" if event.total else ""
            _say(f"{event.stage}{of} {_words(event)}".rstrip())


def print_warning(text: str) -> None:
    """Write a warning to standard error."""
    _say(_note_line(Note(text, "warning")))


def print_json(value: Any) -> None:  # noqa: ANN401 (any JSON value)
    """Write a result as JSON to standard output; paths become text."""
    sys.stdout.write(json.dumps(value, indent=1, default=os.fspath) + "\n")


def print_line(text: str = "") -> None:
    """Write a line to standard output."""
    sys.stdout.write(text + "\n")


def print_table(rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as columns of text to standard output; columns in order of first appearance."""
    rows = list(rows)
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [names, *([_cell(row.get(name)) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    for line in cells:
        print_line("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def duration(seconds: float | None) -> str:
    """Give a length of time as a person says it: "40 s", "12 min", "3.5 h"; "?" when unknown."""
    if seconds is None:
        return "?"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def guarded(command: Callable[[], int | None], *, debug: bool) -> int:
    """Do a command and give its exit code; an error becomes one line on standard error.

    Cases are called by their names until the command says otherwise (:func:`call_cases`).

    Args:
        command: gives an exit code, or None for 0.
        debug: show tracebacks.
    """
    call_cases(str)
    try:
        with _stop_on_terminate():
            return command() or 0
    except SystemExit as end:  # help and usage errors, already told
        return end.code if isinstance(end.code, int) else 0
    except (KeyboardInterrupt, Cancelled):
        _say(f"{PROGRAM}: stopped. What was finished before is kept; the same command goes on from there.")
        return Cancelled.exit_code
    except BrokenPipeError:  # the reader of the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except WsssError as error:
        return _told(error, str(error), error.exit_code, debug=debug)
    except Exception as error:  # noqa: BLE001 (the last place to turn an error into one line)
        words = " ".join(str(error).split())
        text = f"unexpected {type(error).__name__}: {words} (--debug shows where)"
        return _told(error, text, WsssError.exit_code, debug=debug)


@contextmanager
def _stop_on_terminate() -> Iterator[None]:
    """Let a polite `kill` or a batch system's time limit stop like Ctrl-C does: cleanly."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _told(error: Exception, text: str, code: int, *, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    _say(f"{PROGRAM}: error: {text}")
    return code


def call_cases(rename: Callable[[str], str]) -> None:
    """Have ``rename`` look over every line on its way to a log file; lines on a terminal stay as they are."""
    global _rename  # noqa: PLW0603 (one process, one command, one log)
    _rename = rename


def _say(line: str) -> None:
    sys.stderr.write((line if sys.stderr.isatty() else _rename(line)) + "\n")
    sys.stderr.flush()


def _note_line(note: Note) -> str:
    return f"warning: {note.text}" if note.level == "warning" else note.text


def _line_of(event: Note | Picture | About) -> str:
    """Give the line of an event that moves no bar; empty for a picture."""
    if isinstance(event, Note):
        return _note_line(event)
    if isinstance(event, About):
        facts = ", ".join(f"{name} {value}" for name, value in event.facts.items())
        return f"{event.stage}: {facts}"
    return ""


def _words(event: Progress) -> str:
    figures = " ".join(f"{name} {value:.4g}" for name, value in event.values.items())
    return " ".join(part for part in (event.message, figures) if part)


def _cell(value: Any) -> str:  # noqa: ANN401 (any JSON value)
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
