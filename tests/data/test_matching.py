from pathlib import Path

from napari_wsss.data.matching import match_channels, match_references


def _scans(*names, suffix=".nii.gz"):
    return {name: Path(f"/scans/{name}{suffix}") for name in names}


def test_equal_ids_match_as_they_are():
    cases, faults = match_channels({"flair": _scans("a", "b_flair"), "t1": _scans("a", "b_flair")})
    assert list(cases) == ["a", "b_flair"]
    assert cases["a"] == {"flair": Path("/scans/a.nii.gz"), "t1": Path("/scans/a.nii.gz")}
    assert faults == []


def test_channel_name_at_the_end_is_taken_off():
    cases, faults = match_channels({"flair": _scans("a_FLAIR", "b-flair"), "t1c": _scans("a_t1c", "b.t1c")})
    assert cases["b"] == {"flair": Path("/scans/b-flair.nii.gz"), "t1c": Path("/scans/b.t1c.nii.gz")}
    assert (list(cases), faults) == (["a", "b"], [])


def test_numbers_of_nnunet_are_taken_off_where_all_share_them():
    cases, faults = match_channels({"x": _scans("p1_0000", "p2_0000"), "y": _scans("p1_0001", "p2_0001")})
    assert (list(cases), faults) == (["p1", "p2"], [])
    cases, faults = match_channels({"x": _scans("p_0001", "p_0002"), "y": _scans("p_0001")})
    assert list(cases) == ["p_0001"]
    assert len(faults) == 1
    assert "case 'p_0002': no scan in channel 'y' (there is /scans/p_0002.nii.gz)" in faults[0]


def test_two_files_of_one_case_are_a_fault():
    _, faults = match_channels({"flair": _scans("a", "a_flair"), "t1": _scans("a_t1")})
    assert any("channel 'flair' of case 'a' is already a.nii.gz" in fault for fault in faults)


def test_references_match_by_id_file_name_or_without_their_ending():
    cases = {"a": _scans("a_flair"), "b": _scans("b"), "c": _scans("c"), "d": _scans("d")}
    masks = _scans("a_flair", "b_seg", "c", "c_mask", "z", suffix=".png")
    matched, spare = match_references(cases, masks)
    assert matched == {"a": masks["a_flair"], "b": masks["b_seg"], "c": masks["c"]}
    assert spare == [masks["c_mask"], masks["z"]]
