from pathlib import Path

import numpy as np
import pytest

from napari_wsss.data.volume import Geometry, Source, Volume, stack_channels
from napari_wsss.errors import InputError

SOURCE = Source("nifti", Path("scan.nii.gz"))
LAS = Geometry((4, 3, 2), np.diag([-2.0, 3.0, 5.0, 1.0]))


def _volume(names, value=0, geometry=LAS, dtype=np.uint8):
    array = np.full((len(names), *geometry.shape), value, dtype)
    return Volume(array, geometry, names, SOURCE, rgb=names == ("red", "green", "blue"))


def test_spacing_volume_and_axes_of_a_hand_made_grid():
    assert LAS.spacing == (5.0, 3.0, 2.0)
    assert LAS.voxel_volume == pytest.approx(30)
    assert LAS.axcodes == "LAS"
    assert LAS.oblique_degrees == 0


@pytest.mark.parametrize("degrees", [0.5, 12.0, 30.0])
def test_oblique_angle_is_the_rotation(degrees):
    turn = np.radians(degrees)
    affine = np.diag([2.0, 3.0, 5.0, 1.0])
    affine[:2, :2] = [[2 * np.cos(turn), -3 * np.sin(turn)], [2 * np.sin(turn), 3 * np.cos(turn)]]
    assert Geometry((1, 1, 1), affine).oblique_degrees == pytest.approx(degrees)


def test_geometry_json_round_trip_is_exact():
    affine = np.random.default_rng(0).normal(size=(4, 4))
    again = Geometry.from_json(Geometry((4, 3, 2), affine).to_json())
    assert again.shape == (4, 3, 2)
    np.testing.assert_array_equal(again.affine, affine)


def test_fits_compares_shape_and_position():
    moved = LAS.affine.copy()
    moved[0, 3] = 0.5
    assert LAS.fits(Geometry(LAS.shape, LAS.affine + 1e-4))
    assert not LAS.fits(Geometry(LAS.shape, moved))
    assert not LAS.fits(Geometry((4, 3, 3), LAS.affine))


def test_array_that_does_not_fit_is_refused():
    with pytest.raises(InputError, match=r"shape \(1, 4, 3, 2\), but channels and grid ask for \(2, 4, 3, 2\)"):
        Volume(np.zeros((1, 4, 3, 2)), LAS, ("a", "b"), SOURCE)


def test_stacked_channels_keep_their_order_and_names():
    parts = {
        "flair": _volume(("flair",), 1),
        "dwi": _volume(("dwi-1", "dwi-2"), 2),
        "photo": _volume(("red", "green", "blue"), 3),
    }
    whole = stack_channels(parts)
    assert whole.channels == ("flair", "dwi-1", "dwi-2", "photo-red", "photo-green", "photo-blue")
    assert whole.array[:, 0, 0, 0].tolist() == [1, 2, 2, 3, 3, 3]
    assert not whole.rgb


def test_one_channel_stays_as_it_is_and_types_join_without_loss():
    colour = _volume(("red", "green", "blue"))
    assert stack_channels({"image": colour}) is colour
    mixed = stack_channels({"a": _volume(("a",), 200), "b": _volume(("b",), -7.5, dtype=np.float32)})
    assert mixed.array.dtype == np.float32
    assert mixed.array[:, 0, 0, 0].tolist() == [200, -7.5]


def test_channels_on_different_grids_are_refused():
    other = Geometry(LAS.shape, LAS.affine + np.eye(4)[:, [3]] * 2)
    with pytest.raises(InputError, match=r"channel 'b' has grid .* Register the channels"):
        stack_channels({"a": _volume(("a",)), "b": _volume(("b",), geometry=other)})
