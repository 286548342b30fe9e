"""Label tables: what is stated, what follows, and every fault with its row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_wsss.data.labels import UNKNOWN, LabelTable
from napari_wsss.errors import FaultsError, InputError, ProjectError

DEPTHS = {"a": 3, "b": 2, "flat": 1}
ALIASES = {"a.nii.gz": "a", "b.nii.gz": "b", "flat.png": "flat"}


def table_of(tmp_path: Path, text: str, **more: object) -> LabelTable:
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return LabelTable.read(path, DEPTHS, ALIASES, **more)  # type: ignore[arg-type]


def faults_of(tmp_path: Path, text: str, **more: object) -> list[str]:
    with pytest.raises(FaultsError) as caught:
        table_of(tmp_path, text, **more)
    assert str(tmp_path / "labels.csv") in str(caught.value)
    return list(caught.value.faults)


def test_slices_and_volumes_are_derived_from_what_is_stated(tmp_path: Path) -> None:
    labels = table_of(tmp_path, "image,slice,x,y\na.nii.gz,0,1,0\na.nii.gz,1,0,0\na,2,,0\nb,,0,1\nflat.png,,1,\n")
    assert labels.slice_labels("a").tolist() == [[1, 0], [0, 0], [-1, 0]]
    assert labels.volume_labels("a").tolist() == [1, 0]
    assert labels.slice_labels("b").tolist() == [[0, -1], [0, -1]]
    assert labels.volume_labels("b").tolist() == [0, 1]
    assert labels.slice_labels("flat").tolist() == [[1, -1]]
    assert labels.volume_labels("flat").tolist() == [1, -1]
    assert labels.slice_labels("a").dtype == np.int8


@pytest.mark.parametrize(
    ("slices", "expected"),
    [([1, 0, 0], 1), ([-1, -1, 1], 1), ([0, 0, 0], 0), ([0, 0, -1], UNKNOWN), ([-1, -1, -1], UNKNOWN)],
)
def test_volume_label_by_truth_table(slices: list[int], expected: int) -> None:
    labels = LabelTable.empty(["x"], DEPTHS)
    for z, value in enumerate(slices):
        labels.set("a", "x", value, [z])
    assert labels.volume_labels("a").tolist() == [expected]
    assert labels.slice_labels("a")[:, 0].tolist() == slices


@pytest.mark.parametrize("cell", ["a", "a.nii.gz", "some/folder/a.nii.gz", r"C:\scans\a.nii.gz", "folder/a"])
def test_an_image_is_named_by_id_file_or_path(tmp_path: Path, cell: str) -> None:
    assert table_of(tmp_path, f"image,x\n{cell},1\n").volume_labels("a").tolist() == [1]


def test_a_name_that_is_only_nearly_right_matches_nothing(tmp_path: Path) -> None:
    assert faults_of(tmp_path, "image,x\na.png,1\n") == ["row 2: image 'a.png' is none of the 3 scans, named like 'a'"]


def test_five_kinds_of_fault_are_reported_together_with_their_rows(tmp_path: Path) -> None:
    text = (
        "image,slice,x\n"  # row 1: class y is missing
        "a.nii.gz,0,1\n"
        "ghost.nii.gz,0,1\n"  # row 3: unknown file
        "a.nii.gz,3,0\n"  # row 4: slice out of range
        "a.nii.gz,0,0\n"  # row 5: repeats row 2
        "b,1,yes\n"  # row 6: no 0, 1 or empty
        "b,0\n"  # row 7: a cell is missing
        "ghost.nii.gz,1,1\n"
    )
    assert faults_of(tmp_path, text, classes=("x", "y")) == [
        "row 1: column 'y' is missing (a class); the table has image, slice, x",
        "rows 3, 8: image 'ghost.nii.gz' is none of the 3 scans, named like 'a'",
        "row 4: slice 3 is out of range for 'a': its slices are 0 to 2",
        "row 5: the same image, slice 0 as in row 2 ('a'); keep one of them",
        "row 6: column 'x' holds 'yes'; only 1, 0 or empty (unknown)",
        "row 7: 2 cells where the header has 3 columns",
    ]


def test_without_an_image_column_the_other_faults_are_found_all_the_same(tmp_path: Path) -> None:
    faults = faults_of(
        tmp_path, "file,slice,x\na.nii.gz,0,1\nnone.nii,0,1\na.nii.gz,9,1\na,0,1\nb,0,2\n", classes=["x"]
    )
    assert [fault.split(":")[0] for fault in faults] == ["row 1", "row 3", "row 4", "row 5", "row 6"]
    assert "'image' is missing" in faults[0]


def test_a_column_that_names_the_scans_is_no_class(tmp_path: Path) -> None:
    missing = "row 1: column 'image' is missing (one scan a row); the table has id, x"
    refused = "row 3: column 'x' holds '2'; only 1, 0 or empty (unknown)"
    assert faults_of(tmp_path, "id,x\na.nii.gz,1\nb,2\n") == [missing, refused]
    assert faults_of(tmp_path, "id,x\n7,1\n8,2\n") == [missing], "no scan is called so: nothing more can be said"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("image,slice\na,0\n", "no class column"),
        ("image,x,x\na,1,1\n", "column 'x' is there 2 times"),
        ("image,slice,x\na,one,1\n", "slice 'one' is no whole number"),
        ("image,slice,x\na,--1,1\n", "slice '--1' is no whole number"),
        ("image,slice,x\na,-1,1\n", "slice -1 is out of range"),
        ("image,slice,x\nflat,1,1\n", "its only slice is 0"),
        ("image,x\na,-1\n", "holds '-1'"),
        ("image,x\na,1\na.nii.gz,1\n", "the same image as in row 2"),
        ("image,x\n,1\n", "column 'image' is empty"),
        ("image,x\na,1,1\n", "3 cells where the header has 2"),
        ("image,slice,x\na,,0\na,1,1\n", "row 2: 'a' as a whole has x = 0"),
        ("image,slice,x\nb,0,0\nb,1,0\nb,,1\n", "row 4: 'b' as a whole has x = 1"),
    ],
)
def test_each_fault_says_what_is_wrong(tmp_path: Path, text: str, expected: str) -> None:
    assert len(faults := faults_of(tmp_path, text)) == 1
    assert expected in faults[0]


def test_one_fault_in_many_rows_is_one_line(tmp_path: Path) -> None:
    text = "image,x\n" + "".join(f"{name},1\n" for name in ["no", "no", "no", "a", "no", "b", "no"])
    assert faults_of(tmp_path, text)[0].startswith("rows 2-4, 6, 8: image 'no'")


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffImage,Slice,x\na,0,1\n",
        "image;slice;x\na;0;1\n",
        "image\tslice\tx\na\t0\t1\n",
        " image , slice , x \n a , 0.0 , 1.0 \n",
        "image,slice,x,\n\na,0,1,\n,,,\n",
        "patient,image,split,slice,x\np,a,train,0,1\n",
        "image,slice,x\r\na,0,1\r\n",
    ],
)
def test_tables_as_spreadsheets_write_them(tmp_path: Path, text: str) -> None:
    labels = table_of(tmp_path, text)
    assert labels.classes == ("x",)
    assert labels.slice_labels("a").tolist() == [[1], [-1], [-1]]


def test_only_the_classes_asked_for_are_read_in_their_order(tmp_path: Path) -> None:
    labels = table_of(tmp_path, "image,age,x,y\na,61,1,0\n", classes=["y", "x"])
    assert labels.classes == ("y", "x")
    assert labels.volume_labels("a").tolist() == [0, 1]


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\x00bad"])
def test_a_file_that_is_no_table_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"labels\.csv: ") as caught:
        LabelTable.read(path, DEPTHS)
    assert "\n" not in str(caught.value)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv.*cannot be read"):
        LabelTable.read(tmp_path / "none.csv", DEPTHS)


def test_a_slice_label_of_a_flat_image_is_its_label(tmp_path: Path) -> None:
    labels = table_of(tmp_path, "image,slice,x\nflat.png,0,1\n")
    assert labels.volume_labels("flat").tolist() == [1]
    labels.set("flat", "x", 0, [0])
    assert labels.volume_labels("flat").tolist() == [0]
    assert labels.slice_labels("flat").tolist() == [[0]]


def test_setting_the_whole_replaces_slices_that_deny_it() -> None:
    labels = LabelTable.empty(["x"], DEPTHS)
    labels.set("a", "x", 1, [1])
    labels.set("a", "x", 0)
    assert labels.slice_labels("a").tolist() == [[0], [0], [0]]
    labels.set("a", "x", 1)
    assert labels.slice_labels("a").tolist() == [[-1], [-1], [-1]]
    labels.set("a", "x", 0, [0, 2])
    assert labels.slice_labels("a").tolist() == [[0], [-1], [0]]
    assert labels.volume_labels("a").tolist() == [1]
    labels.set("a", "x", UNKNOWN)
    assert not labels.is_labelled("a")


def test_a_slice_set_in_a_lesion_free_volume_leaves_the_others_lesion_free() -> None:
    labels = LabelTable.empty(["x"], DEPTHS)
    labels.set("a", "x", 0)
    labels.set("a", "x", 1, [2])
    assert labels.slice_labels("a").tolist() == [[0], [0], [1]]
    assert labels.volume_labels("a").tolist() == [1]
    labels.set("b", "x", 0)
    labels.set("b", "x", UNKNOWN, [0])
    assert labels.slice_labels("b").tolist() == [[-1], [0]]
    assert labels.volume_labels("b").tolist() == [UNKNOWN]


def test_the_last_slice_denied_makes_the_volume_lesion_free() -> None:
    labels = LabelTable.empty(["x"], DEPTHS)
    labels.set("b", "x", 1)
    labels.set("b", "x", 0, [0, 1])
    assert labels.volume_labels("b").tolist() == [0]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("none", "x", 1), "no case 'none'"),
        (("a", "z", 1), "no class 'z'"),
        (("a", "x", 2), "got 2"),
        (("a", "x", 1, [3]), "no slice 3"),
        (("a", "x", 1, [-1]), "no slice -1"),
    ],
)
def test_a_label_that_makes_no_sense_is_refused(arguments: tuple[object, ...], expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        LabelTable.empty(["x"], DEPTHS).set(*arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("classes", [[], ["x", "x"], ["Slice"], [""], [" x"]])
def test_class_names_are_checked(classes: list[str]) -> None:
    with pytest.raises(InputError):
        LabelTable.empty(classes, DEPTHS)


def test_a_class_can_be_added() -> None:
    labels = LabelTable.empty(["x"], DEPTHS)
    labels.set("a", "x", 1, [0])
    labels.add_class("y")
    labels.set("a", "y", 0)
    assert labels.classes == ("x", "y")
    assert labels.slice_labels("a").tolist() == [[1, 0], [-1, 0], [-1, 0]]


def test_writing_and_reading_back_is_exact(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    depths = {f"case {i}, left": int(rng.integers(1, 6)) for i in range(40)}
    labels = LabelTable.empty(["lesion, dark", "y"], depths)
    for case_id, depth in depths.items():
        for name in labels.classes:
            labels.set(case_id, name, int(rng.integers(-1, 2)))
            labels.set(case_id, name, int(rng.integers(-1, 2)), np.flatnonzero(rng.random(depth) < 0.5))
    labels.write(tmp_path / "labels.csv")
    back = LabelTable.read(tmp_path / "labels.csv", depths)
    assert back.classes == labels.classes
    for case_id in depths:
        assert back.case(case_id).whole.tolist() == labels.case(case_id).whole.tolist()
        assert back.case(case_id).slices.tolist() == labels.case(case_id).slices.tolist()
    assert back.digest(depths) == labels.digest(depths)
    back.write(tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "labels.csv").read_bytes()


def test_an_unlabelled_table_survives_the_round_trip(tmp_path: Path) -> None:
    LabelTable.empty(["x"], DEPTHS).write(tmp_path / "labels.csv")
    back = LabelTable.read(tmp_path / "labels.csv", DEPTHS)
    assert back.classes == ("x",)
    assert not any(back.is_labelled(case_id) for case_id in DEPTHS)


def test_an_interrupted_write_leaves_the_old_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = LabelTable.empty(["x"], DEPTHS)
    labels.write(tmp_path / "labels.csv")
    before = (tmp_path / "labels.csv").read_bytes()
    labels.set("a", "x", 1)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(ProjectError, match="No space left"):
        labels.write(tmp_path / "labels.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["labels.csv"]
    assert (tmp_path / "labels.csv").read_bytes() == before


def test_the_digest_changes_with_what_is_known_and_nothing_else() -> None:
    labels, same = LabelTable.empty(["x"], DEPTHS), LabelTable.empty(["x"], DEPTHS)
    labels.set("b", "x", 0)
    same.set("b", "x", 0, [0, 1])
    assert labels.digest(["b", "a"]) == same.digest(["a", "b", "a"])
    before = labels.digest(["a", "b"])
    labels.set("flat", "x", 1)
    assert labels.digest(["a", "b"]) == before
    labels.set("a", "x", 1, [2])
    assert labels.digest(["a", "b"]) != before
