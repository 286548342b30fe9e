import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
import tifffile
from PIL import Image

from napari_wsss.data.readers import read_volume
from napari_wsss.errors import InputError

GREY = np.arange(12, dtype=np.uint8).reshape(3, 4)
COLOUR = np.stack([GREY, GREY + 50, GREY + 100], axis=-1)


def _save(path, array, mode=None):
    image = Image.fromarray(array)
    (image.convert(mode) if mode else image).save(path)
    return path


def test_grey_image_is_one_upright_slice(tmp_path):
    volume = read_volume(_save(tmp_path / "a.png", GREY), "us")
    np.testing.assert_array_equal(volume.array, GREY[None, None])
    assert (volume.channels, volume.rgb, volume.geometry.axcodes) == (("us",), False, "LPS")
    assert volume.geometry.spacing == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_colour_without_alpha(tmp_path, suffix, mode):
    volume = read_volume(_save(tmp_path / f"a{suffix}", COLOUR, mode))
    assert volume.rgb
    assert volume.channels == ("red", "green", "blue")
    np.testing.assert_array_equal(volume.array[:, 0], np.moveaxis(COLOUR, -1, 0))


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_palette_becomes_colour(tmp_path, suffix):
    image = Image.fromarray(np.array([[0, 1], [2, 1]], np.uint8))
    image.putpalette([0, 0, 0, 255, 0, 0, 0, 0, 255])
    image.save(tmp_path / f"a{suffix}")
    volume = read_volume(tmp_path / f"a{suffix}")
    assert volume.array[:, 0, 0, 1].tolist() == [255, 0, 0]
    assert volume.array[:, 0, 1, 0].tolist() == [0, 0, 255]


def test_identical_channels_are_grey(tmp_path):
    volume = read_volume(_save(tmp_path / "a.png", GREY, "RGB"))
    assert volume.channels == ("image",)
    np.testing.assert_array_equal(volume.array, GREY[None, None])


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits_are_kept(tmp_path, suffix):
    deep = GREY.astype(np.uint16) * 5000
    volume = read_volume(_save(tmp_path / f"a{suffix}", deep))
    assert volume.array.dtype == np.uint16
    np.testing.assert_array_equal(volume.array[0, 0], deep)


def test_sixteen_bits_are_kept_in_colour_png(tmp_path):
    deep = COLOUR.astype(np.uint16) * 300
    sitk.WriteImage(sitk.GetImageFromArray(deep, isVector=True), str(tmp_path / "a.png"))
    volume = read_volume(tmp_path / "a.png")
    assert volume.array.dtype == np.uint16
    np.testing.assert_array_equal(volume.array[:, 0], np.moveaxis(deep, -1, 0))


def test_jpeg_grey_alpha_and_one_bit(tmp_path):
    flat = np.full((8, 8), 90, np.uint8)
    assert abs(int(read_volume(_save(tmp_path / "a.jpg", flat)).array.mean()) - 90) <= 1
    np.testing.assert_array_equal(read_volume(_save(tmp_path / "b.png", GREY, "LA")).array[0, 0], GREY)
    bits = read_volume(_save(tmp_path / "c.png", np.array([[0, 255]], np.uint8), "1"))
    assert bits.array.ravel().tolist() == [0, 255]


def test_tiff_pages_are_slices(tmp_path):
    pages = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    tifffile.imwrite(tmp_path / "a.tif", pages, photometric="minisblack")
    np.testing.assert_array_equal(read_volume(tmp_path / "a.tif").array, pages[None])
    colour = np.stack([COLOUR, COLOUR + 1])
    tifffile.imwrite(tmp_path / "b.tif", colour, photometric="rgb")
    np.testing.assert_array_equal(read_volume(tmp_path / "b.tif").array, np.moveaxis(colour, -1, 0))
    tifffile.imwrite(tmp_path / "c.tif", GREY, photometric="miniswhite")
    np.testing.assert_array_equal(read_volume(tmp_path / "c.tif").array[0, 0], 255 - GREY)


def test_folder_is_a_stack_in_natural_order(tmp_path):
    for number in (10, 2, 1):
        _save(tmp_path / f"slice{number}.png", GREY + number)
    (tmp_path / ".hidden.png").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("no slice")
    assert read_volume(tmp_path).array[0, :, 0, 0].tolist() == [1, 2, 10]


def test_stack_of_grey_and_colour_is_colour(tmp_path):
    _save(tmp_path / "1.png", GREY)
    _save(tmp_path / "2.png", COLOUR)
    volume = read_volume(tmp_path)
    assert volume.rgb
    np.testing.assert_array_equal(volume.array[1], [GREY, GREY + 50])


def test_stack_of_different_sizes_or_depths_is_refused(tmp_path):
    _save(tmp_path / "1.png", GREY)
    _save(tmp_path / "2.png", GREY[:2])
    with pytest.raises(InputError, match=r"1\.png has \(3, 4\) pixels and 2\.png \(2, 4\)"):
        read_volume(tmp_path)
    _save(tmp_path / "2.png", GREY.astype(np.uint16))
    with pytest.raises(InputError, match="8 and of 16 bits"):
        read_volume(tmp_path)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
def test_damaged_files_are_one_line(tmp_path, suffix):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64)).astype(np.uint8)
    path = _save(tmp_path / f"a{suffix}", noise)
    half = path.read_bytes()[: path.stat().st_size // 2]
    for content in (half, b"not an image", b""):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"damaged or cut short|whatever its name says") as caught:
            read_volume(path)
        assert "\n" not in str(caught.value)
