"""Models leave a project: weights, a file other programs run, and a card that says what it is — without any name."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from napari_wsss.errors import InputError, ModelError
from napari_wsss.files import cannot_write, flush_folder, write_text, write_yaml
from napari_wsss.models.card import CARD, WEIGHTS
from napari_wsss.params import nearest
from napari_wsss.progress import Progress, Work
from napari_wsss.refine.likeliest import Likeliest
from napari_wsss.session.model_card import README, public_card, readme
from napari_wsss.session.model_entry import ModelEntry

ModelFormat = Literal["onnx", "torch-export", "torchscript", "weights"]
FORMATS: tuple[ModelFormat, ...] = get_args(ModelFormat)
CURVES = ("curves.csv", "curves.png")


def export_model(
    entry: ModelEntry, target: Path, format: str, *, channels: tuple[str, ...], patients: int, way: Likeliest
) -> Work[Path]:
    """Write a segmenter as a folder, or as a ZIP file where ``target`` ends in ``.zip``.

    In it lie the card (``model.yaml``, and ``README.md`` for people), the weights, with which another project can take
    the model over, its curves, and a file that other programs run.

    Args:
        entry: the model.
        target: the new folder or file.
        format: "onnx" (``model.onnx``), "torch-export" (``model.pt2``), "torchscript" (``model.pt``, for older
            programs: PyTorch itself advises against it by now), or "weights" for none.
        channels: names of the scans' channels.
        patients: how many patients trained it, or chose its best epoch.
        way: how its probabilities become masks.

    Returns:
        ``target``.

    Raises:
        InputError: no such format, or ``target`` is there already.
        ModelError: no segmenter, or one that cannot be written in this format.
        ProjectError: ``target`` cannot be written.
    """
    if format not in FORMATS:
        raise InputError(f"'{format}' is no format for models. {nearest(format, FORMATS)}")
    if not entry.segments:
        raise ModelError(f"'{entry.name}' is a {entry.kind}; only segmenters are exported.")
    if target.exists():
        raise InputError(f"{target}: is there already. Give a new name.")
    card = public_card(entry, channels, patients, way)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=target.parent) as temporary:
            made = Path(temporary) / "model"
            yield from _fill(made, entry, card, format)
            if target.suffix == ".zip":
                made = _zipped(made, target.stem)
            made.replace(target)
        flush_folder(target.parent)
    except OSError as error:
        raise cannot_write(target, error) from error
    return target


def _fill(folder: Path, entry: ModelEntry, card: Mapping[str, Any], format: str) -> Work[None]:
    folder.mkdir()
    yield Progress("export", 0, 2, entry.name)
    for name in (WEIGHTS, *CURVES):
        if (entry.folder / name).is_file():
            shutil.copyfile(entry.folder / name, folder / name)
    program: dict[str, Any] = {}
    if format != "weights":
        from napari_wsss.pipeline.program import write_program

        program = write_program(entry.folder, folder, format)
    yield Progress("export", 1, 2, entry.name)
    told = {**card, **({"program": program} if program else {})}
    write_text(folder / README, readme(told))
    write_yaml(folder / CARD, told)
    yield Progress("export", 2, 2, entry.name)


def _zipped(folder: Path, name: str) -> Path:
    packed = folder.with_name("model.zip")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"{name}/{path.name}")
    return packed
