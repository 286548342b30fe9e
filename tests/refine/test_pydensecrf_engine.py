import sys

import numpy as np
import pytest

from napari_wsss.errors import RecipeError
from napari_wsss.refine.crf_settings import KernelWidths, MeanField
from napari_wsss.refine.exact import exact_kernel
from napari_wsss.refine.kernel import build_kernel
from napari_wsss.refine.meanfield import mean_field
from napari_wsss.refine.pydensecrf_engine import mean_field_by_pydensecrf
from napari_wsss.refine.scan_kernel import ScanKernel
from napari_wsss.refine.theta import Theta
from napari_wsss.refine.unary import unary_from_maps


def _scene(channels=1, shape=(1, 40, 40), colour=0.08):
    rng = np.random.default_rng(0)
    places = np.meshgrid(*(np.linspace(-1, 1, n) if n > 1 else [0.0] for n in shape), indexing="ij")
    lesion = sum(place**2 for place in places) < 0.3
    image = np.stack([0.3 + 0.4 * lesion + 0.04 * rng.normal(size=shape) for _ in range(channels)])
    blurred = np.exp(-2 * sum((place - 0.15) ** 2 for place in places))[None]
    theta = Theta((3.0,) * 3, (20.0,) * 3, (colour,) * channels)
    return image.astype(np.float32), theta, unary_from_maps(blurred), lesion


@pytest.mark.parametrize(("channels", "shape"), [(1, (1, 40, 40)), (3, (1, 40, 40)), (1, (8, 14, 14))])
def test_ours_agrees(channels, shape):
    pytest.importorskip("pydensecrf", reason="pydensecrf2 is not installed")
    image, theta, unary, lesion = _scene(channels, shape)
    theirs = mean_field_by_pydensecrf(image, theta, unary, (3.0, 5.0), 5)
    ours = mean_field(build_kernel(image, theta), unary, (3.0, 5.0), 5)
    assert np.abs(ours - theirs).mean() < 0.02
    assert ((ours[1] > 0.5) == (theirs[1] > 0.5)).mean() > 0.99
    assert ((ours[1] > 0.5) == lesion).mean() > 0.9


@pytest.mark.parametrize(("channels", "colour"), [(1, 0.08), (1, 0.03), (2, 0.08), (3, 0.08), (3, 0.05), (4, 0.08)])
def test_ours_is_three_times_as_exact(channels, colour):
    pytest.importorskip("pydensecrf", reason="pydensecrf2 is not installed")
    image, theta, unary, _ = _scene(channels, colour=colour)
    truth = mean_field(exact_kernel(image, theta), unary, (3.0, 5.0), 5)
    ours = np.abs(mean_field(build_kernel(image, theta), unary, (3.0, 5.0), 5) - truth).mean()
    theirs = np.abs(mean_field_by_pydensecrf(image, theta, unary, (3.0, 5.0), 5) - truth).mean()
    assert ours <= theirs / 3


@pytest.mark.parametrize("mode", ["2d", "3d"])
def test_selected_as_engine(mode):
    pytest.importorskip("pydensecrf", reason="pydensecrf2 is not installed")
    image, _, unary, _ = _scene(shape=(3, 20, 20))
    region = np.zeros(image.shape[1:], bool)
    region[:2, 3:17, 2:15] = True
    widths = KernelWidths(mode=mode, srgb=20, sz=2)
    kernels = [
        ScanKernel(image, (1.0, 1.0, 1.0), widths.replace(engine=engine), region) for engine in ("own", "pydensecrf")
    ]
    own, theirs = (kernel.infer(unary, MeanField()) for kernel in kernels)
    assert np.abs(own - theirs).mean() < 0.02
    np.testing.assert_allclose(theirs[:, ~region], unary[:, ~region], atol=1e-6)
    assert kernels[1].nbytes == 0


def test_grey_replicated_to_colour_needs_a_width_times_root_3():
    pytest.importorskip("pydensecrf", reason="pydensecrf2 is not installed")
    image, theta, unary, _ = _scene(shape=(1, 30, 30))
    three = Theta(theta.smooth, theta.space, (theta.colour[0] * np.sqrt(3),) * 3)
    ours = mean_field(build_kernel(np.repeat(image, 3, axis=0), three), unary, (3.0, 5.0), 5)
    theirs = mean_field_by_pydensecrf(image, theta, unary, (3.0, 5.0), 5)
    np.testing.assert_allclose(ours, mean_field(build_kernel(image, theta), unary, (3.0, 5.0), 5), atol=1e-4)
    assert np.abs(ours - theirs).mean() < 0.02


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydensecrf.densecrf", None)
    image, theta, unary, _ = _scene()
    with pytest.raises(RecipeError, match="pydensecrf2, which is not installed"):
        mean_field_by_pydensecrf(image, theta, unary, (3.0, 5.0), 5)
