import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from napari_wsss.errors import RecipeError
from napari_wsss.refine.crf import labels_from_probabilities, refine, warm_up
from napari_wsss.refine.crf_settings import KernelWidths, MeanField
from napari_wsss.refine.scan_kernel import ScanKernel
from napari_wsss.refine.unary import unary_from_maps

ONE = (1.0, 1.0, 1.0)


@pytest.fixture
def scene():
    """A bright square (8 × 8 … in every slice) and a map that is too large and shifted."""
    rng = np.random.default_rng(0)
    image = np.full((1, 3, 24, 24), 0.3, np.float32)
    image[..., 8:16, 8:16] = 0.7
    image += 0.02 * rng.normal(size=image.shape).astype(np.float32)
    y, x = np.mgrid[:24, :24]
    maps = np.broadcast_to(np.exp(-((y - 12) ** 2 + (x - 11) ** 2) / 60), (1, 3, 24, 24)).astype(np.float32)
    return image, maps


def _run(unary, image, spacing, params=None, **widths):
    return ScanKernel(image, spacing, KernelWidths(**widths)).infer(unary, params or MeanField())


@pytest.mark.parametrize("mode", ["2d", "3d"])
def test_finds_the_border_of_the_lesion(scene, mode):
    image, maps = scene
    kernel = ScanKernel(image, ONE, KernelWidths(sxy=10, mode=mode))
    mask = labels_from_probabilities(refine(maps, kernel, 1, MeanField()))
    lesion = image[0] > 0.5
    assert (maps[0] > 0.5).sum() > 1.2 * lesion.sum() or ((maps[0] > 0.5) != lesion).mean() > 0.02
    assert ((mask == 1) == lesion).mean() > 0.995


def test_2d_is_slice_by_slice(scene):
    image, maps = scene
    unary = unary_from_maps(maps)
    kernel = ScanKernel(image, ONE, KernelWidths())
    whole = kernel.infer(unary, MeanField())
    np.testing.assert_array_equal(whole[:, 1:2], kernel.infer(unary[:, 1:2], MeanField(), [1]))
    alone = _run(unary[:, 1:2], image[:, 1:2], ONE)
    np.testing.assert_array_equal(whole[:, 1:2], alone)
    assert np.abs(_run(unary, image, ONE, mode="3d") - whole).max() > 1e-3


def test_a_kernel_kept_gives_the_same_bits_again(scene):
    image, maps = scene
    unary = unary_from_maps(maps)
    kernel = ScanKernel(image, ONE, KernelWidths(mode="3d"))
    first = kernel.infer(unary, MeanField())
    other = kernel.infer(unary, MeanField(compat=9, iterations=2, compat_smooth=0))
    assert np.abs(other - first).max() > 1e-3
    np.testing.assert_array_equal(kernel.infer(unary, MeanField()), first)
    np.testing.assert_array_equal(_run(unary, image, ONE, mode="3d"), first)


def test_a_slices_kernel_is_built_once_and_when_it_is_asked_for(scene):
    image, maps = scene
    kernel = ScanKernel(image, ONE, KernelWidths())
    assert (kernel.nbytes, kernel.seconds) == (0, 0)
    refine(maps[:, 1:2], kernel, 1, MeanField(), first=1)
    one, spent = kernel.nbytes, kernel.seconds
    assert one > 24 * 24 * 4
    assert spent > 0
    refine(maps[:, 1:2], kernel, 1, MeanField(compat=2, gt_prob=0.9, iterations=3), first=1)
    assert (kernel.nbytes, kernel.seconds) == (one, spent)
    refine(maps, kernel, 1, MeanField())
    assert kernel.nbytes == 3 * one


@pytest.mark.parametrize("mode", ["2d", "3d"])
def test_threads_at_once_give_what_one_gives(mode):
    rng = np.random.default_rng(0)
    image = rng.random((1, 6, 96, 80), np.float32)  # large enough for several threads each
    maps = rng.random((1, 6, 96, 80), np.float32)
    widths = KernelWidths(mode=mode, sxy=6, sz=2)
    settings = [MeanField(compat=compat) for compat in (1, 2, 3, 4)]
    expected = [refine(maps, ScanKernel(image, ONE, widths), 1, params) for params in settings]
    kernel = ScanKernel(image, ONE, widths)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda params: refine(maps, kernel, 1, params), settings))
    for ours, serial in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, serial)


def test_widths_are_millimetres(scene):
    image, maps = scene
    unary = unary_from_maps(maps)
    fine = _run(unary, image, ONE, sxy=10, sz=4, sxy_smooth=3, mode="3d")
    coarse = _run(unary, image, (2.0, 2.0, 2.0), sxy=20, sz=8, sxy_smooth=6, mode="3d")
    np.testing.assert_allclose(fine, coarse, atol=1e-6)
    theta = KernelWidths(sxy=30, sz=20, sxy_smooth=3, srgb=(51,)).theta((5.0, 1.0, 0.5), 2)
    assert (theta.space, theta.smooth, theta.colour) == ((4, 30, 60), (0.6, 3, 6), (0.2, 0.2))


def test_sz_counts_between_slices_alone(scene):
    image, maps = scene
    image = np.concatenate([image[:, :2], 1 - image[:, 2:]], axis=1)
    unary = unary_from_maps(maps)
    near, far = (_run(unary, image, ONE, sz=sz, mode="3d") for sz in (0.5, 20))
    assert np.abs(near - far).max() > 1e-2
    np.testing.assert_array_equal(*(_run(unary, image, ONE, sz=sz) for sz in (0.5, 20)))


def test_one_srgb_for_all_channels_or_one_each(scene):
    image, maps = scene
    noise = np.random.default_rng(1).random(image.shape, np.float32)
    both = np.concatenate([image, noise])
    unary = unary_from_maps(maps)
    np.testing.assert_array_equal(_run(unary, both, ONE, srgb=12), _run(unary, both, ONE, srgb=(12, 12)))
    # A channel whose differences do not count leaves what the other says.
    np.testing.assert_allclose(
        _run(unary, 0.1 * both, ONE, srgb=(1, 255)), _run(unary, 0.1 * image, ONE, srgb=1), atol=0.01
    )
    with pytest.raises(RecipeError, match="srgb has 2 numbers and the scan 1 channels; give one number, or 1"):
        KernelWidths(srgb=(10, 20)).theta(ONE, 1)
    for wrong in ((), (0.5,), (10, 300)):
        with pytest.raises(RecipeError, match="one number from 1 to 255, or one per channel"):
            KernelWidths.parse({"srgb": wrong})


def test_grey_replicated_to_colour(scene):
    image, maps = scene
    unary = unary_from_maps(maps)
    grey = _run(unary, image, ONE, srgb=10)
    colour = _run(unary, np.repeat(image, 3, axis=0), ONE, srgb=10 * np.sqrt(3))
    np.testing.assert_allclose(colour, grey, atol=1e-4)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("axis", [1, 2, 3])
def test_flips_with_the_scan(scene, axis, channels):
    image, maps = scene
    image = np.concatenate([image, np.roll(image, 3, axis=-1)])[:channels]
    unary = unary_from_maps(maps)
    widths = {"mode": "3d", "sxy": 12}
    flipped = _run(np.flip(unary, axis), np.flip(image, axis), (3.0, 1.0, 1.2), **widths)
    np.testing.assert_allclose(np.flip(flipped, axis), _run(unary, image, (3.0, 1.0, 1.2), **widths), atol=1e-4)


@pytest.mark.parametrize("mode", ["2d", "3d"])
def test_slices_without_a_start_stay_empty(scene, mode):
    image, maps = scene
    labels = (maps[0] > 0.5).astype(np.uint8)
    labels[1] = 0
    gated = maps.copy()
    gated[:, 1] = 0
    # Weak: the empty slice must not empty its neighbours.
    kernel, params = ScanKernel(image, ONE, KernelWidths(mode=mode)), MeanField(compat=1, compat_smooth=0.5)
    for result in (refine(labels, kernel, 1, params), refine(gated, kernel, 1, params)):
        assert (result[0, 1] == 1).all()
        assert labels_from_probabilities(result)[[0, 2]].any()
        np.testing.assert_allclose(result.sum(axis=0), 1, atol=1e-5)
    nothing = refine(np.zeros_like(labels), kernel, 2, MeanField())
    assert nothing.shape == (3, 3, 24, 24)
    assert not labels_from_probabilities(nothing).any()


@pytest.mark.parametrize("mode", ["2d", "3d"])
def test_outside_the_region_nothing_moves(scene, mode):
    image, maps = scene
    region = np.zeros(image.shape[1:], bool)
    region[:, 4:20, 3:13] = True
    region[1] = False
    unary = unary_from_maps(maps)
    kernel = ScanKernel(image, ONE, KernelWidths(mode=mode), region)
    result = kernel.infer(unary, MeanField())
    np.testing.assert_allclose(result[:, ~region], unary[:, ~region], atol=1e-6)
    assert np.abs(result - unary)[:, region].max() > 0.1


def test_trust_in_the_mask(scene):
    image, maps = scene
    labels = (maps[0] > 0.5).astype(np.uint8)
    kernel = ScanKernel(image, ONE, KernelWidths())
    moved = [
        (labels_from_probabilities(refine(labels, kernel, 1, MeanField(gt_prob=trust))) != labels).sum()
        for trust in (0.6, 0.99)
    ]
    assert moved[0] > moved[1]


def test_two_classes(scene):
    image, maps = scene
    image = image.copy()
    image[..., 8:16, 12:16] = 0.95
    both = np.concatenate([maps, np.roll(maps, 4, axis=-1)])
    mask = labels_from_probabilities(refine(both, ScanKernel(image, ONE, KernelWidths(sxy=6)), 2, MeanField()))
    assert set(np.unique(mask)) == {0, 1, 2}
    assert (mask[:, 9:15, 9:11] == 1).mean() > 0.9
    assert (mask[:, 9:15, 13:15] == 2).mean() > 0.9


def test_number_of_maps_must_fit():
    zeros = np.zeros((1, 1, 4, 4), np.float32)
    with pytest.raises(ValueError, match="1 maps for 2 classes"):
        refine(zeros, ScanKernel(zeros, ONE, KernelWidths()), 2, MeanField())


def test_most_probable_class():
    probabilities = np.array([[0.5, 0.2, 0.1], [0.3, 0.5, 0.2], [0.2, 0.3, 0.7]])
    assert labels_from_probabilities(probabilities).tolist() == [0, 1, 2]
    assert labels_from_probabilities(probabilities[:2] / 1.0).tolist() == [0, 1, 1]


def _compiled():
    from numba.core.dispatcher import Dispatcher

    import napari_wsss.refine.kernel  # noqa: F401 (loads all that a CRF runs)

    modules = [module for name, module in sys.modules.items() if name.startswith("napari_wsss.refine.")]
    found = {f"{one.py_func.__module__}.{one.py_func.__name__}": one
             for module in modules for one in vars(module).values() if isinstance(one, Dispatcher)}  # fmt: skip
    return {name: len(one.signatures) for name, one in found.items()}


@pytest.mark.parametrize("region", [False, True])
@pytest.mark.parametrize("mode", ["2d", "3d"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 6])
def test_warm_up_leaves_nothing_to_compile(scene, mode, channels, region):
    warm_up()
    before = _compiled()
    assert len(before) > 10
    image, maps = scene
    several = np.random.default_rng(0).random((channels, *image.shape[1:]))
    for scan, classes in ((several.astype(np.float32), 1), (several, 3)):
        inside = image[0] > 0.2 if region else None
        kernel = ScanKernel(scan, (2.0, 1.0, 1.0), KernelWidths(mode=mode), inside)
        frozen = maps.copy()
        frozen.flags.writeable = False
        refine(np.repeat(frozen, classes, axis=0), kernel, classes, MeanField())
        refine((frozen[0] > 0.5).astype(np.uint8), kernel, classes, MeanField(compat=0))
        narrow = ScanKernel(scan, (2.0, 1.0, 1.0), KernelWidths(mode=mode, srgb=1, sxy=4), inside)
        refine(np.repeat(frozen, classes, axis=0), narrow, classes, MeanField())
    assert _compiled() == before


def test_settings_cost_neither_torch_nor_numba():
    code = (
        "import sys, napari_wsss.pipeline.steps.crf, napari_wsss.refine.fuse, napari_wsss.refine.threshold;"
        "sys.exit(bool({'torch', 'numba'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
