"""The dataset layout of nnU-Net v2: images, labels and ``dataset.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

from napari_wsss.data.masks import plain_image, write_mask
from napari_wsss.data.volume import Volume
from napari_wsss.errors import InputError
from napari_wsss.export.format import Format
from napari_wsss.export.item import Item
from napari_wsss.files import atomic_path, write_json
from napari_wsss.notice import NOT_FOR_DIAGNOSIS

_RECORDS = "provenance"


class NnUnet(Format):
    """``imagesTr``, ``labelsTr``, ``dataset.json``; patients kept for testing go to ``imagesTs`` and ``labelsTs``.

    ``splits_final.json`` holds the project's own division into train and val, for nnU-Net divides by file, which would
    put scans of one patient on both sides.
    """

    title: ClassVar[str] = "nnU-Net dataset"
    help: ClassVar[str] = "Scans and masks as nnU-Net v2 trains on them: imagesTr, labelsTr, dataset.json."

    def __init__(self) -> None:
        self._dataset: dict[str, Any] = {}

    def write(self, item: Item, folder: Path) -> None:
        """Write the scan, one file a channel, and its mask."""
        volume = item.case.load()
        part = "Ts" if item.case.subset == "test" else "Tr"
        for number in range(len(volume.channels)):
            _write_channel(volume, number, folder / f"images{part}" / f"{item.name}_{number:04d}.nii.gz")
        # scan and mask get the same plain header: readers differ in which form of a faithful one they go by
        write_mask(item.mask, item.case.geometry, folder / f"labels{part}" / f"{item.name}.nii.gz")
        dataset = {
            "channel_names": {str(number): name for number, name in enumerate(volume.channels)},
            "labels": {"background": 0, **{name: value for value, name in enumerate(item.classes, start=1)}},
        }
        if self._dataset and dataset != self._dataset:
            raise InputError(f"'{item.case.id}': has other channels than the cases before it.")
        self._dataset = dataset

    def record(self, item: Item) -> str:
        """Give a place in a folder of its own: nnU-Net lists the others."""
        return f"{_RECORDS}/{item.name}.json"

    def finish(self, folder: Path, target: Path) -> None:
        """Write ``dataset.json`` and ``splits_final.json`` for all cases that are there."""
        names = sorted(path.name.removesuffix(".nii.gz") for path in (target / "labelsTr").glob("*.nii.gz"))
        facts = {"numTraining": len(names), "file_ending": ".nii.gz", "description": NOT_FOR_DIAGNOSIS}
        write_json(folder / "dataset.json", self._dataset | facts)
        sets = {name: _set_of(target / _RECORDS / f"{name}.json") for name in names}
        split = {part: [name for name in names if sets[name] == part] for part in ("train", "val")}
        if all(split.values()):
            write_json(folder / "splits_final.json", [split])


def _write_channel(volume: Volume, number: int, path: Path) -> None:
    """Write one channel with the scan's grid and nothing else of its header."""
    with atomic_path(path) as temporary:
        plain_image(volume.array[number], volume.geometry).to_filename(temporary)


def _set_of(record: Path) -> str | None:
    try:
        found: str | None = json.loads(record.read_text(encoding="utf-8")).get("set")
    except (OSError, ValueError):
        return None
    return found
