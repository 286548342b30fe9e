"""Which files of several folders belong to one case: matched by scan id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from napari_wsss.data.readers import scan_id

Scans = Mapping[str, Path]
"""Scan id → path."""

_MASK_TOKENS = ("mask", "masks", "seg", "segmentation", "label", "labels", "gt", "lesion", "reference", "roi", "manual")


def match_channels(channels: Mapping[str, Scans]) -> tuple[dict[str, dict[str, Path]], list[str]]:
    """Match the scans of each channel into cases.

    Ids that every channel has match as they are. The others match after the channel's name, or a four-digit number
    that all files of the channel end in (nnU-Net's ``_0000``), is taken off their end.

    Args:
        channels: channel name → its scans.

    Returns:
        Case id → channel name → path, for complete cases only; and one line for each incomplete or doubtful one.
    """
    shared = set.intersection(*(set(scans) for scans in channels.values()))
    found: dict[str, dict[str, Path]] = {}
    faults: list[str] = []
    for channel, scans in channels.items():
        for name, path in scans.items():
            case = name if name in shared else _without_token(name, _channel_tokens(channel, scans))
            known = found.setdefault(case, {})
            if channel in known:
                faults.append(f"{path}: channel '{channel}' of case '{case}' is already {known[channel].name}.")
            known.setdefault(channel, path)
    for case, paths in found.items():
        faults += [_missing(case, channel, paths) for channel in channels if channel not in paths]
    complete = {
        case: {name: paths[name] for name in channels} for case, paths in found.items() if len(paths) == len(channels)
    }
    return complete, faults


def match_references(cases: Mapping[str, Scans], references: Scans) -> tuple[dict[str, Path], list[Path]]:
    """Match reference masks to cases: by the case's id or one of its file names, else without an ending as ``_mask``.

    Args:
        cases: case id → channel name → path.
        references: scan id → path of the mask.

    Returns:
        Case id → mask, and the masks that belong to no case.
    """
    known = {scan_id(path): case for case, paths in cases.items() for path in paths.values()}
    known |= {case: case for case in cases}
    matched: dict[str, Path] = {}
    spare: list[Path] = []
    for name, path in references.items():
        case = known.get(name) or known.get(_without_token(name, _MASK_TOKENS))
        if case is None or case in matched:
            spare.append(path)
        else:
            matched[case] = path
    return matched, spare


def _missing(case: str, channel: str, paths: Scans) -> str:
    there = next(iter(paths.values()))
    return f"case '{case}': no scan in channel '{channel}' (there is {there}). Add the file or take the case out."


def _channel_tokens(channel: str, scans: Scans) -> tuple[str, ...]:
    ends = {name[-4:] for name in scans}
    number = next(iter(ends)) if len(ends) == 1 else ""
    return (channel, number) if re.fullmatch(r"\d{4}", number) else (channel,)


def _without_token(name: str, tokens: Iterable[str]) -> str:
    choices = "|".join(re.escape(token) for token in tokens)
    return re.sub(rf"(?i)(?<=.)[-_. ]({choices})$", "", name)
