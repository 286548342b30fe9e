import subprocess
import sys

import numpy as np
import pytest

from napari_wsss.refine.crf import (
    DenseCrf,
    dense_crf,
    labels_from_probabilities,
    refine_labels,
    refine_maps,
    theta_of,
    warm_up,
)
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


@pytest.mark.parametrize("mode", ["2d", "3d"])
def test_finds_the_border_of_the_lesion(scene, mode):
    image, maps = scene
    mask = labels_from_probabilities(refine_maps(maps, image, ONE, 1, DenseCrf(sxy=10, mode=mode)))
    lesion = image[0] > 0.5
    assert (maps[0] > 0.5).sum() > 1.2 * lesion.sum() or ((maps[0] > 0.5) != lesion).mean() > 0.02
    assert ((mask == 1) == lesion).mean() > 0.995


def test_2d_is_slice_by_slice(scene):
    image, maps = scene
    unary = unary_from_maps(maps)
    whole = dense_crf(unary, image, ONE, DenseCrf())
    alone = dense_crf(unary[:, 1:2], image[:, 1:2], ONE, DenseCrf())
    np.testing.assert_array_equal(whole[:, 1:2], alone)
    together = dense_crf(unary, image, ONE, DenseCrf(mode="3d"))
    assert np.abs(together - whole).max() > 1e-3


def test_widths_are_millimetres(scene):
    image, maps = scene
    unary = unary_from_maps(maps)
    fine = dense_crf(unary, image, ONE, DenseCrf(sxy=10, sxy_smooth=3, mode="3d"))
    coarse = dense_crf(unary, image, (2.0, 2.0, 2.0), DenseCrf(sxy=20, sxy_smooth=6, mode="3d"))
    np.testing.assert_allclose(fine, coarse, atol=1e-6)
    assert theta_of(DenseCrf(sxy=30, sxy_smooth=3, srgb=51), (5.0, 1.0, 0.5), 2) == theta_of(
        DenseCrf(sxy=60, sxy_smooth=6, srgb=51), (10.0, 2.0, 1.0), 2
    )
    assert theta_of(DenseCrf(sxy=30, sxy_smooth=3, srgb=51), (5.0, 1.0, 0.5), 2).space == (6, 30, 60)


def test_grey_replicated_to_colour(scene):
    image, maps = scene
    unary = unary_from_maps(maps)
    grey = dense_crf(unary, image, ONE, DenseCrf(srgb=10))
    colour = dense_crf(unary, np.repeat(image, 3, axis=0), ONE, DenseCrf(srgb=round(10 * np.sqrt(3), 1)))
    np.testing.assert_allclose(colour, grey, atol=0.02)


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_flips_with_the_scan(scene, axis):
    image, maps = scene
    unary = unary_from_maps(maps)
    params = DenseCrf(mode="3d", sxy=12)
    flipped = dense_crf(np.flip(unary, axis), np.flip(image, axis), (3.0, 1.0, 1.2), params)
    np.testing.assert_allclose(np.flip(flipped, axis), dense_crf(unary, image, (3.0, 1.0, 1.2), params), atol=1e-3)


@pytest.mark.parametrize("mode", ["2d", "3d"])
def test_slices_without_a_start_stay_empty(scene, mode):
    image, maps = scene
    labels = (maps[0] > 0.5).astype(np.uint8)
    labels[1] = 0
    gated = maps.copy()
    gated[:, 1] = 0
    params = DenseCrf(mode=mode, compat=1, compat_smooth=0.5)  # weak: the empty slice must not empty its neighbours
    for result in (
        refine_labels(labels, image, ONE, 1, params),
        refine_maps(gated, image, ONE, 1, params),
    ):
        assert (result[0, 1] == 1).all()
        assert labels_from_probabilities(result)[[0, 2]].any()
        np.testing.assert_allclose(result.sum(axis=0), 1, atol=1e-5)
    nothing = refine_labels(np.zeros_like(labels), image, ONE, 2, DenseCrf(mode=mode))
    assert nothing.shape == (3, 3, 24, 24)
    assert not labels_from_probabilities(nothing).any()


def test_trust_in_the_mask(scene):
    image, maps = scene
    labels = (maps[0] > 0.5).astype(np.uint8)
    moved = [
        (labels_from_probabilities(refine_labels(labels, image, ONE, 1, DenseCrf(gt_prob=trust))) != labels).sum()
        for trust in (0.6, 0.99)
    ]
    assert moved[0] > moved[1]


def test_two_classes(scene):
    image, maps = scene
    image = image.copy()
    image[..., 8:16, 12:16] = 0.95
    both = np.concatenate([maps, np.roll(maps, 4, axis=-1)])
    mask = labels_from_probabilities(refine_maps(both, image, ONE, 2, DenseCrf(sxy=6)))
    assert set(np.unique(mask)) == {0, 1, 2}
    assert (mask[:, 9:15, 9:11] == 1).mean() > 0.9
    assert (mask[:, 9:15, 13:15] == 2).mean() > 0.9


def test_number_of_maps_must_fit():
    with pytest.raises(ValueError, match="1 maps for 2 classes"):
        refine_maps(np.zeros((1, 1, 4, 4), np.float32), np.zeros((1, 1, 4, 4), np.float32), ONE, 2, DenseCrf())


def test_most_probable_class():
    probabilities = np.array([[0.5, 0.2, 0.1], [0.3, 0.5, 0.2], [0.2, 0.3, 0.7]])
    assert labels_from_probabilities(probabilities).tolist() == [0, 1, 2]
    assert labels_from_probabilities(probabilities[:2] / 1.0).tolist() == [0, 1, 1]


def test_warm_up_leaves_nothing_to_compile(scene):
    from napari_wsss.refine import bilateral_grid, gaussian, permutohedral, simplex

    warm_up()
    functions = [
        bilateral_grid._splat, bilateral_grid._slice, gaussian._along_planes, gaussian._along_lines,
        permutohedral._filter, permutohedral._neighbours, simplex.locate,
    ]  # fmt: skip
    before = [len(function.signatures) for function in functions]
    image, maps = scene
    refine_maps(maps, np.repeat(image, 2, axis=0), (2.0, 1.0, 1.0), 1, DenseCrf(mode="3d"))
    refine_labels((maps[0] > 0.5).astype(np.uint8), image.astype(np.float64), ONE, 3, DenseCrf())
    assert all(before)
    assert before == [len(function.signatures) for function in functions]


def test_settings_cost_neither_torch_nor_numba():
    code = (
        "import sys, napari_wsss.refine.crf, napari_wsss.refine.fuse, napari_wsss.refine.threshold;"
        "sys.exit(bool({'torch', 'numba'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
