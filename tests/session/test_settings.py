"""Settings of the project, of single cases and under a name, as the manifest keeps them."""

import json

import numpy as np
import pytest

from napari_wsss.data.cohort import scan_cohort
from napari_wsss.data.labels import LabelTable
from napari_wsss.errors import InputError, ProjectError, RecipeError
from napari_wsss.progress import drain
from napari_wsss.session.session import Session
from napari_wsss.store.project import Project


@pytest.fixture
def project_folder(tmp_path):
    """A project of two small scans that nobody has worked on."""
    import nibabel as nib

    (tmp_path / "scans").mkdir()
    for name in "ab":
        nib.save(nib.Nifti1Image(np.ones((6, 5, 4), np.float32), np.eye(4)), tmp_path / "scans" / f"{name}.nii.gz")
    cases = drain(scan_cohort(tmp_path / "scans", None))
    labels = LabelTable.empty(("lesion",), {case.id: 4 for case in cases})
    with Project.create(tmp_path / "p", "P", cases, labels) as made:
        made.settings["recipe"] = "mixed-unet"
        made.save()
    return tmp_path / "p"


@pytest.fixture
def session(project_folder):
    with Session.open(project_folder) as opened:
        yield opened


def stored(session):
    return json.loads((session.project.folder / "project.json").read_text())["settings"]


def value(recipe):
    return recipe.step("refined").value


def test_a_case_has_its_own_value_and_all_others_the_projects(session):
    session.set("refined", value=0.4)
    session.set_case("a", "refined", value=0.6)
    session.set_case("a", "refined", value=0.5)
    session.set_case("a", "box", on=True, boxes=[[0, 1, 1, 4, 3, 4]])
    assert session.case_overrides("a") == [
        "refined.value=0.5",
        "box.on=true",
        "box.boxes=[[0, 1, 1, 4, 3, 4]]",
    ]
    assert (value(session.recipe_for("a")), value(session.recipe_for("b")), value(session.recipe)) == (0.5, 0.4, 0.4)
    assert session.recipe_for("a").step("box").boxes == ((0, 1, 1, 4, 3, 4),)
    session.set("refined", value=0.3)
    assert (value(session.recipe_for("a")), value(session.recipe_for("b"))) == (0.5, 0.3)
    with Session.open(session.project.folder, read_only=True) as again:
        assert again.recipe_for("a") == session.recipe_for("a")
        assert again.workspace.overrides == {"a": session.case_overrides("a")}


def test_settings_of_a_case_can_be_taken_back(session):
    session.keep_case("a", {"refined": {"value": 0.5}, "box": {"on": True}, "crf": {"iterations": 2}})
    session.clear_case("a", "refined", "value")
    assert session.case_overrides("a") == ["box.on=true", "crf.iterations=2"]
    session.clear_case("a", "box")
    assert session.case_overrides("a") == ["crf.iterations=2"]
    session.clear_case("a")
    assert session.case_overrides("a") == []
    assert "cases" not in stored(session)
    assert session.recipe_for("a") == session.recipe


@pytest.mark.parametrize(
    ("step", "knobs", "message"),
    [
        ("maps", {"batch_size": 4}, "'maps' works for the whole project and cannot be set for one case"),
        ("refind", {"value": 0.5}, "Did you mean 'refined'"),
        ("refined", {"valu": 0.5}, "no knob 'valu'"),
        ("refined", {"value": 7}, "refined.value"),
    ],
)
def test_what_cannot_be_set_is_refused_in_one_line_and_nothing_is_kept(session, step, knobs, message):
    before = stored(session)
    for change in (
        lambda: session.set_case("a", step, **knobs),
        lambda: session.keep_case("a", {"crf": {"iterations": 2}, step: knobs}),
        lambda: session.save_preset("mine", {step: knobs}),
    ):
        with pytest.raises(RecipeError, match=message) as caught:
            change()
        assert "\n" not in str(caught.value)
    assert stored(session) == before


def test_a_case_that_is_not_there_is_named(session):
    for call in (session.case_overrides, session.clear_case, session.recipe_for):
        with pytest.raises(InputError, match="no case 'x'"):
            call("x")
    with pytest.raises(InputError, match="no case 'x'"):
        session.set_case("x", "refined", value=0.5)


def test_settings_that_no_longer_fit_are_left_out_with_a_line_each(session):
    session.set_case("a", "refined", value=0.5)
    kept = session.project.settings["cases"]["a"]
    session.project.settings["cases"]["a"] = ["gone.value=1", *kept, "maps.batch_size=2", "crf.iterations=-5", "??", 5]
    notes = session.case_notes("a")
    assert [note.split("'")[1] if "'" in note else note.split(":")[0] for note in notes] == [
        "mixed-unet",
        "maps",
        "crf.iterations",
    ]
    assert all("\n" not in note for note in notes)
    assert value(session.recipe_for("a")) == 0.5
    session.set_case("a", "crf", iterations=2)
    assert session.recipe_for("a").step("crf").iterations == 2


@pytest.mark.parametrize("damage", [[], "text", {"a": "refined.value=1"}, {"a": None}, {"a": {"refined": 1}}, 3])
def test_a_manifest_edited_by_hand_does_no_harm(session, damage):
    session.project.settings |= {"cases": damage, "presets": damage}
    assert session.case_overrides("a") == []
    assert session.presets() == {}
    assert session.workspace.overrides == {}
    session.set_case("a", "refined", value=0.5)
    assert value(session.recipe_for("a")) == 0.5


def test_presets_are_kept_under_a_name(session):
    session.save_preset("small lesions", {"refined": {"value": 0.55}, "box": {"on": True}})
    session.save_preset(" large ", {"crf": {"iterations": 3}})
    assert session.presets() == {"small lesions": ["refined.value=0.55", "box.on=true"], "large": ["crf.iterations=3"]}
    assert session.preset("small lesions") == {"refined": {"value": 0.55}, "box": {"on": True}}
    assert value(session.recipe) == 0.35, "keeping a preset applies nothing"
    session.save_preset("large", {"crf": {"iterations": 4}})
    session.project.settings["presets"]["large"].append("gone.value=1")
    assert session.preset("large") == {"crf": {"iterations": 4}}
    with Session.open(session.project.folder, read_only=True) as again:
        assert set(again.presets()) == {"small lesions", "large"}
    session.delete_preset("large")
    assert set(session.presets()) == {"small lesions"}
    for call in (session.preset, session.delete_preset):
        with pytest.raises(RecipeError, match=r"no preset called 'smal lesions'\. Did you mean 'small lesions'\?"):
            call("smal lesions")
    session.delete_preset("small lesions")
    assert "presets" not in stored(session)
    with pytest.raises(RecipeError, match="None is kept yet"):
        session.preset("small lesions")
    with pytest.raises(RecipeError, match="a preset needs a name"):
        session.save_preset("  ", {"refined": {"value": 0.5}})


def test_several_knobs_are_kept_for_the_project_or_none(session):
    session.keep({"refined": {"value": 0.4}, "crf": {"iterations": 2}})
    assert stored(session)["overrides"] == ["refined.value=0.4", "crf.iterations=2"]
    with pytest.raises(RecipeError):
        session.keep({"refined": {"value": 0.6}, "crf": {"iterations": -2}})
    assert value(session.recipe) == 0.4


def test_a_read_only_project_keeps_nothing_and_says_so(session):
    session.set_case("a", "refined", value=0.5)
    with Session.open(session.project.folder) as second:
        for change in (
            lambda: second.set_case("a", "refined", value=0.6),
            lambda: second.clear_case("a"),
            lambda: second.save_preset("mine", {"refined": {"value": 0.6}}),
        ):
            with pytest.raises(ProjectError, match="Nothing was changed"):
                change()
        assert value(second.recipe_for("a")) == 0.5


def test_a_write_that_fails_changes_nothing(session, monkeypatch):
    session.set_case("a", "refined", value=0.5)
    before = stored(session)

    def full(*_):
        raise ProjectError("the disk is full")

    monkeypatch.setattr("napari_wsss.store.project.write_manifest", full)
    with pytest.raises(ProjectError, match="full"):
        session.set_case("a", "refined", value=0.6)
    assert session.project.settings == before
    assert value(session.recipe_for("a")) == 0.5


def test_an_older_project_opens_unchanged(session):
    session.set("refined", value=0.4)
    before = (session.project.folder / "project.json").read_bytes()
    assert "cases" not in stored(session)
    with Session.open(session.project.folder, read_only=True) as again:
        assert again.presets() == {}
        assert again.case_overrides("a") == []
    assert (session.project.folder / "project.json").read_bytes() == before


def stored_by_an_earlier_version(session, overrides):
    """Put settings into the manifest as they were once written."""
    session.project.settings |= {"recipe": "mixed-unet", "overrides": overrides}
    session.project.save()
    session.project.close()
    return session.project.folder


def test_settings_of_an_earlier_version_hold_under_their_present_names(session):
    folder = stored_by_an_earlier_version(
        session, ["maps.method=grad-cam", "maps.layer=trunk.features.1", "crf.sxy=12", "crf.srgb=20", "crf.compat=4"]
    )
    with Session.open(folder) as again:
        assert again.notes == []
        assert again.recipe.step("maps").layers == ("trunk.features.1",)
        kernel = again.recipe.step("kernel")
        assert (kernel.sxy, kernel.srgb, again.recipe.step("crf").compat) == (12.0, (20.0,), 4.0)
        again.set("kernel", sxy=9)
        assert "kernel.sxy=9.0" in stored(again)["overrides"]
        assert not [text for text in stored(again)["overrides"] if text.startswith(("maps.layer=", "crf.s"))]
    with Session.open(folder) as again:
        assert again.recipe.step("kernel").sxy == 9.0


@pytest.mark.parametrize("layer", ["", "''", '""'])
def test_an_earlier_layer_that_was_not_named_is_still_the_last(session, layer):
    with Session.open(stored_by_an_earlier_version(session, [f"maps.layer={layer}"])) as again:
        assert again.recipe.step("maps").layers == ()
        assert again.notes == []


def test_a_project_with_settings_that_no_longer_fit_opens_without_them_and_says_so_once(session):
    odd = ["gone.value=1", "refined.value=0.5", "maps.depth=3", "crf.iterations=-5", "maps.layer=[", "??", 5]
    folder = stored_by_an_earlier_version(session, odd)
    before = (folder / "project.json").read_bytes()
    with Session.open(folder) as again:
        assert value(again.recipe) == 0.5
        (note,) = again.notes
        assert "\n" not in note
        for text in ("'gone'", "'depth'", "crf.iterations", "'??'", "'5'"):
            assert text in note
        assert (folder / "project.json").read_bytes() == before, "opening changes nothing"
        drain(again.use(None, ["crf.iterations=3"], device="cuda"))
        assert "refined.value=0.5" in stored(again)["overrides"]
    with Session.open(folder) as again:
        assert again.notes == []
        assert (value(again.recipe), again.recipe.step("crf").iterations) == (0.5, 3)


def test_a_project_whose_recipe_cannot_be_read_is_left_free(session):
    session.project.settings["recipe"] = "no-such-recipe"
    session.project.save()
    session.project.close()
    with pytest.raises(RecipeError, match="no recipe called 'no-such-recipe'"):
        Session.open(session.project.folder)
    with Project.open(session.project.folder) as project:
        assert not project.read_only


def test_settings_of_the_project_that_cannot_be_written_are_not_in_use(session, monkeypatch):
    def full(*_):
        raise ProjectError("the disk is full")

    monkeypatch.setattr("napari_wsss.store.project.write_manifest", full)
    with pytest.raises(ProjectError, match="full"):
        session.set("refined", value=0.6)
    assert value(session.recipe) == 0.35


def test_search_and_calibration_refuse_a_read_only_project_before_they_begin(session):
    with Session.open(session.project.folder) as second:
        for work in (second.search_thresholds(), second.calibrate()):
            with pytest.raises(ProjectError, match="Nothing was changed"):
                drain(work)
        assert second.worker.pid is None
