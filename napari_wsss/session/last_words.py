"""Last words: what a process that died wrote last, and how it ended, in one line."""

from __future__ import annotations

import signal
from collections.abc import Sequence


def epitaph(code: int | None, lines: Sequence[str]) -> str:
    """Say in one line how a process ended.

    Args:
        code: its exit code, minus the signal that ended it; None when unknown.
        lines: what it wrote to standard error, or the end of it.
    """
    return f"{_how(code)}; its last words: {_telling(lines)}"


def _how(code: int | None) -> str:
    if code is None:
        return "nobody saw how"
    if code >= 0:
        return f"exit code {code}"
    if -code == getattr(signal, "SIGKILL", None):
        return "killed, most often because the memory ran out"
    return f"ended by {signal.Signals(-code).name}"


def _telling(lines: Sequence[str]) -> str:
    """Give the last line that says something; of a crash in compiled code, what it was and where."""
    said = [line.strip() for line in lines if line.strip() and not line.startswith("Extension modules:")]
    fatal = next((line for line in said if line.startswith("Fatal Python error")), None)
    if fatal is None:
        return said[-1] if said else "nothing"
    threads = [number for number, line in enumerate(said) if line.startswith("Current thread")]
    place = said[threads[0] + 1] if threads and threads[0] + 1 < len(said) else ""
    return f"{fatal} {place}".strip()
