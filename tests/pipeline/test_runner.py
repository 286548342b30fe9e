"""The whole of system 1 on three tiny cases: what runs, what is kept, what is refused."""

import numpy as np
import pytest

from napari_wsss.data.letterbox import Letterbox
from napari_wsss.engine import ranks
from napari_wsss.errors import InputError, ProjectError
from napari_wsss.pipeline.batches import MaskedSlices
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.plan import plan
from napari_wsss.pipeline.runner import run
from napari_wsss.pipeline.workspace import ArrayShelf, ModelShelf
from napari_wsss.progress import Note, Progress, drain
from napari_wsss.recipes import recipe_named

TINY = recipe_named("mixed-unet").with_overrides(
    [
        "slices.size=32",
        "classifier.backbone=resnet18",
        "classifier.weights=random",
        "classifier.epochs=1",
        "classifier.batch_size=4",
        "classifier.precision=32",
        "maps.scales=[1.0, 2.0]",
        "refined-map.scales=[1.0, 2.0]",
        "segmenter.width=4",
        "segmenter.epochs=1",
        "segmenter.batch_size=4",
        "segmenter.precision=32",
    ]
)


def states(recipe, workspace):
    return {step.step: step.state for step in plan(recipe, workspace)}


@pytest.fixture(scope="module")
def finished_once(new_workspace, tmp_path_factory):
    workspace = new_workspace(tmp_path_factory.mktemp("finished"))
    drain(run(TINY, workspace, device="cpu"))
    return workspace


@pytest.fixture
def finished(finished_once, copied, tmp_path):
    return copied(finished_once, tmp_path)


def test_all_stages_leave_masks_on_the_scans_grid_and_a_second_run_redoes_nothing(workspace):
    assert set(states(TINY, workspace).values()) == {"missing"}
    first = drain(run(TINY, workspace, device="cpu"))
    assert first["classifier"]["trained"]
    assert first["segmenter"]["trained"]
    assert {name: first[name]["made"] for name in ("maps", "origin", "refined", "crf", "prediction")} == dict.fromkeys(
        ("maps", "origin", "refined", "crf", "prediction"), 3
    )
    for kind in ("origin", "refined", "crf", "prediction"):
        assert workspace.masks.read(kind, "c").shape == (4, 32, 40)
    assert workspace.masks.read("crf", "a")[[0, 3]].max() == 0, "slices labelled lesion-free stay empty"
    for case_id in workspace.cases:
        maps = ArrayShelf(workspace.cache, "maps", case_id).read()
        # A ResNet's cell 0 lies on pixel 0 of the input, whose sides are 32 and 64.
        assert [maps[name][:, 0].tolist() for name in ("grid-1", "grid-2")] == [[0.5 / 32] * 2, [0.5 / 64] * 2]
    assert set(states(TINY, workspace).values()) == {"valid"}

    events = []
    second = drain(run(TINY, workspace, device="cpu"), events.append)
    assert not second["classifier"]["trained"]
    assert not second["segmenter"]["trained"]
    assert all(second[name]["made"] == 0 for name in ("maps", "origin", "refined", "crf", "prediction"))
    assert not [event for event in events if isinstance(event, Progress)]


def test_a_moved_threshold_redoes_what_follows_from_it_alone(finished):
    other = TINY.with_knobs("refined", value=0.5)
    assert states(other, finished) == {
        "slices": "valid",
        "classifier": "valid",
        "maps": "valid",
        "origin": "valid",
        "refined": "stale",
        "crf": "stale",
        "segmenter": "stale",
        "prediction": "stale",
    }
    drain(run(other, finished, ["propose"]))
    drain(run(other, finished, ["train-segmenter", "predict"], device="cpu"))
    assert set(states(other, finished).values()) == {"valid"}
    # The earlier segmenter is kept: going back needs no training.
    assert {step: state for step, state in states(TINY, finished).items() if step in ("segmenter", "classifier")} == {
        "segmenter": "valid",
        "classifier": "valid",
    }


def test_maps_are_made_with_the_model_in_use_after_labels_changed_and_say_so(finished):
    finished.labels.set("a", "lesion", -1, [0])
    events = []
    drain(run(TINY, finished, ["maps"], device="cpu"), events.append)
    notes = [event.text for event in events if isinstance(event, Note)]
    assert notes == ["'classifier' was trained with other labels or settings; `train-classifier` brings it up to date."]


@pytest.mark.parametrize(
    ("stage", "first"),
    [
        ("maps", "train-classifier"),
        ("propose", "train-classifier"),
        ("train-segmenter", "propose"),
        ("predict", "train-segmenter"),
    ],
)
def test_a_stage_without_what_it_needs_names_the_command(workspace, stage, first):
    with pytest.raises(ProjectError, match=rf"run `napari-wsss (?:{first}|maps|train-classifier) PROJECT` first"):
        drain(run(TINY, workspace, [stage], device="cpu"))


def test_a_stage_that_the_recipe_lacks_is_told(finished):
    short = TINY.model_copy(update={"steps": dict(list(TINY.steps.items())[:-2]), "rows": ("crf",)})
    events = []
    assert drain(run(short, finished, ["predict"], device="cpu"), events.append) == {}
    assert [event.text for event in events] == ["predict: the recipe 'mixed-unet' has no step for it."]


def test_accepted_masks_take_the_place_of_pseudo_masks_on_accepted_slices(workspace):
    pseudo = np.zeros((4, 32, 40), np.uint8)
    pseudo[1:3, :, :20] = 1
    accepted = np.zeros_like(pseudo)
    accepted[3, 8:24] = 1
    recipe = TINY.with_knobs("segmenter", negatives=0.0)
    job = Job("segmenter", recipe, workspace, Keys(recipe, workspace))
    drain(recipe.step("slices").run(job.of("slices"), ["a"]))
    for kind in ("refined", "crf"):
        workspace.masks.write(kind, "a", pseudo, {"key": "k"})
    workspace.accepted.kept["a"] = (accepted, np.array([False, False, True, True]))

    examples = MaskedSlices(job, recipe.step("segmenter"), ["a"])
    # Slice 1 keeps its pseudo-mask, slice 2 was accepted empty, slice 3 was accepted with a band.
    assert examples.positives == len(examples) == 2
    expected = Letterbox((32, 40), 32).apply_labels(np.stack([pseudo[1], accepted[3]]))
    np.testing.assert_array_equal(examples.target_masks(), expected)
    batch = examples.load(np.array([1]))
    np.testing.assert_array_equal(batch["seeds"][0], expected[1])


def test_lesion_free_slices_come_in_the_ratio_asked_for(workspace):
    mask = np.zeros((4, 32, 40), np.uint8)
    mask[1] = 1
    recipe = TINY.with_knobs("segmenter", negatives=2.0)
    job = Job("segmenter", recipe, workspace, Keys(recipe, workspace))
    drain(recipe.step("slices").run(job.of("slices"), ["a"]))
    for kind in ("refined", "crf"):
        workspace.masks.write(kind, "a", mask, {"key": "k"})
    examples = MaskedSlices(job, recipe.step("segmenter"), ["a"])
    # Slice 2 is labelled positive but has no mask: it is neither an example nor a lesion-free slice.
    assert [int(target.any()) for target in examples.target_masks()] == [0, 1, 0]


def test_labels_of_one_kind_are_refused_with_their_counts(workspace):
    for case_id in ("a", "b"):
        workspace.labels.set(case_id, "lesion", -1, [0, 3])
    with pytest.raises(InputError, match="4 training slices with and 0 without it"):
        drain(run(TINY, workspace, ["train-classifier"], device="cpu"))


def test_a_training_that_cannot_go_on_as_it_began_says_so(finished):
    other = TINY.with_overrides(["segmenter.learning_rate=0.002"])
    (finished.models / "segmenter-0123456789ab" / "checkpoint").mkdir(parents=True)
    heard = []
    drain(run(other, finished, ["train-segmenter"], device="cpu"), heard.append)
    told = [event.text for event in heard if isinstance(event, Note) and "begins anew" in event.text]
    assert told == [
        "'segmenter' begins anew: labels, masks or settings have changed since its training was interrupted."
    ]


def test_the_current_model_is_remembered(finished):
    shelf = ModelShelf(finished.models)
    key = shelf.current("classifier")
    assert key is not None
    assert shelf.finished("classifier", key)
    (shelf.place("classifier", key) / "model.yaml").unlink()
    assert shelf.current("classifier") is None


def test_a_process_that_does_not_lead_trains_silently_and_leaves_nothing(finished, monkeypatch):
    def files():
        return {path: path.stat().st_mtime_ns for path in finished.models.parent.rglob("*") if path.is_file()}

    before, current = files(), ModelShelf(finished.models).current("segmenter")
    monkeypatch.setattr(ranks, "leads", lambda: False)
    events = []
    changed = TINY.with_overrides(["segmenter.learning_rate=0.0005"])
    done = drain(run(changed, finished, ["train-segmenter", "predict"], device="cpu"), events.append)
    assert list(done) == ["segmenter"]
    assert done["segmenter"]["trained"]
    assert events == []
    assert files() == before
    assert ModelShelf(finished.models).current("segmenter") == current
