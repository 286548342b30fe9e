import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_wsss.data.cohort import scan_cohort
from napari_wsss.data.preprocess import Preprocess, normalise
from napari_wsss.data.simulated import TINY_SHAPE, simulate_cohort
from napari_wsss.errors import RecipeError
from napari_wsss.progress import drain
from napari_wsss.refine.organ import Organ, drop_outside, find_organ

UNIT = (1.0, 1.0, 1.0)


def ball(shape=(9, 40, 44), radius=15):
    z, y, x = np.ogrid[[slice(0, size) for size in shape]]
    return (4 * (z - 4) ** 2 + (y - 20) ** 2 + (x - 20) ** 2) <= radius**2


def noisy_ball(background=0.1, seed=0):
    """A bright ball with a dark lake inside, a small bright thing beside it, noise everywhere."""
    rng = np.random.default_rng(seed)
    image = np.where(ball(), 0.8, background)
    image[3:6, 18:22, 18:22] = background
    image[4, 2:5, 40:43] = 0.9
    return (image + rng.normal(0, 0.02, image.shape)).astype(np.float32)[None]


@pytest.mark.parametrize("method", ["auto", "li", "otsu"])
def test_the_largest_thing_with_its_holes_filled(method):
    found = find_organ(noisy_ball(), UNIT, Organ(method=method))
    assert found.tolist() == ball().tolist()


@pytest.mark.parametrize("background", [0.0, 0.5])
def test_a_constant_background_needs_no_threshold(background):
    """A brain that was cut out: dark and bright tissue, background below both or between them."""
    shades = gaussian_filter(np.random.default_rng(0).random((9, 40, 44)), 2)
    image = np.where(ball(), np.where(shades > shades.mean(), 0.9, 0.2), background).astype(np.float32)[None]
    assert find_organ(image, UNIT, Organ()).tolist() == ball().tolist()


@pytest.mark.parametrize("value", [0.0, 0.7])
def test_a_scan_of_one_value_hides_nothing(value):
    assert find_organ(np.full((1, 2, 3, 4), value, np.float32), UNIT, Organ()).all()


def test_margin_is_drawn_inwards_in_mm_within_each_slice():
    image = np.zeros((1, 5, 20, 20), np.float32)
    image[:, 1:4, 4:16, 4:16] = 1
    found = find_organ(image, (2.0, 1.0, 0.5), Organ(margin=2.0))
    assert np.argwhere(found).min(axis=0).tolist() == [1, 6, 8]
    assert np.argwhere(found).max(axis=0).tolist() == [3, 13, 11]


def test_the_channel_looked_at():
    image = np.concatenate([np.zeros((1, 9, 40, 44), np.float32), noisy_ball()])
    assert find_organ(image, UNIT, Organ()).all()
    assert find_organ(image, UNIT, Organ(channel=2)).tolist() == ball().tolist()
    with pytest.raises(RecipeError, match="channel 3 of a scan with 2"):
        find_organ(image, UNIT, Organ(channel=3))


def test_heads_of_the_simulated_cohort(tmp_path):
    """The head is found; every lesion lies in it, the air around it does not."""
    drain(simulate_cohort(tmp_path, patients=2, shape=TINY_SHAPE))
    for case in drain(scan_cohort(tmp_path / "images", None, reference=tmp_path / "masks")):
        image = normalise(case.load(), Preprocess())
        found = find_organ(image, case.geometry.spacing, Organ())
        assert found[case.load_reference() > 0].all()
        assert 0.3 < found.mean() < 0.8
        assert not found[:, [0, 0, -1, -1], [0, -1, 0, -1]].any()


def test_drop_outside():
    mask = np.array([[[1, 2, 0]]], np.uint8)
    kept = drop_outside(mask, np.array([[[False, True, True]]]))
    assert kept.tolist() == [[[0, 2, 0]]]
    assert kept.dtype == np.uint8
