import numpy as np
import tifffile
from leaving import cases_in, export, item_for, labels_of, write_scan
from PIL import Image

from napari_wsss.data.masks import read_mask
from napari_wsss.export.native import Native
from napari_wsss.export.pages import Png, Tiff


def test_png_a_slice(tmp_path, case):
    mask = labels_of()
    done = export([item_for(case, mask)], Png(), tmp_path / "out")
    assert [path.relative_to(tmp_path / "out").as_posix() for path in done.paths] == [
        f"S001-1/{z:04d}.png" for z in range(6)
    ]
    np.testing.assert_array_equal(np.stack([np.asarray(Image.open(path)) for path in done.paths]), mask)
    np.testing.assert_array_equal(read_mask(tmp_path / "out" / "S001-1")[0], mask)
    assert (tmp_path / "out" / "S001-1.png.json").is_file()


def test_png_of_a_single_image(tmp_path):
    write_scan(tmp_path / "in" / "a.nii.gz", shape=(1, 5, 4))
    (case,) = cases_in(tmp_path / "in")
    (path,) = export([item_for(case)], Png(), tmp_path / "out").paths
    np.testing.assert_array_equal(np.asarray(Image.open(path)), labels_of((1, 5, 4))[0])


def test_tiff_has_all_slices_and_the_voxel_size(tmp_path, case):
    mask = labels_of()
    (path,) = export([item_for(case, mask)], Tiff(), tmp_path / "out").paths
    with tifffile.TiffFile(path) as file:
        np.testing.assert_array_equal(file.asarray(), mask)
        assert file.imagej_metadata["spacing"] == 4.0
        assert file.imagej_metadata["unit"] == "mm"
        across, inch = file.pages[0].tags["XResolution"].value
        assert abs(inch / across - 0.9) < 1e-6
    np.testing.assert_array_equal(read_mask(path)[0], mask)


def test_names_of_slices_stay_behind_with_those_of_the_case(tmp_path):
    folder = tmp_path / "in" / "Miller"
    folder.mkdir(parents=True)
    for z in range(3):
        Image.fromarray(np.full((4, 5), 40 * z, np.uint8)).save(folder / f"Miller_{z}.png")
    (case,) = cases_in(tmp_path / "in")
    mask = labels_of((3, 4, 5))
    hidden = export([item_for(case, mask)], Native(), tmp_path / "hidden").paths
    assert [path.name for path in hidden] == ["0000.png", "0001.png", "0002.png"]
    named = export([item_for(case, mask, name="Miller", hidden=False)], Native(), tmp_path / "named").paths
    assert [path.relative_to(tmp_path / "named").as_posix() for path in named] == [
        f"Miller/Miller_{z}.png" for z in range(3)
    ]
