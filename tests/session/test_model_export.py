"""Models out and in: other programs answer alike, no name leaves, another project and a bare folder use them."""

import json
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "made"))

from shelved import STEP, make_model, make_project

from napari_wsss.cli import main
from napari_wsss.data.masks import read_mask
from napari_wsss.errors import InputError, ModelError
from napari_wsss.files import read_yaml, write_yaml
from napari_wsss.notice import NOT_FOR_DIAGNOSIS
from napari_wsss.pipeline.outliner import Outliner
from napari_wsss.pipeline.runner import run
from napari_wsss.progress import drain
from napari_wsss.refine.likeliest import Likeliest
from napari_wsss.session.model_entry import patients_behind
from napari_wsss.session.model_export import export_model
from napari_wsss.session.segment_folder import segment_folder

WAY = Likeliest(cutoff=0.4, share=0.5, grow=5.0)


@pytest.fixture
def session(tmp_path):
    made = make_project(tmp_path)
    make_model(made, 100.0, learnt_from=["case0", "case1"], validated_on=["case2"])
    yield made
    made.close()


def exported(session, target, format="weights"):
    (entry,) = session.models()
    return drain(export_model(entry, target, format, channels=("image",), patients=3, way=WAY))


def test_an_onnx_runtime_gives_what_the_model_gives(session, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    exported(session, tmp_path / "out", "onnx")
    program = read_yaml(tmp_path / "out" / "model.yaml")["program"]
    assert program["shape"] == ["any", 1, 32, 32], "32 is the smallest side and cannot vary"
    assert program["largest_difference"] <= 1e-4
    outliner = Outliner(tmp_path / "out", "cpu")
    volume = session.load("case0")
    prepared = outliner.prepare(volume).astype(np.float32)
    ran = onnxruntime.InferenceSession(tmp_path / "out" / "model.onnx", providers=["CPUExecutionProvider"])
    (given,) = ran.run(None, {program["input"]: prepared})
    on_grid = outliner.preparation.letterbox((24, 20)).invert(given).swapaxes(0, 1)
    np.testing.assert_allclose(on_grid, drain(outliner.outline(prepared, volume.geometry)), atol=2e-2)  # bf16 on a CPU


@pytest.mark.parametrize(("format", "name"), [("torch-export", "model.pt2"), ("torchscript", "model.pt")])
def test_pytorch_gives_what_the_model_gives(session, tmp_path, format, name):
    exported(session, tmp_path / "out", format)
    program = read_yaml(tmp_path / "out" / "model.yaml")["program"]
    assert (program["file"], program["largest_difference"]) == (name, 0.0)
    assert (tmp_path / "out" / name).is_file()
    text = (tmp_path / "out" / "README.md").read_text()
    assert "from 0.4 on. Of each class, connected parts smaller than 50% of its largest one" in text
    assert "Then each class grows, within each slice, up to 5 mm" in text


def test_the_card_says_what_it_is_and_names_nobody(session, tmp_path):
    exported(session, tmp_path / "out")
    card = read_yaml(tmp_path / "out" / "model.yaml")
    text = (tmp_path / "out" / "README.md").read_text()
    assert card["notice"] == NOT_FOR_DIAGNOSIS
    assert NOT_FOR_DIAGNOSIS in text
    assert card["data"] == {"learnt_from": "2 accepted scans", "patients": 3}
    assert (card["cutoff"], card["share"], card["grow"]) == (0.4, 0.5, 5.0)
    assert (card["channels"], card["classes"]) == (["image"], ["lesion"])
    assert yaml.safe_load(text.split("---")[1])["library_name"] == "napari-wsss"
    assert "the longer side scaled to 32 pixels" in text
    assert "Grey values, over the whole scan: as stored" in text
    for path in (tmp_path / "out").iterdir():
        assert b"case" not in path.read_bytes().lower(), path
    assert not (tmp_path / "out" / "predictions").exists()


def test_what_cannot_be_exported(session, tmp_path):
    with pytest.raises(InputError, match="'tensorflow' is no format"):
        exported(session, tmp_path / "out", "tensorflow")
    (tmp_path / "there").mkdir()
    with pytest.raises(InputError, match="is there already"):
        exported(session, tmp_path / "there")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_another_project_takes_it_over(session, tmp_path):
    drain(run(session.recipe, session.workspace, ["predict"], device="cpu"))
    exported(session, tmp_path / "out.zip")
    other = make_project(tmp_path / "other")
    try:
        entry = other.import_model(tmp_path / "out.zip")
        assert (entry.current, entry.step, entry.data) == (False, STEP, "elsewhere: 2 accepted scans")
        assert entry.name == session.models()[0].name
        other.set("slices", size=64, intensity="robust")
        other.use_model(entry.name)
        assert drain(run(other.recipe, other.workspace, ["predict"], device="cpu"))["prediction"]["made"] == 4
        for name in other.project.cases:
            np.testing.assert_array_equal(other.prediction(name), session.prediction(name))
        assert other.learnt_from() == frozenset(), "from these scans, as far as anybody can tell"
        told = read_yaml(entry.folder / "model.yaml")
        assert not {"accepted", "learnt_from", "validated_on", "validation"} & set(told)
    finally:
        other.close()


def test_what_does_not_fit_is_not_taken_over(session, tmp_path):
    exported(session, tmp_path / "out")
    card = read_yaml(tmp_path / "out" / "model.yaml")

    def refused(**changes):
        write_yaml(tmp_path / "out" / "model.yaml", card | changes)
        with pytest.raises(ModelError) as error:
            session.import_model(tmp_path / "out")
        return str(error.value)

    assert "outlines bleed; this project has lesion" in refused(classes=["bleed"])
    assert "takes scans of 2 channels; those of this project have 1" in refused(
        network={**card["network"], "in_channels": 2}
    )
    assert "is a classifier; a segmenter was expected" in refused(role="classifier")
    assert "the weights are missing, cut short or of another model" in refused(weights_sha256="0")
    assert "does not say how scans are prepared" in refused(params={})
    with pytest.raises(ModelError, match="no model here"):
        session.import_model(tmp_path / "split.csv")
    exported(session, tmp_path / "cut.zip")
    packed = bytearray((tmp_path / "cut.zip").read_bytes())
    packed[len(packed) // 2 : len(packed) // 2 + 100] = bytes(100)
    (tmp_path / "cut.zip").write_bytes(packed)
    with pytest.raises(ModelError, match="the ZIP file cannot be unpacked"):
        session.import_model(tmp_path / "cut.zip")
    assert len(session.models()) == 1


def test_an_archive_writes_nothing_but_a_model(session, tmp_path):
    exported(session, tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip", "a") as archive:
        archive.writestr("../escaped.txt", "x")
        archive.writestr("out/more.py", "x")
    entry = session.import_model(tmp_path / "out.zip")
    assert {path.name for path in entry.folder.iterdir()} == {"model.yaml", "weights.safetensors", "curves.csv"}
    assert not list(tmp_path.rglob("escaped.txt"))


def test_a_folder_of_scans_is_segmented_without_a_project(session, tmp_path):
    exported(session, tmp_path / "out")
    drain(
        run(session.recipe.with_knobs("prediction", **WAY.model_dump()), session.workspace, ["predict"], device="cpu")
    )
    result = drain(segment_folder(tmp_path / "out", tmp_path / "masks", images=tmp_path / "scans", device="cpu"))
    for name, path in result["masks"].items():
        mask, geometry = read_mask(Path(path))
        np.testing.assert_array_equal(mask, session.prediction(name))
        np.testing.assert_allclose(geometry.affine, session.project.case(name).geometry.affine)
    told = json.loads((tmp_path / "masks" / "segmented.json").read_text())
    assert told["uncertainty"]["case0"] > 0
    assert told["notice"] == NOT_FOR_DIAGNOSIS
    with pytest.raises(InputError, match="is the folder of the scans"):
        drain(segment_folder(tmp_path / "out", tmp_path / "scans", images=tmp_path / "scans"))


def test_channels_go_by_their_names_where_these_are_the_models(session, tmp_path, monkeypatch):
    (entry,) = session.models()
    drain(export_model(entry, tmp_path / "out", "weights", channels=("t1", "t2"), patients=3, way=WAY))
    given = []
    monkeypatch.setattr("napari_wsss.session.segment_folder.scan_cohort", lambda _, channels: given.append(channels))
    for names in (("t2", "t1"), ("flair", "t1")):
        with pytest.raises(TypeError):  # no scan was read
            drain(segment_folder(tmp_path / "out", tmp_path / "masks", channels=dict.fromkeys(names, tmp_path)))
    assert [list(channels) for channels in given] == [["t1", "t2"], ["flair", "t1"]]


def test_the_patients_behind_a_model_are_those_it_saw_not_all_there_are(session):
    entry = session.models()[0]
    assert patients_behind(entry, session.project.cases) == 3, "two taught, one chose the epoch, of four"
    elsewhere = replace(entry, card={"imported": {}, "data": {"patients": 7}})
    assert patients_behind(elsewhere, session.project.cases) == 7


def test_a_cutoff_is_a_probability(tmp_path):
    with pytest.raises(InputError, match="cutoff 7: a probability between 0 and 1"):
        drain(segment_folder(tmp_path / "out", tmp_path / "masks", images=tmp_path / "scans", cutoff=7.0))


def test_the_command_line(session, capfd):
    make_model(session, 60.0, name="b")
    for name in ("case0", "case2"):
        session.accept(name, (session.load(name).array[0] > 90).astype(np.uint8))
    older = session.models()[1]
    folder = session.project.folder
    session.close()
    assert main(["models", str(folder), "--rename", older.folder.name, "first"]) == 0
    assert main(["models", str(folder), "--compare", "first", "unet", "--json", "--device", "cpu"]) == 6
    assert "no model called 'unet'" in capfd.readouterr().err
    assert main(["models", str(folder), "--use", "first", "--json"]) == 0
    listed = json.loads(capfd.readouterr().out)
    assert [one["current"] for one in listed if one["name"] == "first"] == [True]
    newer = next(one["name"] for one in listed if one["name"] != "first")
    assert main(["models", str(folder), "--compare", "first", newer, "--json", "--device", "cpu"]) == 0
    assert [row["patient"] for row in json.loads(capfd.readouterr().out)["rows"]] == ["case0", "case2"]
    assert main(["models", str(folder), "--use", "first", "--start-from", "segmenter"]) == 2
