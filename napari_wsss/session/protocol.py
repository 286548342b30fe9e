"""What the window and the worker process say to each other: one JSON object a line, both ways.

To the worker: ``{"call": n, "task": name, "arguments": {…}}`` and ``{"cancel": n}``. Back: ``{"call": n, …}`` with
one of ``"event"``, ``"result"``, ``"error"`` or ``"cancelled"``; the last three end the call.
"""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from napari_wsss import errors
from napari_wsss.errors import FaultsError, JobError, WsssError

Message = dict[str, Any]
ENDINGS = ("result", "error", "cancelled")


def encode(message: Mapping[str, Any]) -> str:
    """Give the line of a message, with its newline; paths become text, NumPy scalars numbers.

    Raises:
        TypeError: something in it has no JSON form.
    """
    return json.dumps(message, default=_plain) + "\n"


def decode(line: str) -> Message:
    """Read a line of :func:`encode`."""
    message: Message = json.loads(line)
    return message


def error_to_json(error: Exception, task: str) -> Message:
    """Describe an error so that :func:`error_from_json` can raise it on the other side.

    An error of this package keeps its class and text. Any other becomes a JobError of one line,
    with the traceback as a note that only shows where tracebacks do.
    """
    if isinstance(error, FaultsError):
        return {"kind": type(error).__name__, "subject": error.subject, "faults": error.faults}
    if isinstance(error, WsssError):
        return {"kind": type(error).__name__, "text": str(error)}
    trace = "".join(traceback.format_exception(error))
    return {"kind": JobError.__name__, "text": _unexpected(error, task), "trace": trace}


def error_from_json(data: Mapping[str, Any]) -> WsssError:
    """Rebuild an error from :func:`error_to_json`."""
    found = getattr(errors, data["kind"], None)
    kind = found if isinstance(found, type) and issubclass(found, WsssError) else WsssError
    if issubclass(kind, FaultsError):
        return kind(data["subject"], data["faults"])
    rebuilt = kind(data["text"])
    if "trace" in data:
        rebuilt.add_note(data["trace"])
    return rebuilt


def reworded_error(data: Mapping[str, Any], change: Callable[[str], str]) -> Message:
    """Give what :func:`error_to_json` gave with its texts changed."""
    told = {name: change(value) for name, value in data.items() if name != "kind" and isinstance(value, str)}
    faults = {"faults": [change(fault) for fault in data["faults"]]} if "faults" in data else {}
    return {**data, **told, **faults}


def _unexpected(error: Exception, task: str) -> str:
    words = " ".join(str(error).split()) or "no further words"
    if isinstance(error, MemoryError) or "out of memory" in words.lower():
        return f"{task}: the memory did not suffice ({words[:200]}). Lower batch_size, size or width and run it again."
    return f"{task}: failed unexpectedly with {type(error).__name__}: {words[:500]}. What was finished before is kept."


def _plain(value: Any) -> Any:  # noqa: ANN401 (json hands over anything it cannot write)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no JSON form")
