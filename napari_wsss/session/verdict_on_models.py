"""What a comparison of two models says: means, an interval of their difference, and the gist in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from napari_wsss.metrics.paired import bootstrap_interval

EVERYBODY, UNSEEN = "all", "not in training"
"""Of whom a row of the summary speaks."""


def summary_of(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give the summary of :func:`compare` from its rows: a row for each class and group of patients that has any."""
    found = []
    for cls in dict.fromkeys(row["class"] for row in rows):
        of_class = [row for row in rows if row["class"] == cls]
        unseen = [row for row in of_class if not (row["first_saw"] or row["second_saw"])]
        groups = {EVERYBODY: of_class} | ({UNSEEN: unseen} if len(unseen) < len(of_class) else {})
        found += [_summary(group, cls, chosen) for group, chosen in groups.items() if chosen]
    return found


def gist(result: Mapping[str, Any]) -> str:
    """Say in a sentence or two how two models compare; of several classes, the first."""
    if not result["summary"]:
        return "No accepted mask holds a lesion: there is nothing to compare yet."
    cls = result["summary"][0]["class"]
    groups = {row["patients"]: row for row in result["summary"] if row["class"] == cls}
    row = groups.get(UNSEEN, groups[EVERYBODY])
    who = "that neither model learnt from" if UNSEEN in groups else "with accepted masks"
    if UNSEEN not in groups and any(one["first_saw"] or one["second_saw"] for one in result["rows"]):
        who = "with accepted masks, all of them seen in training: this says little about new scans"
    means = f"Dice {row['second']:.3f}, before {row['first']:.3f}, in {row['compared']} patients {who}."
    if row["low"] is None:
        return f"{means} One patient is too few to tell whether the models differ."
    span = f"{row['difference']:+.3f} ({row['low']:+.3f} to {row['high']:+.3f})".replace("-", "−")
    sure = "It is better" if row["low"] > 0 else "It is worse" if row["high"] < 0 else "They may be equally good"
    return f"{means} {sure}: difference {span}."


def surely_worse(result: Mapping[str, Any]) -> bool:
    """Whether the newer model is worse on patients that neither learnt from: the whole interval lies below 0."""
    groups = {row["patients"]: row for row in reversed(result["summary"])}  # of several classes the first holds
    row = groups.get(UNSEEN)
    if row is None and not any(one["first_saw"] or one["second_saw"] for one in result["rows"]):
        row = groups.get(EVERYBODY)
    return row is not None and row["high"] is not None and row["high"] < 0


def _summary(group: str, cls: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    interval = bootstrap_interval([row["difference"] for row in rows])
    means = {name: float(np.mean([row[name] for row in rows])) for name in ("first", "second", "difference")}
    low, high = interval if interval is not None else (None, None)
    return {"patients": group, "class": cls, "compared": len(rows), **means, "low": low, "high": high}
