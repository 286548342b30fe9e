"""The cohort: every scan read and checked once, in parallel, with all faults reported together."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from napari_wsss.data.case import Case
from napari_wsss.data.masks import read_mask
from napari_wsss.data.matching import match_channels, match_references
from napari_wsss.data.readers import list_scans, read_volume
from napari_wsss.data.readers.assemble import RED_GREEN_BLUE
from napari_wsss.data.readers.names import natural_key
from napari_wsss.data.volume import Geometry, Volume, stack_channels
from napari_wsss.errors import FaultsError, InputError
from napari_wsss.files import digest
from napari_wsss.progress import Note, Progress, Work

__all__ = ["OBLIQUE_DEGREES", "Case", "file_names", "scan_cohort"]

OBLIQUE_DEGREES = 1.0
"""A scan whose voxel axes lie further than this off the body axes is called oblique."""


@dataclass(frozen=True)
class _Entry:
    """What is known of a case before its files are read."""

    id: str
    patient: str
    channels: Mapping[str, Path]
    reference: Path | None


def scan_cohort(
    images: Path | None, channels: Mapping[str, Path] | None, reference: Path | None = None
) -> Work[list[Case]]:
    """Read every scan once and list the cases, in natural order of their ids.

    Args:
        images: folder with one scan per case (or one file).
        channels: channel name → folder, for several co-registered scans per case. Give this or ``images``.
        reference: folder of reference masks, named as the scans; cases may lack one.

    Returns:
        The cases, without subset. Where some images are in colour and some grey, all count as colour.

    Raises:
        InputError: both or neither of ``images`` and ``channels``, or a folder without scans.
        FaultsError: all faults of all files: damaged, NaN or infinite voxels, a channel missing, channels or reference
            of another shape, cases with different channels.
    """
    folders = _folders(images, channels)
    matched, faults = match_channels({name: list_scans(folder) for name, folder in folders.items()})
    masks = yield from _references(matched, reference)
    entries = [_Entry(name, _patient(name, paths, folders), paths, masks.get(name)) for name, paths in matched.items()]
    cases, damaged = yield from _read_all(entries)
    alike, odd = _same_channels(cases)
    if any(old is not new for old, new in zip(cases, alike, strict=True)):
        yield Note("Some images are in colour and some are grey: all are used as colour images.")
    faults += damaged + odd
    if faults:
        raise FaultsError(f"scans in {', '.join(str(folder) for folder in folders.values())}", faults)
    return alike


def file_names(cases: Iterable[Case]) -> dict[str, str]:
    """Give the case id for each name of a file or folder of the cases, as label tables use them.

    A name that two cases share (``p1/flair.nii.gz`` and ``p2/flair.nii.gz``) is left out, for it names neither.
    """
    owners: dict[str, set[str]] = {}
    for case in cases:
        for path in case.channels.values():
            owners.setdefault(path.name, set()).add(case.id)
    return {name: next(iter(ids)) for name, ids in owners.items() if len(ids) == 1}


def _folders(images: Path | None, channels: Mapping[str, Path] | None) -> dict[str, Path]:
    if images is not None and channels:
        raise InputError("Both images and channels were given. Give one folder of images, or one folder per channel.")
    if images is None and not channels:
        raise InputError("No scans were given. Give a folder of images, or one folder per channel.")
    folders = {"image": images} if images is not None else dict(channels or {})
    return {name: Path(folder).absolute() for name, folder in folders.items()}


def _references(matched: Mapping[str, Mapping[str, Path]], folder: Path | None) -> Work[dict[str, Path]]:
    if folder is None:
        return {}
    masks, spare = match_references(matched, list_scans(folder))
    if not masks and matched:
        raise InputError(f"{folder}: no mask is named as one of the scans (such as '{next(iter(matched))}').")
    if spare:
        yield Note(f"{len(spare)} reference masks belong to no scan, such as {spare[0].name}.", "warning")
    return masks


def _patient(name: str, paths: Mapping[str, Path], folders: Mapping[str, Path]) -> str:
    """Give the folder below the one given in which the scan lies, so that a patient's series stay together."""
    channel, path = next(iter(paths.items()))
    if not path.is_relative_to(folders[channel]):
        return name
    parts = path.relative_to(folders[channel]).parts
    return parts[0] if len(parts) > 1 else name


def _read_all(entries: list[_Entry]) -> Work[tuple[list[Case], list[str]]]:
    cases: list[Case] = []
    faults: list[str] = []
    # Threads: decompression and checks leave the GIL; few, as each holds a scan in memory.
    pool = ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1))
    try:
        tasks = {pool.submit(_read, entry): entry for entry in entries}
        for done, task in enumerate(as_completed(tasks), start=1):
            case, found = task.result()
            cases += [case] if case is not None else []
            faults += found
            yield Progress("reading", done, len(entries), tasks[task].id)
    finally:
        pool.shutdown(cancel_futures=True)
    return sorted(cases, key=lambda case: natural_key(Path(case.id))), sorted(faults)


def _read(entry: _Entry) -> tuple[Case | None, list[str]]:
    """Read a case: the case, or None, and its faults."""
    faults: list[str] = []
    volumes: dict[str, Volume] = {}
    for name, path in entry.channels.items():
        try:
            volumes[name] = read_volume(path, name)
        except InputError as error:
            faults.append(str(error))
    if faults:
        return None, faults
    try:
        volume = stack_channels(volumes)
        warnings = _warnings(volume, entry.reference)
    except InputError as error:
        return None, [str(error)]
    return _case(entry, volume, warnings), []


def _warnings(volume: Volume, reference: Path | None) -> tuple[str, ...]:
    lines = []
    angle = volume.geometry.oblique_degrees
    if angle > OBLIQUE_DEGREES:
        lines.append(f"oblique: {angle:.1f}° off the body axes, shown along its own grid, never resampled")
    if reference is not None and not _check_reference(volume, reference).fits(volume.geometry, tolerance=0.01):
        lines.append("reference: its header gives another position than the scan's; compared voxel by voxel")
    return tuple(lines)


def _check_reference(volume: Volume, reference: Path) -> Geometry:
    _, geometry = read_mask(reference)
    if geometry.shape != volume.geometry.shape:
        raise InputError(
            f"{reference}: mask of shape {geometry.shape}, but its scan {volume.source.path.name} has "
            f"{volume.geometry.shape} (Z, Y, X). Give a mask drawn on that scan."
        )
    return geometry


def _case(entry: _Entry, volume: Volume, warnings: tuple[str, ...]) -> Case:
    array, geometry = volume.array, volume.geometry
    content = digest(array.dtype.str, str(array.shape), geometry.affine.tobytes(), array.tobytes())
    return Case(
        id=entry.id,
        patient=entry.patient,
        subset=None,
        channels=dict(entry.channels),
        geometry=geometry,
        channel_names=volume.channels,
        rgb=volume.rgb,
        format=volume.source.format,
        digest=content,
        reference=entry.reference,
        warnings=warnings,
    )


def _same_channels(cases: list[Case]) -> tuple[list[Case], list[str]]:
    """Make grey cases colour where some are; name the cases whose channels differ from the usual ones."""
    if any(case.rgb for case in cases):
        cases = [_coloured(case) if len(case.channel_names) == 1 else case for case in cases]
    counts = Counter(case.channel_names for case in cases)
    if len(counts) < 2:
        return cases, []
    usual = counts.most_common(1)[0][0]
    return cases, [
        f"case '{case.id}': channels {', '.join(case.channel_names)}, where most have {', '.join(usual)}. "
        "All cases need the same channels."
        for case in cases
        if case.channel_names != usual
    ]


def _coloured(case: Case) -> Case:
    return case.replace(rgb=True, channel_names=RED_GREEN_BLUE, digest=digest(case.digest, "rgb"))
