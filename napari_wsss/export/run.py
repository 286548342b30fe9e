"""The export itself: one case after the other, faults collected, nothing half done when it is stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from napari_wsss.data.case import Case
from napari_wsss.errors import InputError
from napari_wsss.export.folder import ExportFolder
from napari_wsss.export.format import Format
from napari_wsss.export.item import Item
from napari_wsss.export.record import heading, record_of
from napari_wsss.files import write_text
from napari_wsss.notice import NOT_FOR_DIAGNOSIS
from napari_wsss.progress import Progress, Work

RECORD = "export.json"
README = "README.txt"


@dataclass
class Exported:
    """What an export did.

    Attributes:
        names: the cases written, by the names they bear outside.
        paths: the files written, without the JSON files that describe them.
        faults: one line for each case that could not be written.
    """

    names: list[str] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def export_items(
    cases: Sequence[Case], item_of: Callable[[Case], Item | None], kind: Format, folder: ExportFolder, title: str
) -> Work[Exported]:
    """Write the mask of each case that has one. Closing the generator stops between two cases.

    Args:
        cases: the cases asked for.
        item_of: gives what is to be written of a case, or None where there is no mask.
        kind: the format.
        folder: where to.
        title: name of the format, for the file that describes the export.

    Raises:
        ProjectError: the folder cannot be written; what is written by then is whole.
    """
    done = Exported()
    items: list[Item] = []
    for number, case in enumerate(cases):
        yield Progress("export", number, len(cases), items[-1].name if items else "")
        try:
            item = item_of(case)
            if item is not None:
                done.paths += _put(item, kind, folder)
                items.append(item)
        except InputError as error:
            done.faults.append(str(error) if case.id in str(error) else f"'{case.id}': {error}")
    done.names = [item.name for item in items]
    if items:
        done.paths += _finish(items, kind, folder, title)
    yield Progress("export", len(cases), len(cases))
    return done


def _put(item: Item, kind: Format, folder: ExportFolder) -> list[Path]:
    with folder.staged() as stage:
        kind.write(item, stage)
        return folder.put(stage, kind.record(item), {**record_of(item), **kind.facts(item)})


def _finish(items: Sequence[Item], kind: Format, folder: ExportFolder, title: str) -> list[Path]:
    """Write what stands for the whole export, and a page to read first."""
    first = items[0]
    facts = {
        **heading(),
        "format": title,
        "what": first.what,
        "names": "pseudonyms" if first.hidden else "as in the project",
        "cases": [item.name for item in items],
    }
    with folder.staged() as stage:
        kind.finish(stage, folder.folder)
        write_text(stage / README, _readme(first, title))
        moved = folder.put(stage, RECORD, facts, spare=[README])
    return [path for path in moved if path.name != README]


def _readme(item: Item, title: str) -> str:
    labels = ", ".join(f"{value} {name}" for value, name in enumerate(item.classes, start=1))
    names = (
        "Cases bear pseudonyms; which is whose is known to the project alone."
        if item.hidden
        else "Cases bear the names they have in the project."
    )
    return (
        f"{NOT_FOR_DIAGNOSIS}\n\n"
        f"Masks ({item.what}) exported with {heading()['written_by']} as {title}.\n"
        f"Label values: 0 background, {labels}.\n{names}\n"
        "The JSON files tell of every mask where it lies and how it was made.\n"
    )
