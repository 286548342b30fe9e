"""The events that long work yields.

Long work is a plain generator: it yields events and *returns* its result. The command line draws a bar,
a dock a progress widget, a test calls :func:`drain`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

from napari_wsss.errors import WsssError

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Progress:
    """``done`` of ``total`` units of ``stage`` are finished.

    Attributes:
        stage: what is being done, as shown to a person ("train-classifier", "maps", …).
        done: finished units, 0 … total.
        total: all units; 0 when unknown.
        message: one short line about the present unit.
        values: figures to plot or print (loss, accuracy, learning rate, …).
    """

    stage: str
    done: int
    total: int
    message: str = ""
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Note:
    """One line the person should read: a choice made for them, a warning."""

    text: str
    level: Literal["info", "warning"] = "info"


@dataclass(frozen=True)
class Picture:
    """A picture to look at while the work goes on; the newest of a stage takes the place of the one before.

    Attributes:
        stage: what it belongs to.
        path: a PNG file, whole by the time of the event.
        caption: what it shows, in one line.
    """

    stage: str
    path: str
    caption: str = ""


@dataclass(frozen=True)
class About:
    """What a stage works with, for a badge.

    Attributes:
        stage: what it belongs to.
        facts: name → value in words ("device" → "CPU (x86_64), 2 threads", "precision", "examples", …).
    """

    stage: str
    facts: Mapping[str, str] = field(default_factory=dict)


Event = Progress | Note | Picture | About
Work = Generator[Event, None, T]


def event_to_json(event: Event) -> dict[str, Any]:
    """Give the JSON object of an event, as :func:`event_from_json` reads it."""
    if isinstance(event, Note):
        return {"event": "note", "text": event.text, "level": event.level}
    if isinstance(event, Picture):
        return {"event": "picture", "stage": event.stage, "path": event.path, "caption": event.caption}
    if isinstance(event, About):
        return {"event": "about", "stage": event.stage, "facts": dict(event.facts)}
    return {
        "event": "progress",
        "stage": event.stage,
        "done": event.done,
        "total": event.total,
        "message": event.message,
        "values": {name: float(value) for name, value in event.values.items()},
    }


def event_from_json(data: Mapping[str, Any]) -> Event:
    """Rebuild an event from :func:`event_to_json`."""
    fields = {key: value for key, value in data.items() if key != "event"}
    return _KINDS[data["event"]](**fields)


_KINDS: Mapping[str, type[Event]] = {"note": Note, "picture": Picture, "about": About, "progress": Progress}


def drain(work: Generator[S, None, T], listen: Callable[[S], object] | None = None) -> T:
    """Run ``work`` to its end and return its result; ``listen`` hears every event."""
    while True:
        try:
            event = next(work)
        except StopIteration as stop:
            result: T = stop.value
            return result
        if listen is not None:
            listen(event)


def telling(work: Generator[S, None, R], change: Callable[[S], T]) -> Generator[T, None, R]:
    """Run ``work`` to its end, yielding what ``change`` makes of what it yields; closing closes ``work`` too."""
    with closing(work):
        while True:
            try:
                told = next(work)
            except StopIteration as stop:
                result: R = stop.value
                return result
            yield change(told)


def reworded(event: Event, change: Callable[[str], str]) -> Event:
    """Give an event with the texts that may name a case changed: message, note, caption, facts."""
    if isinstance(event, Progress):
        return replace(event, message=change(event.message))
    if isinstance(event, Note):
        return replace(event, text=change(event.text))
    if isinstance(event, Picture):
        return replace(event, caption=change(event.caption))
    return replace(event, facts={name: change(value) for name, value in event.facts.items()})


def part_of(work: Work[T], stage: str, before: int, total: int, message: str = "") -> Work[T]:
    """Run ``work`` as a part of something larger: its progress counts on from ``before`` of ``total`` of ``stage``."""

    def counted_on(event: Event) -> Event:
        return Progress(stage, before + event.done, total, message) if isinstance(event, Progress) else event

    return telling(work, counted_on)


def told_by(work: Work[T], name: str) -> Work[T]:
    """Run ``work`` as one of several alike: its stages and its error are told as those of ``name``."""

    def named(event: Event) -> Event:
        if isinstance(event, Note):
            return Note(f"{name}: {event.text}", event.level)
        return replace(event, stage=f"{name}: {event.stage}")

    try:
        return (yield from telling(work, named))
    except WsssError as error:
        error.args = (f"{name}: {error}",)
        raise
