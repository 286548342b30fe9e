"""Threshold search and calibration as a person reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from napari_wsss.cli.terminal import PROGRAM, print_line, print_table


def tell_search(table: Mapping[str, Any], project: Path, *, applied: bool) -> None:
    """Show the scores of one threshold as a table, of two as a heat map in figures, then the best."""
    first, *others = table["axes"]
    if others:
        print_line(f"Dice at '{table['at']}': rows {first['step']}, columns {others[0]['step']}")
        heads = [f"{value:g}" for value in others[0]["values"]]
        print_table(
            {"": f"{value:g}", **{head: f"{dice:.2f}" for head, dice in zip(heads, row, strict=True)}}
            for value, row in zip(first["values"], table["dice"], strict=True)
        )
    else:
        rows = zip(first["values"], table["dice"], table["miou"], strict=True)
        print_table(
            {first["step"]: f"{value:g}", "Dice": f"{dice:.3f}", "mIoU": f"{miou:.3f}", "": "#" * round(40 * dice)}
            for value, dice, miou in rows
        )
    names = (("best Dice", "best"), ("best mIoU", "best_miou"), ("set now", "now"), ("fixed", "fixed"))
    print_line("")
    print_table({"": name, **_scored(table[key])} for name, key in names)
    print_line(table["text"])
    _tell_next(table["best"]["settings"], project, applied=applied)


def tell_calibration(outcome: Mapping[str, Any], project: Path, *, applied: bool) -> None:
    """Show before and after case by case, what was found, and whether it holds."""
    rows = [*outcome["rows"], {"case": "mean", **{key: _dice(outcome[key]) for key in ("before", "after", "unseen")}}]
    print_table(
        {
            "case": row["case"],
            "slices": row.get("slices", ""),
            "before": _figure(row["before"]),
            "after": _figure(row["after"]),
            "chosen without it": _figure(row["unseen"]),
        }
        for row in rows
    )
    print_line("")
    if outcome["found"]:
        print_table(
            {"knob": name, "now": _word(outcome["present"][name]), "found": _word(value)}
            for name, value in outcome["found"].items()
        )
    print_line(f"{outcome['reason']} ({outcome['text']})")
    if not outcome["finished"]:
        print_line("The time was over before the search was; --minutes gives it more.")
    _tell_next(outcome["settings"], project, applied=applied)


def _tell_next(settings: Mapping[str, Any], project: Path, *, applied: bool) -> None:
    if not settings:
        return
    words = " ".join(f"{name}={_word(value)}" for name, value in settings.items())
    if applied:
        print_line(f"Set: {words}. Make the masks with: {PROGRAM} propose {project}")
    else:
        print_line(f"Apply it with: {PROGRAM} propose {project} --set {words}")


def _word(value: Any) -> str:  # noqa: ANN401 (a knob's value)
    """Write a value as ``--set`` reads it."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.strip('"')


def _scored(score: Mapping[str, Any]) -> dict[str, str]:
    values = {name: f"{value:g}" for name, value in score["settings"].items()}
    return values | {"Dice": f"{score['dice']:.3f}", "mIoU": f"{score['miou']:.3f}"}


def _dice(figures: Mapping[str, float] | None) -> float | None:
    return None if figures is None else figures["dice"]


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
