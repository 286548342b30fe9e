"""The torch engine against exact mean field and against the engine on the CPU, on every device that is here."""

import numpy as np
import pytest
import torch

from napari_wsss.errors import InputError
from napari_wsss.refine.bilateral_grid_torch import TorchGrid
from napari_wsss.refine.crf_torch import Slices, TorchKernel
from napari_wsss.refine.exact import exact_kernel
from napari_wsss.refine.kernel import build_kernel
from napari_wsss.refine.meanfield import mean_field
from napari_wsss.refine.permutohedral_torch import TorchLattice
from napari_wsss.refine.theta import Theta

DEVICES = [
    "cpu",
    *(["cuda"] if torch.cuda.is_available() else []),
    *(["mps"] if torch.backends.mps.is_available() else []),
]
COMPAT = (0.3, 0.7)
"""Weak enough that probabilities stay away from 0 and 1, where errors would not show."""

pytestmark = pytest.mark.parametrize("device", DEVICES)


def _scene(channels, shape, classes=2, seed=0):
    """Smooth tissue with a brighter lesion and noise, and unaries (classes, *shape) that point near it."""
    rng = np.random.default_rng(seed)
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, n) if n > 1 else [0.0] for n in shape), indexing="ij")
    lesion = z**2 + (y + 0.1) ** 2 + (x - 0.2) ** 2 < 0.2
    image = np.stack(
        [
            0.4 + 0.1 * np.sin((2 + channel) * y + x) + rng.uniform(0.1, 0.25) * lesion + 0.03 * rng.normal(size=shape)
            for channel in range(channels)
        ]
    )
    towards = np.stack([np.exp(-(z**2 + (y + 0.2 * c) ** 2 + x**2)) * 0.8 for c in range(1, classes)])
    unary = np.concatenate([1 - 0.5 * towards.max(axis=0, keepdims=True), towards]) + 0.02
    return image.astype(np.float32), (unary / unary.sum(axis=0)).astype(np.float32)


def _theta(channels, space, colour, smooth=3.0):
    return Theta((smooth,) * 3, (space,) * 3, (colour / 255,) * channels)


def _probabilities(kernel, unary, compat, iterations):
    """Run the kernel's mean field on probabilities and give probabilities, (classes, Z, Y, X)."""
    logs = np.log(unary)
    differences = kernel.differences(logs[1:] - logs[0], compat, iterations)
    # Σ_c (Q_c - Q_0) = 1 - classes · Q_0
    background = (1 - differences.sum(axis=0, keepdims=True)) / len(unary)
    return np.concatenate([background, differences + background])


def _errors(image, unary, theta, device):
    truth = mean_field(exact_kernel(image, theta), unary, COMPAT, 5)
    ours = _probabilities(TorchKernel(image, theta, device), unary, COMPAT, 5)
    return np.abs(ours - truth)


@pytest.mark.parametrize(("space", "colour"), [(60, 20), (60, 10), (30, 5), (10, 20), (5, 10), (2, 40)])
def test_grey_is_close_to_exact(device, space, colour):
    image, unary = _scene(1, (1, 32, 36))
    errors = _errors(image, unary, _theta(1, space, colour), device)
    assert errors.mean() < 3e-4
    assert errors.max() < 2e-3


@pytest.mark.parametrize("channels", [2, 3, 4])
@pytest.mark.parametrize(("space", "colour"), [(60, 20), (10, 15)])
def test_several_channels_are_close_to_exact(device, channels, space, colour):
    image, unary = _scene(channels, (1, 24, 28))
    errors = _errors(image, unary, _theta(channels, space, colour), device)
    assert errors.mean() < 4e-4
    assert errors.max() < 2e-3


def test_anisotropic_volume_and_widths_per_channel_are_close_to_exact(device):
    image, unary = _scene(2, (5, 14, 16), classes=3)
    theta = Theta((0.6, 2.0, 2.5), (2.0, 9.0, 12.0), (0.05, 0.15))
    errors = _errors(image, unary, theta, device)
    assert errors.mean() < 5e-4
    assert errors.max() < 2e-3


@pytest.mark.parametrize("shape", [(1, 40, 37), (6, 20, 22)])
@pytest.mark.parametrize("classes", [2, 4])
def test_equals_the_engine_on_the_cpu(device, shape, classes):
    image, unary = _scene(1, shape, classes)
    theta = Theta((1.0, 3.0, 3.0), (2.0, 8.0, 8.0), (0.04,))
    expected = mean_field(build_kernel(image, theta), unary, COMPAT, 5)
    result = _probabilities(TorchKernel(image, theta, device), unary, COMPAT, 5)
    assert result.dtype == np.float32
    assert np.abs(result - expected).mean() < 3e-4
    assert (result.argmax(axis=0) == expected.argmax(axis=0)).mean() > 0.999
    np.testing.assert_allclose(result.sum(axis=0), 1, atol=1e-5)


def test_part_of_the_slices_apart(device):
    image, unary = _scene(1, (19, 12, 14), classes=3)
    kernel = TorchKernel(image, _theta(1, 5, 10), device, apart=True)
    ratios = np.log(unary[1:]) - np.log(unary[0])
    assert kernel.nbytes == 0
    part = kernel.differences(ratios[:, [17, 3, 4]], COMPAT, 5, [17, 3, 4])
    np.testing.assert_allclose(part, kernel.differences(ratios, COMPAT, 5)[:, [17, 3, 4]], atol=1e-5)
    assert kernel.nbytes > 0


def test_slices_apart_are_slices_alone(device, monkeypatch):
    monkeypatch.setattr("napari_wsss.refine.crf_torch._VOXELS", 3 * 20 * 22)  # 3, 3 and 1 slices together
    image, unary = _scene(1, (7, 20, 22))
    theta = Theta((1.0, 3.0, 3.0), (2.0, 8.0, 8.0), (0.04,))
    together = _probabilities(TorchKernel(image, theta, device, apart=True), unary, COMPAT, 5)
    alone = [
        _probabilities(TorchKernel(image[:, z : z + 1], theta, device), unary[:, z : z + 1], COMPAT, 5)
        for z in range(7)
    ]
    np.testing.assert_allclose(together, np.concatenate(alone, axis=1), atol=1e-5)


def test_pieces_change_nothing(device, monkeypatch):
    image, unary = _scene(2, (6, 11, 13))
    theta = _theta(2, 4.0, 20)
    whole = _probabilities(TorchKernel(image, theta, device), unary, COMPAT, 3)
    for at_once in (20_000, 1000):  # some slices at a time; some rows of one slice at a time
        monkeypatch.setattr("napari_wsss.refine.bilateral_grid_torch._AT_ONCE", at_once)
        monkeypatch.setattr("napari_wsss.refine.simplex_torch.POINTS_AT_ONCE", 100)
        np.testing.assert_allclose(
            _probabilities(TorchKernel(image, theta, device), unary, COMPAT, 3), whole, atol=1e-5
        )


@pytest.mark.parametrize(("compat", "iterations"), [((0.0, 0.0), 5), ((3.0, 5.0), 0)])
def test_without_pairwise_terms_it_is_the_identity(device, compat, iterations):
    image, unary = _scene(1, (2, 8, 9), classes=3)
    result = _probabilities(TorchKernel(image, _theta(1, 5, 10), device), unary, compat, iterations)
    np.testing.assert_allclose(result, unary, atol=1e-6)


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_flips_with_the_scan(device, axis):
    image, unary = _scene(2, (4, 15, 18), classes=3)
    theta = Theta((1.0, 2.0, 2.0), (1.5, 6.0, 7.0), (0.1, 0.1))
    flipped = _probabilities(TorchKernel(np.flip(image, axis), theta, device), np.flip(unary, axis), COMPAT, 5)
    expected = _probabilities(TorchKernel(image, theta, device), unary, COMPAT, 5)
    np.testing.assert_allclose(np.flip(flipped, axis), expected, atol=1e-4)


def test_order_of_classes_does_not_matter(device):
    image, unary = _scene(1, (2, 16, 16), classes=3)
    kernel, order = TorchKernel(image, _theta(1, 6, 10), device), [2, 0, 1]
    expected = _probabilities(kernel, unary, COMPAT, 5)[order]
    np.testing.assert_allclose(_probabilities(kernel, unary[order], COMPAT, 5), expected, atol=1e-5)


def test_the_kernel_is_kept_on_the_device_and_reused(device):
    image, unary = _scene(1, (2, 16, 16))
    kernel = TorchKernel(image, _theta(1, 6, 10), device)
    before = _probabilities(kernel, unary, COMPAT, 5)
    assert np.abs(_probabilities(kernel, unary, (0.1, 0.9), 2) - before).max() > 1e-3
    np.testing.assert_allclose(_probabilities(kernel, unary, COMPAT, 5), before, atol=1e-5)
    assert kernel.device.type == device
    # At least: two nodes with weights a voxel, norm and sum of both kernels a voxel.
    assert 2 * 16 * 16 * (2 * 8 + 4 * 4) < kernel.nbytes < 1e6


def test_narrow_kernels_with_many_channels_run_on_a_lattice(device):
    image = np.random.default_rng(0).random((4, 2, 40, 40)).astype(np.float32)
    theta = _theta(4, 10.0, 8.0)
    _, unary = _scene(1, (2, 40, 40))
    together, apart = TorchKernel(image, theta, device), TorchKernel(image, theta, device, apart=True)
    truth = mean_field(exact_kernel(image[:, :1], theta), unary[:, :1], COMPAT, 5)
    assert np.abs(_probabilities(apart, unary, COMPAT, 5)[:, :1] - truth).mean() < 5e-3
    kinds = [type(kernel._blocks[0].appearance._kernel) for kernel in (together, apart)]
    assert kinds == [TorchLattice, Slices]


def test_grid_does_not_grow_with_outliers(device):
    image, unary = _scene(1, (1, 30, 30))
    theta = _theta(1, 10, 5)
    plain = TorchKernel(image, theta, device)
    image[0, 0, 0, 0] = 1000.0  # one voxel: it brings its own nodes, not all between
    spoilt = TorchKernel(image, theta, device)
    nodes = [kernel._blocks[0].appearance._kernel.shape[3] for kernel in (plain, spoilt)]
    assert nodes[0] <= nodes[1] <= nodes[0] + 2
    difference = np.abs(_probabilities(spoilt, unary, COMPAT, 5) - _probabilities(plain, unary, COMPAT, 5))
    assert difference[:, 0, 10:, 10:].max() < 0.02


def test_region_takes_part_alone(device):
    image, unary = _scene(1, (1, 20, 24))
    region = np.zeros((1, 20, 24), bool)
    region[:, 3:17, 4:20] = True
    theta = _theta(1, 6, 15)
    result = _probabilities(TorchKernel(image, theta, device, region=region), unary, COMPAT, 5)
    cut = (slice(None), slice(None), slice(3, 17), slice(4, 20))
    expected = mean_field(exact_kernel(image[cut], theta), unary[cut], COMPAT, 5)
    assert np.abs(result[cut] - expected).mean() < 3e-4
    outside = np.broadcast_to(~region, unary.shape)
    np.testing.assert_allclose(result[outside], unary[outside], atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 1, 8, 8)])
def test_wrong_axes_or_channels(device, shape):
    with pytest.raises(InputError, match="with 1 channels"):
        TorchKernel(np.zeros(shape, np.float32), _theta(1, 9, 25), device)


def test_nan_is_named(device):
    with pytest.raises(InputError, match="NaN"):
        TorchKernel(np.full((1, 1, 4, 4), np.nan, np.float32), _theta(1, 9, 25), device)


def test_single_voxels_and_flat_images(device):
    unary = np.full((2, 1, 1, 1), 0.5, np.float32)
    kernel = TorchKernel(np.zeros((1, 1, 1, 1), np.float32), _theta(1, 9, 25), device)
    np.testing.assert_allclose(_probabilities(kernel, unary, COMPAT, 5), 0.5, atol=1e-6)
    image, unary = _scene(1, (1, 12, 12))
    flat = np.zeros_like(image)
    assert isinstance(TorchKernel(flat, _theta(1, 3, 9), device)._blocks[0].appearance._kernel, TorchGrid)
    assert _errors(flat, unary, _theta(1, 3, 9), device).mean() < 1e-3


def test_region_of_another_shape(device):
    with pytest.raises(InputError, match="region of shape"):
        TorchKernel(np.zeros((1, 2, 4, 4), np.float32), _theta(1, 9, 25), device, region=np.ones((2, 4, 5), bool))


def test_read_only_arrays_are_taken_and_left_alone(device):
    image, unary = _scene(1, (2, 8, 9))
    ratios = np.log(unary[1:]) - np.log(unary[0])
    before = image.copy(), ratios.copy()
    for array in (image, ratios):
        array.flags.writeable = False
    TorchKernel(image, _theta(1, 5, 10), device).differences(ratios, COMPAT, 3)
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(ratios, before[1])
