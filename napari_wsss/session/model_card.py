"""The card of a model outside its project: what it is, how to feed it, how good it is. No patient is named in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from napari_wsss.models.card import DIGEST
from napari_wsss.models.settings import IN_3D
from napari_wsss.notice import NOT_FOR_DIAGNOSIS
from napari_wsss.pipeline.outliner import preparation_of
from napari_wsss.refine.likeliest import Likeliest
from napari_wsss.session.model_entry import ModelEntry
from napari_wsss.version import __version__

README = "README.md"
_TAKEN = (
    "recipe",
    "step",
    "key",
    "role",
    "network",
    "patch",
    "best",
    "monitor",
    "epochs",
    "seconds",
    "versions",
    "time",
)
"""What is taken over from the card in the project. Nothing else is: it may name scans, files or folders."""
_TELLING = ("start", "weights")
"""Knobs that name files or folders."""


def public_card(entry: ModelEntry, channels: tuple[str, ...], patients: int, way: Likeliest) -> dict[str, Any]:
    """Give what may be said about a model outside its project, ready for YAML.

    Args:
        entry: a segmenter.
        channels: names of the scans' channels, in order.
        patients: how many patients trained it, or chose its best epoch.
        way: how its probabilities become masks.

    Raises:
        ModelError: its card does not say how scans are prepared.
    """
    card = entry.card
    preparation = preparation_of(card, entry.folder)
    own = {name: value for name, value in entry.settings.items() if name not in _TELLING}
    link = own["slices"] if "slices" in own else own["volumes"]
    return {
        "name": entry.name,
        "notice": NOT_FOR_DIAGNOSIS,
        "written_by": f"napari-wsss {__version__}",
        **{name: card[name] for name in _TAKEN if name in card},
        "classes": list(card["classes"]),
        "channels": list(channels),
        "data": {"learnt_from": entry.data, "patients": patients},
        **{name: getattr(way, name) for name in Likeliest.model_fields},
        "params": {link: preparation.model_dump(mode="json"), card["step"]: own},
        DIGEST: card[DIGEST],
    }


def readme(card: Mapping[str, Any]) -> str:
    """Give the model card for people: Markdown under a YAML heading, as model collections read it."""
    heading = {
        "tags": ["medical", "image-segmentation", "weakly-supervised"],
        "library_name": "napari-wsss",
        "pipeline_tag": "image-segmentation",
    }
    parts = [
        f"---\n{yaml.safe_dump(heading, sort_keys=False)}---\n",
        f"# {card['name']}\n",
        f"**{card['notice']}**\n",
        "## What it is\n",
        _what(card),
        "## How scans are prepared\n",
        _how(card),
        "## How good it is\n",
        _good(card),
        "## How to use it\n",
        _use(card),
        "## Settings of the training\n",
        f"```yaml\n{yaml.safe_dump(card['params'][card['step']], sort_keys=False)}```\n",
    ]
    return "\n".join(parts)


def _what(card: Mapping[str, Any]) -> str:
    network = card["network"]
    kind = "3-D U-Net" if card["role"] == "volume-segmenter" else network.get("network", "network")
    data = card["data"]
    lines = [
        f"- Network: {kind}, width {network.get('width', '?')}",
        f"- Outlines: {', '.join(card['classes'])}",
        f"- Channels, in this order: {', '.join(card['channels'])}",
        f"- Learnt from: {data['learnt_from']}, of {data['patients']} patients (with those that chose the epoch)",
        f"- Trained: {card.get('time', '?')}, recipe {card.get('recipe', '?')}, {card['written_by']}",
    ]
    return "\n".join(lines) + "\n"


def _how(card: Mapping[str, Any]) -> str:
    own = card["params"][card["step"]]
    prepared = card["params"][own["slices"] if "slices" in own else own["volumes"]]
    text = f"```yaml\n{yaml.safe_dump(dict(prepared), sort_keys=False)}```\n\n"
    level, width = prepared["window_level"], prepared["window_width"]
    intensity = {
        "robust": "each channel by itself: of the voxels above the lowest value the 1st percentile becomes 0, the 99th "
        "1, cut off beyond (colour images: the full range of the file becomes 0 to 1)",
        "tissue": "each channel by itself: of the voxels above the lowest value the 1st percentile becomes 0, the "
        "median of those above their minimum cross-entropy (Li) threshold 0.4, cut off above 1 (colour images: the "
        "full range of the file becomes 0 to 1)",
        "zscore": "each channel by itself: minus the mean, over the standard deviation, of the voxels above the lowest "
        "value",
        "window": f"a window of {width:g} around {level:g} becomes 0 to 1, cut off beyond",
        "none": "as stored",
    }[prepared["intensity"]]
    text += f"1. Grey values, over the whole scan: {intensity}.\n"
    if prepared["kind"] == "prepare-slices":
        size, crop = prepared["size"], prepared["crop"]
        cut = f"the middle {crop} × {crop} pixels of every slice" if crop else "every slice"
        text += (
            f"2. {cut[0].upper()}{cut[1:]}, the longer side scaled to {size} pixels (linear, anti-aliased), centred in "
            f"a square of {size} × {size}; the margin holds the channel's lowest value.\n"
        )
        if card["network"].get("network") == IN_3D:
            text += "3. The slices stacked: (channels, slices, rows, columns).\n"
        return text
    grid = {
        "scan": "the scan's own voxels",
        "fit": f"the scan scaled into a box of {prepared['shape']} voxels, its proportions in mm kept",
        "fill": f"each axis of the scan stretched to a box of {prepared['shape']} voxels",
    }[prepared["grid"]]
    equal = " after the histogram of the body was equalised" if prepared["equalise"] else ""
    text += f"2. Voxels: {grid}{equal}.\n"
    return text + ("3. The skull and what is outside it removed (CT).\n" if prepared.get("skull") else "")


def _good(card: Mapping[str, Any]) -> str:
    best = card.get("best")
    text = "Its best epoch was chosen by "
    text += (
        f"{card.get('monitor', 'the training loss')}: {best:.4f}.\n" if isinstance(best, int | float) else "nothing.\n"
    )
    return text + (
        "That figure was used to choose the epoch, on patients of the same project: expect less on other scans, and "
        "measure it there before you rely on it.\n"
    )


def _use(card: Mapping[str, Any]) -> str:
    text = (
        "On a folder of scans: `napari-wsss segment THIS_FOLDER --images SCANS --out MASKS`. In a project: "
        "`napari-wsss models PROJECT --import THIS_FOLDER`.\n"
    )
    program = card.get("program")
    if not program:
        return text
    shape = ", ".join(str(side) for side in program["shape"])
    window = (
        f" Volumes are given in windows of {card['patch']} voxels whose answers are averaged."
        if "patch" in card
        else ""
    )
    parts = (
        f" Of each class, connected parts smaller than {card['share']:.0%} of its largest one in a scan are dropped."
        if card.get("share")
        else ""
    )
    grown = (
        f" Then each class grows, within each slice, up to {card['grow']:g} mm into what borders on it and has its "
        "grey values (the filter `grow`)."
        if card.get("grow")
        else ""
    )
    return text + (
        f"\nFrom other programs: `{program['file']}` takes `{program['input']}`, float32 of ({shape}), and gives "
        f"`{program['output']}`, the probability of each class in 0 to 1; a voxel counts as lesion from "
        f"{card['cutoff']:g} on.{window}{parts}{grown}\n"
    )
