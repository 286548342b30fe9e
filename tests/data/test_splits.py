"""Splits by patient: files, expressions, random draws, leakage."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from napari_wsss.data.cohort import Case
from napari_wsss.data.splits import assign_subsets, draw_subsets, leaks, read_patients
from napari_wsss.data.volume import Geometry
from napari_wsss.errors import FaultsError, InputError


def case_of(case_id: str, patient: str = "") -> Case:
    return Case(
        id=case_id,
        patient=patient or case_id,
        subset=None,
        channels={"image": Path("/scans") / f"{case_id}.nii.gz"},
        geometry=Geometry((2, 3, 4), np.eye(4)),
        channel_names=("image",),
        rgb=False,
        format="nifti",
        digest="0",
    )


CASES = [case_of(name) for name in ("p1_a", "p1_b", "p2_a", "p3_a")]


def split_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "split.csv"
    path.write_text(text)
    return path


def faults_of(path: Path | None, **more: object) -> list[str]:
    with pytest.raises(FaultsError) as caught:
        assign_subsets(CASES, split=path, **more)  # type: ignore[arg-type]
    return list(caught.value.faults)


def test_a_split_file_decides(tmp_path: Path) -> None:
    path = split_file(
        tmp_path, "image,split,patient\np1_a.nii.gz,train,p1\np1_b,Training,p1\nx/p2_a,val,\np3_a,test,\n"
    )
    cases = assign_subsets(CASES, split=path)
    assert [(case.id, case.patient, case.subset) for case in cases] == [
        ("p1_a", "p1", "train"),
        ("p1_b", "p1", "train"),
        ("p2_a", "p2_a", "val"),
        ("p3_a", "p3_a", "test"),
    ]
    assert all(case.subset is None for case in CASES)


def test_a_label_table_with_a_split_column_is_a_split_file(tmp_path: Path) -> None:
    rows = "".join(f"{case.id},{z},1,train,\n" for case in CASES for z in range(2))
    path = split_file(tmp_path, "image,slice,lesion,split,patient\n" + rows)
    assert {case.subset for case in assign_subsets(CASES, split=path)} == {"train"}


def test_all_faults_of_a_split_file_at_once(tmp_path: Path) -> None:
    path = split_file(tmp_path, "image,split\np1_a,train\nghost,val\np1_b,val\np2_a,holdout\np1_a,val\n")
    assert faults_of(path, patient_regex=r"^p\d") == [
        "row 3: image 'ghost' is none of the 4 scans, named like 'p1_a'",
        "row 5: split 'holdout' is none of train, val, test",
        "row 6: 'p1_a' has split 'val' here but 'train' further up",
        "case 'p2_a' is absent from the split file",
        "case 'p3_a' is absent from the split file",
        "patient 'p1' is in train (p1_a) and in val (p1_b); all scans of a patient belong in one set",
    ]


def test_missing_columns_are_named_together(tmp_path: Path) -> None:
    faults = faults_of(split_file(tmp_path, "file,set\np1_a,train\n"))
    assert [fault.split(";")[0] for fault in faults] == [
        "row 1: column 'image' is missing",
        "row 1: column 'split' is missing",
    ]


@pytest.mark.parametrize("source", ["regex", "column", "case"])
def test_leakage_is_an_error_wherever_the_patient_comes_from(tmp_path: Path, source: str) -> None:
    path = split_file(tmp_path, "image,split\np1_a,train\np1_b,val\np2_a,val\np3_a,val\n")
    cases = [case_of(case.id, case.id[:2]) for case in CASES] if source == "case" else CASES
    more = {
        "regex": {"patient_regex": "p(1|2|3)"},
        "column": {"patients": {case.id: case.id[:2] for case in CASES}},
        "case": {},
    }[source]
    with pytest.raises(FaultsError, match="all scans of a patient belong in one set"):
        assign_subsets(cases, split=path, **more)  # type: ignore[arg-type]


def test_the_file_wins_over_the_expression_and_that_over_the_table(tmp_path: Path) -> None:
    path = split_file(tmp_path, "image,split,patient\np1_a,train,file\np1_b,train,\np2_a,val,\np3_a,val,\n")
    cases = assign_subsets(CASES, split=path, patient_regex=r"p\d", patients={"p1_b": "table"})
    assert [case.patient for case in cases] == ["file", "p1", "p2", "p3"]
    cases = assign_subsets(CASES, patients={"p1_b": "table"})
    assert [case.patient for case in cases] == ["p1_a", "table", "p2_a", "p3_a"]


@pytest.mark.parametrize(
    ("expression", "expected"), [(r"p\d", "p1"), (r"p(\d)_", "1"), (r"(p\d)_(\w)", "p1"), (r"(?P<who>p1|p2|p3)", "p1")]
)
def test_the_first_group_or_the_whole_match_is_the_patient(expression: str, expected: str) -> None:
    assert assign_subsets(CASES, patient_regex=expression)[0].patient == expected


def test_an_expression_that_misses_a_case_is_a_fault() -> None:
    assert faults_of(None, patient_regex="p[12]") == ["patient expression 'p[12]' finds no patient in case id 'p3_a'"]


def test_a_broken_expression_is_one_line() -> None:
    with pytest.raises(InputError, match="is no regular expression"):
        assign_subsets(CASES, patient_regex="p(1")


def test_scans_of_a_patient_are_drawn_together() -> None:
    cases = [case_of(f"p{patient}_{scan}") for patient in range(20) for scan in range(patient % 3 + 1)]
    split = assign_subsets(cases, patient_regex=r"p\d+", seed=4)
    assert leaks({case.id: case.patient for case in split}, {c.id: c.subset for c in split if c.subset}) == []
    assert {case.subset for case in split} == {"train", "val", "test"}


@pytest.mark.parametrize(
    ("patients", "expected"),
    [
        (1, (1, 0, 0)),
        (2, (1, 1, 0)),
        (3, (1, 1, 1)),
        (4, (2, 1, 1)),
        (5, (3, 1, 1)),
        (7, (4, 2, 1)),
        (10, (6, 2, 2)),
        (72, (43, 15, 14)),
        (0, (0, 0, 0)),
    ],
)
def test_sizes_of_the_drawn_sets(patients: int, expected: tuple[int, int, int]) -> None:
    drawn = draw_subsets([f"p{i}" for i in range(patients)])
    counts = Counter(drawn.values())
    assert (counts["train"], counts["val"], counts["test"]) == expected


def test_a_set_with_fraction_zero_stays_empty() -> None:
    drawn = draw_subsets([f"p{i}" for i in range(9)], fractions=(0.7, 0.3, 0.0))
    assert Counter(drawn.values()) == {"train": 6, "val": 3}


def test_the_seed_decides_and_the_order_of_cases_does_not() -> None:
    cases = [case_of(f"c{i:02}") for i in range(20)]
    subsets = {case.id: case.subset for case in assign_subsets(cases, seed=1)}
    assert {case.id: case.subset for case in assign_subsets(cases[::-1], seed=1)} == subsets
    assert {case.id: case.subset for case in assign_subsets(cases, seed=2)} != subsets


@pytest.mark.parametrize("fractions", [(0.5, 0.2, 0.2), (1.2, -0.1, -0.1)])
def test_fractions_must_make_sense(fractions: tuple[float, float, float]) -> None:
    with pytest.raises(InputError, match="sum to 1"):
        draw_subsets(["a"], fractions=fractions)


def test_patients_from_a_label_table(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(
        "image,slice,patient,x\np1_a,0,one,1\np1_a,1,one,0\np1_b.nii.gz,0,one,1\np2_a,0,,1\nghost,0,two,1\n"
    )
    assert read_patients(path, CASES) == {"p1_a": "one", "p1_b": "one"}
    path.write_text("image,x\np1_a,1\n")
    assert read_patients(path, CASES) == {}
    path.write_text("image,slice,patient,x\np1_a,0,one,1\np1_a,1,two,0\n")
    with pytest.raises(FaultsError, match="row 3: 'p1_a' has patient 'two' here but 'one' further up"):
        read_patients(path, CASES)
