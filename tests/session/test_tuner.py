"""The live path of one case over a real project folder: what it shows, keeps, and how it agrees with the jobs."""

import numpy as np
import pytest
from counting import CALLS, counting_recipe
from raw_maps import raw_maps

from napari_wsss.data.cohort import scan_cohort
from napari_wsss.data.labels import LabelTable
from napari_wsss.errors import Cancelled, InputError
from napari_wsss.files import file_digest, write_yaml
from napari_wsss.models.card import DIGEST, WEIGHTS
from napari_wsss.pipeline.cache import ArrayCache
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.plan import plan
from napari_wsss.pipeline.propose import kept_masks, propose, scored_masks
from napari_wsss.pipeline.runner import pinned_models
from napari_wsss.pipeline.workspace import ArrayShelf, ModelShelf
from napari_wsss.progress import Note, drain
from napari_wsss.session import tuner as tuner_module
from napari_wsss.session.session import Session
from napari_wsss.store.project import Project

DEPTH = 20


@pytest.fixture
def session(tmp_path):
    """A project of two scans with maps, as if a classifier had been trained."""
    import nibabel as nib

    (tmp_path / "scans").mkdir()
    rng = np.random.default_rng(0)
    for name in "ab":
        scan = rng.normal(50, 5, (24, 22, DEPTH))
        scan[6:14, 6:14, 3:16] += 100
        nib.save(nib.Nifti1Image(scan.astype(np.float32), np.diag([1, 1, 2, 1])), tmp_path / "scans" / f"{name}.nii.gz")
    cases = [case.replace(subset="train") for case in drain(scan_cohort(tmp_path / "scans", None))]
    labels = LabelTable.empty(("lesion",), dict.fromkeys("ab", DEPTH))
    with Project.create(tmp_path / "p", "P", cases, labels) as made:
        made.settings["recipe"] = "mixed-unet"
        made.save()
    with Session.open(tmp_path / "p") as opened:
        keys = Keys(opened.recipe, opened.workspace)
        _plant_classifier(opened.workspace.models, keys.key("classifier"))
        for case_id in "ab":
            shelf = ArrayShelf(opened.workspace.cache, "maps", case_id)
            shelf.write(keys.key("maps", case_id), raw_maps(opened.recipe.step("maps"), DEPTH))
        yield opened


def _plant_classifier(models, key):
    """Leave what passes for a trained classifier; nothing here loads it."""
    folder = ModelShelf(models).place("classifier", key)
    folder.mkdir(parents=True)
    (folder / WEIGHTS).write_bytes(b"weights")
    write_yaml(folder / "model.yaml", {"key": key, DIGEST: file_digest(folder / WEIGHTS)})
    ModelShelf(models).use("classifier", key)


def job_of(session):
    keys = Keys(session.recipe, session.workspace, pinned_models(session.recipe, session.workspace))
    return Job(session.recipe.proposal, session.recipe, session.workspace, keys)


def proposed(session, cases=("a", "b")):
    notes = []
    done = drain(propose(job_of(session), list(cases)), notes.append)
    return {name: row["made"] for name, row in done.items()}, [note for note in notes if isinstance(note, Note)]


def folders(session):
    return sorted(path.name for path in (session.project.folder / "proposals").iterdir())


def test_the_window_and_the_job_make_the_same_mask_under_the_same_key(session):
    made, notes = proposed(session)
    assert made == {"origin": 2, "refined": 2, "crf": 2}
    assert notes == []
    assert folders(session) == ["crf", "origin", "refined"]
    tuner = session.tuner("a")
    assert tuner.has_maps
    assert not tuner.stale
    mask = session.proposal("a")
    assert 0 < (mask > 0).sum() < mask.size
    np.testing.assert_array_equal(tuner.mask(), mask)
    assert tuner.timings == {}, "what the job kept is read and not computed"
    assert tuner.key() == session.project.proposal_key("crf", "a")
    tuner.set("crf", iterations=2)
    tuner.set("crf", iterations=5)
    assert tuner.key() == session.project.proposal_key("crf", "a")


def test_a_slice_shown_comes_from_what_the_job_kept(session):
    proposed(session)
    tuner = session.tuner("a")
    np.testing.assert_array_equal(tuner.mask(5), session.proposal("a")[5])
    assert tuner.timings == {}
    tuner.set("refined", value=0.6)
    computed = tuner.mask(5)
    assert set(tuner.timings) >= {"refined", "crf"}
    np.testing.assert_array_equal(tuner.mask()[5], computed)


def test_a_mask_that_a_job_replaced_since_is_not_taken_for_the_old_one(session):
    proposed(session)
    tuner, mask = session.tuner("a"), session.proposal("a")
    np.testing.assert_array_equal(tuner.mask(2), mask[2])  # it knows now what is kept under which key
    session.project.write_proposal("crf", "a", np.ones_like(mask), {"key": "of other settings"})
    other = session.tuner("a")
    other._cache = tuner._cache = ArrayCache()
    tuner.set("refined", value=0.6)
    tuner.set("refined", value=0.35)
    np.testing.assert_array_equal(tuner.mask(), mask)
    np.testing.assert_array_equal(other.mask(), mask)
    assert "crf" in tuner.timings


def test_a_case_with_settings_of_its_own_is_proposed_with_them_and_alone_goes_stale(session):
    proposed(session)
    session.set_case("a", "refined", value=0.6)
    session.set_case("a", "margin", on=True)
    keys = job_of(session).keys
    units = {row.step: (row.state, row.units) for row in plan(session.recipe, session.workspace, ("propose",))}
    assert set(units) == {"origin", "refined", "crf", "margin"}
    made, _ = proposed(session)
    assert made == {"origin": 0, "refined": 1, "crf": 1, "margin": 1}
    assert folders(session) == ["crf", "margin", "origin", "refined"]
    facts = session.project.proposal_provenance("margin", "a")
    assert facts["params"]["refined"]["value"] == 0.6
    assert facts["params"]["margin"]["on"] is True
    assert session.project.proposal_provenance("crf", "b")["params"]["refined"]["value"] == 0.35
    tuner = session.tuner("a")
    assert tuner.start.step("refined").value == 0.6
    assert tuner.key() == facts["key"] == keys.key("margin", "a")
    np.testing.assert_array_equal(tuner.mask(), session.proposal("a"))
    assert tuner.changes() == {}
    assert scored_masks(keys, ["a", "b"]) == ["origin", "refined", "crf", "margin", "prediction"]
    assert scored_masks(keys, ["b"]) == ["origin", "refined", "crf", "prediction"]
    segmenter = keys.fresh("segmenter")
    session.clear_case("a")
    assert job_of(session).keys.fresh("segmenter") != segmenter
    assert proposed(session)[0] == {"origin": 0, "refined": 1, "crf": 1}


def test_a_sliders_value_is_not_overruled_by_the_cases_own(session):
    session.set_case("a", "refined", value=0.6)
    tuner = session.tuner("a")
    tuner.set("refined", value=0.35)
    assert tuner.changes() == {"refined": {"value": 0.35}}
    session.clear_case("a")
    assert tuner.key() == session.tuner("a").key()
    assert tuner.provenance()["params"]["refined"]["value"] == 0.35


def test_settings_that_do_not_fit_are_said_once_by_job_and_tuner(session):
    session.set_case("a", "refined", value=0.6)
    session.project.settings["cases"]["a"].append("gone.value=1")
    session.project.save()
    _, notes = proposed(session)
    assert [note.text for note in notes] == [
        "a: a setting of this case is left out. " + session.tuner("a").notes[0],
    ]
    assert session.tuner("b").notes == []


def test_an_expensive_proposal_is_there_at_once_the_next_time(session, monkeypatch):
    monkeypatch.setattr(tuner_module, "LONG_SECONDS", 0.0)
    tuner = session.tuner("a")
    tuner.set("refined", value=0.6)
    tuner.mask(3)
    tuner.keep()
    kept = session.project.cache_folder / "live"
    assert not kept.exists(), "one slice is not the volume"
    mask = tuner.mask()
    tuner.keep()
    (file,) = kept.iterdir()
    before = file.stat().st_mtime_ns
    tuner.keep()
    assert file.stat().st_mtime_ns == before, "kept once"
    session.set("refined", value=0.6)
    with Session.open(session.project.folder) as again:
        other = again.tuner("a")
        np.testing.assert_array_equal(other.mask(7), mask[7])
        np.testing.assert_array_equal(other.mask(), mask)
        assert other.timings == {}
        other.set("refined", value=0.5)
        other.mask()
        assert set(other.timings) >= {"refined", "crf"}
        other.keep()
    assert list(kept.iterdir()) == [file], "the second window may only look"
    file.write_bytes(file.read_bytes()[:20])
    with Session.open(session.project.folder, read_only=True) as again:
        np.testing.assert_array_equal(again.tuner("a").mask(), mask)


def test_a_quick_proposal_is_not_written_to_disk(session, monkeypatch):
    monkeypatch.setattr(tuner_module, "LONG_SECONDS", 1e9)
    tuner = session.tuner("a")
    tuner.mask()
    tuner.keep()
    assert not (session.project.cache_folder / "live").exists()


def test_preview_goes_as_far_as_one_slice_can_tell(session):
    tuner = session.tuner("a")
    np.testing.assert_array_equal(tuner.preview(6), tuner.mask(6))
    tuner.set("islands", on=True, mode="3d")
    assert not tuner.slicewise
    assert not tuner.quick(6)
    before = session.tuner("a")
    np.testing.assert_array_equal(tuner.preview(6), before.mask(6))
    assert not tuner.at_hand()
    volume = tuner.mask()
    assert tuner.at_hand(6)
    assert tuner.quick(6)
    np.testing.assert_array_equal(tuner.preview(6), volume[6])
    tuner.set("kernel", mode="3d")
    refined = session.tuner("a").value("refined", 6)[0]
    np.testing.assert_array_equal(tuner.preview(6), refined)


def test_preview_of_a_volume_wide_soft_map_is_none(session):
    tuner = session.tuner("a")
    tuner.set("refined-map", scope_of_range="volume")
    assert tuner.preview(6) is None
    tuner.evidence()
    np.testing.assert_array_equal(tuner.preview(6), tuner.mask()[6])


def test_stop_gives_a_volume_up(session):
    tuner, asked = session.tuner("a"), []

    def stop():
        asked.append(1)
        return len(asked) > 8  # of ten: the kernel, then three steps of three pieces

    with pytest.raises(Cancelled):
        tuner.mask(stop=stop)
    assert not tuner.at_hand()
    assert 0 < sum(tuner.at_hand(z) for z in range(DEPTH)) < DEPTH, "a piece was done"
    np.testing.assert_array_equal(tuner.mask(stop=lambda: False)[4], tuner.mask(4))


def test_changes_say_what_was_moved_since_the_start(session):
    tuner = session.tuner("a")
    tuner.set("refined", value=0.6)
    tuner.set("box", on=True, boxes=((0, 1, 1, 4, 8, 8),))
    assert tuner.changes() == {"refined": {"value": 0.6}, "box": {"on": True, "boxes": ((0, 1, 1, 4, 8, 8),)}}
    session.keep_case("a", tuner.changes())
    assert session.tuner("a").key() == tuner.key()
    assert session.tuner("a").changes() == {}
    tuner.set("refined", value=0.35)
    assert set(tuner.changes()) == {"box"}


def test_memory_is_what_the_sessions_cache_holds(session):
    tuner = session.tuner("a")
    assert tuner.memory == 0
    tuner.mask(3)
    little = tuner.memory
    tuner.mask()
    assert tuner.memory > little > 0
    assert session.tuner("b").memory == tuner.memory


def test_timings_are_of_steps_that_are_switched_on(session):
    tuner = session.tuner("a")
    tuner.set("margin", on=True)
    tuner.mask(3)
    assert "margin" in tuner.timings
    tuner.set("margin", on=False)
    tuner.mask(3)
    assert "margin" not in tuner.timings
    assert list(tuner.timings) == [name for name in tuner.steps if name in tuner.timings]


def test_what_is_not_kept_cannot_be_exported_and_says_so(session, tmp_path):
    proposed(session)
    assert len(drain(session.export(tmp_path / "out", what="proposals"))) == 2
    with pytest.raises(InputError, match="'holes' is not kept; give one of: accepted, predictions, proposals, origin"):
        drain(session.export(tmp_path / "out", what="holes"))
    session.keep({"holes": {"on": True}})
    proposed(session)
    np.testing.assert_array_equal(session.tuner("a").mask(), session.proposal("a"))
    assert folders(session) == ["crf", "holes", "origin", "refined"], (
        "the proposal is what the last filter in use gives"
    )


def test_a_step_that_asks_a_classifier_is_given_a_function_that_does(session, monkeypatch):
    from napari_wsss.pipeline import classify

    asked = []

    def ask_model(job, classifier, case_id):
        def ask(_, slices):
            asked.append((case_id, classifier, job.name))
            return np.zeros((len(slices), 1), np.float32)

        return ask

    monkeypatch.setattr(classify, "ask_model", ask_model)
    proposed(session)
    assert asked == [], "nobody asks while the filter is off"
    session.keep({"clusters": {"on": True, "choose": "differential"}})
    assert proposed(session)[0]["crf"] == 2
    assert {case_id for case_id, *_ in asked} == {"a", "b"}
    assert {classifier for _, classifier, _ in asked} == {"classifier"}


def test_masks_nobody_needs_are_not_kept():
    assert kept_masks(counting_recipe()) == ["cut", "last"]
    assert CALLS == []
