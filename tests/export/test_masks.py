import nibabel as nib
import numpy as np

from napari_wsss.data.cohort import scan_cohort
from napari_wsss.data.masks import read_mask
from napari_wsss.export.masks import export_masks
from napari_wsss.progress import drain


def test_only_cases_with_a_mask_are_written_on_their_own_grid(tmp_path):
    affine = np.array([[-2.0, 0, 0, 7], [0, 2, 0, 8], [0, 0, 3, 9], [0, 0, 0, 1]])
    (tmp_path / "scans").mkdir()
    for name in ("a", "b"):
        nib.save(nib.Nifti1Image(np.full((4, 5, 6), 9, np.int16), affine), tmp_path / "scans" / f"{name}.nii.gz")
    cases = drain(scan_cohort(tmp_path / "scans", None))
    mask = np.zeros((6, 5, 4), np.uint8)
    mask[1, 2, 3] = 1
    events = []
    written = drain(export_masks(cases, {"b": mask}.get, tmp_path / "out"), events.append)
    assert [path.name for path in written] == ["b.nii.gz"]
    assert [(event.done, event.total) for event in events] == [(1, 2), (2, 2)]
    again, geometry = read_mask(written[0])
    np.testing.assert_array_equal(again, mask)
    np.testing.assert_array_equal(geometry.affine, affine)
