"""The simulated cohort as a project: napari's sample data, and the demonstration of the whole main job."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from napari_wsss.data.simulated import simulate_cohort
from napari_wsss.progress import Work
from napari_wsss.session.session import Session
from napari_wsss.store.project import is_project
from napari_wsss.version import __version__

PATIENTS = 16
SETTINGS = (
    "slices.size=160",
    "classifier.backbone=alexnet",
    "classifier.weights=random",
    "classifier.stride=16",
    "classifier.batch_size=8",
    "classifier.learning_rate=0.0003",
    "classifier.noise_probability=0",
    "classifier.rotation_probability=0",
    "classifier.precision=32",
    "classifier.epochs=20",
    "maps.method=grad-cam",
    "maps.layers=[trunk.features.1]",
    "origin.value=0.7",
    "refined.value=0.7",
    "segmenter.width=8",
    "segmenter.epochs=14",
    "segmenter.negatives=0.5",
    "segmenter.learning_rate=0.003",
    "segmenter.noise_probability=0",
    "segmenter.rotation_probability=0",
)
"""What a cohort this small can be learnt with in about a minute, without a GPU and without pretrained weights.

So few images leave the last feature map, each place of which looks at the whole head, displaced from the lesion; an
early layer's Grad-CAM stays on it.
"""


def sample_folder() -> Path:
    """Give the folder in which this version keeps its sample project."""
    return Path(user_data_path("napari-wsss")) / f"sample-{__version__}"


def open_sample(folder: Path | None = None) -> Work[Session]:
    """Open the sample project: simulated heads, a trained classifier, maps and proposals.

    It is made at the first opening, offline, and kept.

    Args:
        folder: where it is kept; :func:`sample_folder` unless given.
    """
    place = folder if folder is not None else sample_folder()
    if is_project(place / "project"):
        session = Session.open(place / "project")
    else:
        session = yield from _create(place)
    try:
        yield from session.use("mixed-unet", SETTINGS, device="cpu")
        if not session.project.read_only:
            yield from session.run(("train-classifier", "maps", "propose"))
    except BaseException:  # cancelled too: else the project would stay taken, and its worker running
        session.close()
        raise
    return session


def run_demo(folder: Path, device: str = "auto") -> Work[dict[str, Any]]:
    """Take a simulated cohort through the whole main job.

    Returns:
        ``{"project": folder, "report": HTML file, "masks": rows of the evaluation}``.
    """
    project = folder / "project"
    session = Session.open(project) if is_project(project) else (yield from _create(folder))
    with session:
        yield from session.use("mixed-unet", SETTINGS, device=device)
        yield from session.run(device=device)
        scores = yield from session.evaluate(("val", "test"))
        report = yield from session.report()
        return {"project": str(project), "report": str(report), "masks": scores["masks"]}


def _create(folder: Path) -> Work[Session]:
    """Simulate scans under ``folder``/scans and make a project of them; what an interrupted start left is replaced."""
    shutil.rmtree(folder / "scans", ignore_errors=True)
    yield from simulate_cohort(folder / "scans", patients=PATIENTS)
    return (
        yield from Session.create(
            folder / "project",
            images=folder / "scans" / "images",
            labels=folder / "scans" / "labels.csv",
            split=folder / "scans" / "split.csv",
            reference=folder / "scans" / "masks",
            name="Simulated FLAIR cohort",
        )
    )
