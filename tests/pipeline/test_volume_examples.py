"""What a 3-D classifier learns from: whole volumes where there are both kinds, else blocks."""

import shutil

import numpy as np
import pytest

from napari_wsss.errors import InputError
from napari_wsss.models.card import read_card, weights_digest
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.runner import run
from napari_wsss.pipeline.volume_examples import VolumeExamples, blocks, whole_volumes
from napari_wsss.pipeline.workspace import ArrayShelf, ModelShelf
from napari_wsss.progress import Note, drain
from napari_wsss.recipes import recipe_named

TINY = recipe_named("attentional-cam").with_overrides(
    [
        "volumes.grid=fill",
        "volumes.shape=[32,16,16]",
        "classifier.width=2",
        "classifier.block_depth=16",
        "classifier.epochs=3",
        "classifier.batch_size=2",
        "classifier.precision=32",
    ]
)
STAGES = ("train-classifier",)


@pytest.fixture
def halves(workspace):
    """The cohort with the lesion in the last two of the four slices, so in the second of two blocks."""
    for case_id in workspace.cases:
        workspace.labels.set(case_id, "lesion", 0, [1])
        workspace.labels.set(case_id, "lesion", 1, [3])
    return workspace


def asked(workspace, recipe=TINY):
    events = []
    drain(run(recipe, workspace, stages=STAGES, device="cpu"), events.append)
    key = Keys(recipe, workspace).key("classifier")
    folder = ModelShelf(workspace.models).place("classifier", key)
    return folder, [event.text for event in events if isinstance(event, Note)]


def job_of(workspace, recipe=TINY):
    return Job("classifier", recipe, workspace, Keys(recipe, workspace), "cpu")


def test_where_all_volumes_have_a_lesion_it_learns_from_blocks_and_says_so(halves):
    folder, notes = asked(halves)
    assert read_card(folder)["block_depth"] == 16
    assert any("blocks of 16 planes" in note for note in notes)


def test_where_both_kinds_are_there_it_learns_from_volumes(workspace):
    workspace.labels.set("b", "lesion", 0)
    folder, notes = asked(workspace)
    assert read_card(folder)["block_depth"] == 0
    assert not any("blocks" in note for note in notes)
    assert any("training loss alone" in note for note in notes), "one validation volume cannot be ranked"
    examples = whole_volumes(job_of(workspace), "volumes", ["a", "b"])
    assert examples.labels.tolist() == [[1], [0]]
    batch = examples.load(np.array([1]))
    expected = ArrayShelf(workspace.cache, "volumes", "b").read()["volume"]
    np.testing.assert_array_equal(batch["image"][0].numpy(), expected.astype(np.float32))
    assert batch["label"].tolist() == [[0]]


def test_one_kind_of_volume_alone_is_refused_when_volumes_are_asked_for(workspace):
    with pytest.raises(InputError, match="2 training volumes with and 0 without"):
        asked(workspace, TINY.with_knobs("classifier", examples="volumes"))


def test_blocks_are_pieces_of_the_volume_with_the_labels_of_their_slices(halves):
    asked(halves)
    examples = blocks(job_of(halves), "volumes", ["a"], 16)
    assert examples.labels.tolist() == [[0], [1]]
    volume = ArrayShelf(halves.cache, "volumes", "a").read()["volume"]
    np.testing.assert_array_equal(examples.load(np.array([1]))["image"][0].numpy(), volume[:, 16:].astype(np.float32))
    assert [len(batch) for batch in examples.images(1)] == [1, 1]
    assert examples.channels == 2


def test_blocks_of_which_nothing_is_known_are_left_out(halves):
    asked(halves)
    halves.labels.set("a", "lesion", -1, [0])
    examples = blocks(job_of(halves), "volumes", ["a", "b"], 16)
    assert examples.labels.tolist() == [[1], [0], [1]]


def test_volumes_of_different_sizes_are_refused():
    pieces = [np.zeros((1, 8, 8, 8)), np.zeros((1, 8, 8, 9))]
    with pytest.raises(InputError, match="grid=fit"):
        VolumeExamples(pieces, np.array([[0], [1]], np.int8))
    assert len(VolumeExamples(pieces, np.array([[0], [-1]], np.int8))) == 1


def test_an_interrupted_training_ends_with_the_same_weights(halves):
    whole, _ = asked(halves)
    expected = weights_digest(whole)
    shutil.rmtree(halves.models)
    shutil.rmtree(halves.cache)
    work = run(TINY, halves, stages=STAGES, device="cpu")
    for event in work:
        if getattr(event, "stage", "") == "classifier" and getattr(event, "done", 0) == 2:
            break
    work.close()
    again, notes = asked(halves)
    assert any("goes on" in note for note in notes)
    assert weights_digest(again) == expected
