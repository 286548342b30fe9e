"""Projects with segmenters on the shelf that were not trained: their weights are set by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "widgets"))

from fake import write_scan

from napari_wsss.files import digest
from napari_wsss.pipeline.workspace import ModelShelf
from napari_wsss.progress import drain
from napari_wsss.session import Session

SHAPE = (5, 24, 20)
OVERRIDES = ("slices.size=32", "slices.intensity=none", "segmenter.network=unet", "segmenter.width=4")
STEP = "segmenter"


def make_project(folder: Path, cases: int = 4) -> Session:
    """Make a project of some scans, a patient each: the first half train, the others validate."""
    names = [f"case{number}" for number in range(cases)]
    for number, name in enumerate(names):
        write_scan(folder / "scans" / f"{name}.nii.gz", SHAPE, seed=number)
    split = folder / "split.csv"
    subsets = ["train" if number < cases // 2 else "val" for number in range(cases)]
    split.write_text("image,split\n" + "".join(f"{n}.nii.gz,{s}\n" for n, s in zip(names, subsets, strict=True)))
    session = drain(Session.create(folder / "project", images=folder / "scans", split=split))
    drain(session.use("mixed-unet", OVERRIDES, device="cpu"))
    return session


def make_model(session: Session, above: float, *, name: str = "a", learnt_from=(), use: bool = True, **card) -> Path:
    """Put a segmenter on the shelf that calls lesion what is brighter than ``above``: a U-Net of which one way is open.

    Args:
        session: of :func:`make_project`.
        above: grey value.
        name: makes its key.
        learnt_from: cases.
        use: put it to use.
        card: more facts.
    """
    import torch

    from napari_wsss.models.files import save_model
    from napari_wsss.models.segmenter import build_segmenter

    step = session.recipe.step(STEP)
    network = build_segmenter(step, 1, 1).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        for block in (network.encoder.levels[0], network.merges[-1].convolve):
            for place, layer in enumerate(block):
                if isinstance(layer, torch.nn.Conv2d):
                    layer.weight[0, 0, 1, 1] = 1.0
                    block[place + 1].weight[0] = 1.0
        network.classify.weight[0, 0], network.classify.bias[0] = 1.0, -above
    key = digest("model", name)
    folder = ModelShelf(session.project.models_folder).place(STEP, key)
    params = {place: session.recipe.step(place).model_dump(mode="json") for place in ("slices", STEP)}
    told = {
        "step": STEP, "key": key, "role": "segmenter", "params": params, "classes": ["lesion"], "best": 0.5,
        "network": {"network": "unet", "width": 4, "in_channels": 1}, "monitor": "dice_to_targets", "epochs": 2,
        "time": f"2026-01-0{1 + ord(name[0]) - ord('a')}T10:00:00+00:00", "accepted": list(learnt_from),
        "learnt_from": list(learnt_from), "recipe": "mixed-unet", **card,
    }  # fmt: skip
    save_model(folder, network, told)
    (folder / "curves.csv").write_text("epoch,loss,dice_to_targets\n1,0.9,0.4\n2,0.8,0.5\n")
    if use:
        ModelShelf(session.project.models_folder).use(STEP, key)
    return folder


def brighter(session: Session, case_id: str, above: float) -> np.ndarray:
    """Give the mask of what is brighter than ``above``, (Z, Y, X) uint8."""
    return (session.load(case_id).array[0] > above).astype(np.uint8)
