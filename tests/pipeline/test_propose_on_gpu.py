"""Masks of whole cohorts by the torch engine, put in place as the worker puts in a GPU; here it runs on the CPU."""

import numpy as np
import pytest
from planted import ScanAsEvidence, recipe_of

from napari_wsss.pipeline.runner import run
from napari_wsss.pipeline.scan import load_scan
from napari_wsss.pipeline.steps import CrfKernel, CrfMask, ThresholdMaps
from napari_wsss.progress import drain
from napari_wsss.refine import crf_gpu_torch
from napari_wsss.refine.accelerator import accelerated
from napari_wsss.refine.crf_torch import TorchKernel


def _recipe(**widths):
    return recipe_of(
        {
            "map": ScanAsEvidence(),
            "cut": ThresholdMaps(evidence="map", value=0.2),
            "kernel": CrfKernel(**({"sxy": 6.0, "sz": 4.0, "srgb": (25.0,)} | widths)),
            "crf": CrfMask(kernel="kernel", start="cut", compat=1.0, compat_smooth=0.6),
        },
        "crf",
    )


@pytest.fixture
def kernels(monkeypatch):
    """The kernels that torch built."""
    built = []

    class Counted(TorchKernel):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            built.append(self)

    monkeypatch.setattr(crf_gpu_torch, "TorchKernel", Counted)
    return built


@pytest.mark.parametrize("mode", ["2d", "3d"])
def test_the_same_masks_as_on_the_cpu(workspace, kernels, mode):
    recipe = _recipe(mode=mode)
    drain(run(recipe, workspace, ["propose"], device="cpu"))
    expected = {case_id: workspace.masks.read("crf", case_id) for case_id in workspace.cases}
    assert not kernels
    for path in (workspace.masks.folder / "crf").iterdir():
        path.unlink()
    with accelerated(crf_gpu_torch.TorchCrf("cpu")):
        made = drain(run(recipe, workspace, ["propose"], device="cpu"))
    assert made["crf"] == {"cases": 3, "made": 3}
    assert len(kernels) == 3
    assert {kernel.device.type for kernel in kernels} == {"cpu"}
    for case_id, mask in expected.items():
        assert 0.01 < mask.mean() < 0.99
        assert (mask != (load_scan(recipe, workspace, case_id).image[0] >= 0.2)).any()
        assert (workspace.masks.read("crf", case_id) == mask).mean() >= 0.999


def test_pydensecrf_is_left_to_itself(workspace, kernels):
    pytest.importorskip("pydensecrf")
    with accelerated(crf_gpu_torch.TorchCrf("cpu")):
        drain(run(_recipe(engine="pydensecrf"), workspace, ["propose"], device="cpu"))
    assert not kernels
    assert np.any(workspace.masks.read("crf", "a"))
