"""The manifest: paths, schema, damage."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from napari_wsss.data.cohort import Case
from napari_wsss.errors import ProjectError
from napari_wsss.store.manifest import SCHEMA, Manifest, read_manifest, write_manifest
from napari_wsss.store.project import Project


@pytest.fixture
def folder(tmp_path: Path, cohort: list[Case]) -> Path:
    cases = {case.id: case for case in cohort}
    write_manifest(tmp_path, Manifest("Bleeds", "2024-01-01T00:00:00+00:00", ("x",), cases, {"recipe": "r"}, {}))
    return tmp_path


def edit(folder: Path, **changes: object) -> None:
    path = folder / "project.json"
    data = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({name: value for name, value in data.items() if value is not None}))


def test_round_trip(folder: Path, cohort: list[Case]) -> None:
    manifest = read_manifest(folder)
    assert (manifest.name, manifest.classes, manifest.settings) == ("Bleeds", ("x",), {"recipe": "r"})
    assert [case.to_json() for case in manifest.cases.values()] == [case.to_json() for case in cohort]


def test_paths_inside_the_folder_move_with_it_and_others_stay(
    tmp_path: Path, cohort: list[Case], tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "ref.nii.gz"
    first = cohort[0].replace(reference=outside)
    second = cohort[1].replace(reference=tmp_path / "refs" / "b.nii.gz")
    write_manifest(tmp_path, Manifest("p", "t", ("x",), {"a": first, "b": second}, {}, {}))
    stored = json.loads((tmp_path / "project.json").read_text())["cases"]
    assert stored[0]["channels"] == {"image": "scans/a.nii.gz"}
    assert stored[0]["reference"] == outside.as_posix()
    assert stored[1]["reference"] == "refs/b.nii.gz"
    moved = tmp_path.with_name("moved")
    shutil.copytree(tmp_path, moved)
    cases = read_manifest(moved).cases
    assert cases["a"].channels["image"] == moved / "scans" / "a.nii.gz"
    assert cases["a"].load().geometry.shape == (4, 5, 6)
    assert cases["a"].reference == outside


def test_a_newer_schema_is_refused_and_left_alone(folder: Path) -> None:
    edit(folder, schema=SCHEMA + 1, written_by="napari-wsss 9.0", cases="something else")
    before = (folder / "project.json").read_bytes()
    with pytest.raises(
        ProjectError, match=rf"newer version \(napari-wsss 9\.0, schema {SCHEMA + 1}\).*Update napari-wsss"
    ) as caught:
        Project.open(folder)
    assert "\n" not in str(caught.value)
    assert (folder / "project.json").read_bytes() == before


def test_no_manifest_no_project_and_no_trace(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"is no project \(project\.json is missing\)"):
        Project.open(tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ProjectError, match="is no project"):
        Project.open(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "content", [b"", b'{"schema": 1, "name": "B', b"[]", b"\xff\xfe", b"{}", b'{"schema": "one"}', b'{"schema": 0}']
)
def test_a_damaged_manifest_is_named(folder: Path, content: bytes) -> None:
    (folder / "project.json").write_bytes(content)
    with pytest.raises(ProjectError, match=r"project\.json: the manifest is damaged \(.*Put back a copy") as caught:
        Project.open(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"cases": None},
        {"name": None},
        {"cases": [{"id": "a"}]},
        {"cases": 3},
        {"cases": ["a"]},
        {"settings": 4},
        {"classes": 5},
    ],
)
def test_a_manifest_with_a_part_missing_is_damaged(folder: Path, changes: dict[str, object]) -> None:
    edit(folder, **changes)
    with pytest.raises(ProjectError, match="the manifest is damaged"):
        read_manifest(folder)


def test_a_case_that_is_there_twice_or_odd_is_damage(folder: Path) -> None:
    cases = json.loads((folder / "project.json").read_text())["cases"]
    edit(folder, cases=[*cases, cases[0]])
    with pytest.raises(ProjectError, match="a case is there twice"):
        read_manifest(folder)
    edit(folder, cases=[{**cases[0], "colour": "blue"}])
    with pytest.raises(ProjectError, match="colour"):
        read_manifest(folder)
    edit(folder, cases=[{**cases[0], "geometry": {"shape": [1, 2], "affine": []}}])
    with pytest.raises(ProjectError, match="the manifest is damaged"):
        read_manifest(folder)
