import numpy as np
import pytest

from napari_wsss.data.letterbox import Letterbox
from napari_wsss.errors import RecipeError
from napari_wsss.refine.fuse import Fuse, fuse, fuse_layers
from napari_wsss.refine.level import SHARES

BOX = Letterbox((4, 4), 4)


def _constant(value, side):
    return np.full((1, 2, side, side), value, dtype=np.float16)


def test_average_then_min_max_by_hand():
    first = np.zeros((1, 1, 4, 4), np.float16)
    first[0, 0, 0, 0], first[0, 0, 0, 1] = 4, -2
    second = np.zeros((1, 1, 4, 4), np.float16)
    second[0, 0, 0, 0], second[0, 0, 3, 3] = 2, 1
    result = fuse({1.0: first, 2.0: second}, Fuse(scales=(1.0, 2.0)), BOX)
    assert result.dtype == np.float32
    assert result.shape == (1, 1, 4, 4)
    # averages 3, -1, 0.5 and 0 elsewhere; range -1 … 3
    assert result[0, 0, 0, 0] == 1
    assert result[0, 0, 0, 1] == 0
    np.testing.assert_allclose(result[0, 0, 3, 3], 1.5 / 4)
    np.testing.assert_allclose(result[0, 0, 1, 1], 1 / 4)


def test_one_scale_uses_that_scale_only():
    maps = {1.0: np.arange(16, dtype=np.float16).reshape(1, 1, 4, 4), 0.5: _constant(1e4, 2)[:, :1]}
    np.testing.assert_allclose(fuse(maps, Fuse(scales=(1.0,)), BOX).ravel(), np.arange(16) / 15, rtol=1e-6)


def test_resolutions_meet_on_the_scans_grid():
    ramp = {side: np.broadcast_to((np.arange(side) + 0.5) / side, (1, 1, side, side)) for side in (4, 8, 16)}
    maps = {float(side): array.astype(np.float16) for side, array in ramp.items()}
    result = fuse(maps, Fuse(scales=(4.0, 8.0, 16.0)), Letterbox((8, 8), 8))[0, 0]
    assert np.all(np.diff(result, axis=1) > 0)
    np.testing.assert_allclose(result, np.broadcast_to(result[0], (8, 8)), atol=1e-6)
    np.testing.assert_allclose(result, 1 - result[:, ::-1], atol=1e-3)  # nothing is shifted to one side


def test_each_scale_lies_where_its_grid_says():
    # One peak on pixel 8 of 16, at stride 4 with cell 0 on pixel 0, and at twice the size at stride 4: peaks meet.
    coarse, fine = np.zeros((1, 1, 4, 4), np.float16), np.zeros((1, 1, 8, 8), np.float16)
    coarse[0, 0, 2, 2] = fine[0, 0, 4, 4] = 1
    grids = {1.0: np.array([[0.5 / 16, 4 / 16]] * 2), 2.0: np.array([[1 / 32, 4 / 32]] * 2)}
    box = Letterbox((16, 16), 16)
    result = fuse({1.0: coarse, 2.0: fine}, Fuse(scales=(1.0, 2.0)), box, grids)[0, 0]
    assert np.unravel_index(result.argmax(), result.shape) == (8, 8)
    np.testing.assert_allclose(result[1:, 1:], result[:0:-1, :0:-1], atol=1e-6)
    shared_out = fuse({1.0: coarse, 2.0: fine}, Fuse(scales=(1.0, 2.0)), box)[0, 0]
    assert np.unravel_index(shared_out.argmax(), result.shape) == (9, 9)


def test_letterbox_shape_and_scope():
    maps = {1.0: np.concatenate([_constant(1, 8), _constant(3, 8)], axis=1)}
    maps[1.0][0, 0, 4, 4] = 2
    box = Letterbox((10, 6), 16)
    assert fuse(maps, Fuse(scales=(1.0,)), box).shape == (1, 4, 10, 6)
    by_volume = fuse(maps, Fuse(scales=(1.0,), scope_of_range="volume"), box)
    assert by_volume[0, 3].min() == pytest.approx(1)
    assert 0.3 < by_volume[0, 0].max() <= 0.5
    by_slice = fuse(maps, Fuse(scales=(1.0,)), box)
    assert by_slice[0, 0].max() == 1
    assert not by_slice[0, 1].any()


def test_missing_scale_is_named():
    with pytest.raises(RecipeError, match=r"scale 0\.5, 2; computed are 1"):
        fuse({1.0: _constant(1, 4)}, Fuse(scales=(0.5, 1.0, 2.0)), BOX)


@pytest.mark.parametrize("scales", [(), (1.0, 1.0)])
def test_unusable_scales(scales):
    with pytest.raises(RecipeError, match="one or more different"):
        Fuse.parse({"scales": scales})


def _peak(side, row, column, height, scale=1.0):
    maps = np.zeros((1, 1, side, side), np.float16)
    maps[0, 0, row, column] = height
    return {scale: maps}


def test_layers_count_alike_however_strong_they_are():
    weak, strong = _peak(4, 0, 0, 0.01), _peak(4, 3, 3, 1000)
    strong[1.0][0, 0, 0, 0] = 500
    result = fuse_layers([(weak, {}), (strong, {})], Fuse(scales=(1.0,)), BOX)
    # Stretched: 1 and 0.5 in one place, 0 and 1 in the other; means 0.75 and 0.5, stretched again.
    assert result[0, 0, 0, 0] == 1
    np.testing.assert_allclose(result[0, 0, 3, 3], 0.5 / 0.75, rtol=1e-6)
    assert result[0, 0, 1, 1] == 0


def test_one_layer_is_fused_as_ever():
    rng = np.random.default_rng(0)
    maps = {1.0: rng.normal(size=(2, 3, 5, 5)), 2.0: rng.normal(size=(2, 3, 9, 9))}
    params = Fuse(scales=(1.0, 2.0))
    assert np.array_equal(fuse_layers([(maps, {})], params, BOX), fuse(maps, params, BOX))


def test_a_layer_without_a_peak_takes_nothing_away():
    layers = [(_peak(4, 1, 2, 3), {}), ({1.0: _constant(0, 8)[:, :1]}, {})]
    result = fuse_layers(layers, Fuse(scales=(1.0,)), BOX)
    assert np.array_equal(result, fuse(_peak(4, 1, 2, 3), Fuse(scales=(1.0,)), BOX))


def test_layers_stretched_over_the_volume():
    first = {1.0: np.concatenate([_constant(1, 4), _constant(3, 4)], axis=1)}
    first[1.0][0, 0, 0, 0] = 0
    result = fuse_layers([(first, {}), (first, {})], Fuse(scales=(1.0,), scope_of_range="volume"), BOX)
    np.testing.assert_allclose(result[0, [0, 2], 3, 3], [1 / 3, 1], rtol=1e-6)


def test_held_against_lesion_free_slices_instead_of_stretched():
    # 1 % of lesion-free places is above 2, 10 % above 0: those map values become 0.5, at one share or the other.
    levels = np.interp(np.log(SHARES), np.log([0.01, 0.1]), [2.0, 0.0]).astype(np.float32)[None]
    maps = {1.0: np.array([[[[2.0, 0.0], [4.0, -60.0]]]], np.float16)}
    box = Letterbox((2, 2), 2)
    params = Fuse(scales=(1.0,), scope_of_range="lesion-free")
    expected = [[0.5, 1 / (1 + np.exp(2))], [1 / (1 + np.exp(-2)), 0]]
    np.testing.assert_allclose(fuse(maps, params, box, levels=levels)[0, 0], expected, atol=2e-3)
    more = fuse(maps, params.replace(exceeded=0.1), box, levels=levels)[0, 0]
    np.testing.assert_allclose(more[0], [1 / (1 + np.exp(-2)), 0.5], atol=2e-3)
    same = fuse_layers([(maps, {})], params, box, levels)
    np.testing.assert_array_equal(same, fuse(maps, params, box, levels=levels))


def test_lesion_free_slices_must_be_known():
    with pytest.raises(RecipeError, match="not known what these maps show in lesion-free slices"):
        fuse({1.0: _constant(1, 4)}, Fuse(scales=(1.0,), scope_of_range="lesion-free"), BOX)
    with pytest.raises(RecipeError, match="known at scale 1 alone"):
        Fuse().replace(scope_of_range="lesion-free")
