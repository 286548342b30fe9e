"""The phase of a classifier's training in which neighbouring slices take part."""

from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from napari_wsss.models.card import WEIGHTS, read_card, weights_digest
from napari_wsss.models.classifier import Classifier
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.networks import network_step
from napari_wsss.pipeline.runner import run
from napari_wsss.pipeline.sample import Sample
from napari_wsss.pipeline.sequences import SliceSequences
from napari_wsss.pipeline.share import share_model
from napari_wsss.pipeline.trained import load_classifier
from napari_wsss.pipeline.workspace import ModelShelf
from napari_wsss.progress import Note, Progress, drain
from napari_wsss.recipes import recipe_named

TINY = recipe_named("resnet-lstm").with_overrides(
    [
        "slices.size=32",
        "slices.intensity=robust",
        "volumes.skull=false",
        "resnet.backbone=resnet18",
        "resnet.weights=random",
        "resnet.epochs=1",
        "resnet.batch_size=4",
        "resnet.precision=32",
        "resnet-lstm.window=3",
        "resnet-lstm.units=4",
        "resnet-lstm.epochs=2",
        "resnet-lstm.precision=32",
    ]
)
STAGE = ("train-classifier",)


def job_of(workspace):
    return Job("resnet-lstm", TINY, workspace, Keys(TINY, workspace), "cpu")


def folder_of(workspace, step):
    shelf = ModelShelf(workspace.models)
    return shelf.place(step, shelf.current(step))


@pytest.fixture(scope="module")
def trained(new_workspace, tmp_path_factory):
    """A workspace in which both phases were trained.

    With the events, and, for every moment at which the second phase had curves but no checkpoint, whether it had
    weights.
    """
    workspace, events, saved = new_workspace(tmp_path_factory.mktemp("trained")), [], []
    for event in run(TINY, workspace, STAGE, device="cpu"):
        events.append(event)
        folders = [curves.parent for curves in workspace.models.glob("resnet-lstm-*/curves.csv")]
        saved += [(folder / WEIGHTS).exists() for folder in folders if not (folder / "checkpoint").exists()]
    return workspace, events, saved


@pytest.fixture
def sequences(workspace):
    job = job_of(workspace)
    drain(TINY.step("slices").run(job.of("slices"), ["a", "b"]))
    workspace.labels.set("b", "lesion", -1, [3])
    return job, SliceSequences(job, "slices", ["a", "b"], 3)


def test_volumes_are_cut_into_runs_and_runs_without_label_left_out(sequences):
    job, runs = sequences
    # a: slices 0–2 and 3; b: slices 0–2, its last slice has no label
    assert len(runs) == 3
    assert runs.labels[:, 0].tolist() == [0, 1, 1, 0, 0, 1, 1]
    assert runs.channels == 2
    batch = runs.load(np.array([1, 2]))
    assert batch["length"].tolist() == [1, 3]
    assert batch["label"][..., 0].tolist() == [[0, -1, -1], [0, 1, 1]]
    slices = {case_id: job.arrays("slices", case_id)["slices"].astype(np.float32) for case_id in "ab"}
    np.testing.assert_array_equal(batch["image"][0, 0], slices["a"][3])
    assert batch["image"][0, 1:].abs().max() == 0
    np.testing.assert_array_equal(batch["image"][1], slices["b"][:3])
    assert [part.shape[:2] for part in runs.images(8)] == [(1, 3), (1, 1), (1, 3)]


def test_filled_up_places_teach_nothing(sequences):
    _, runs = sequences
    batch = runs.load(np.array([1, 2]))
    logits = torch.tensor([[0.3], [-1.0], [2.0], [0.5]])
    loss = TINY.step("resnet-lstm").objective()(lambda *_: logits, batch)
    expected = torch.nn.functional.softplus(torch.tensor([0.3, -1.0, -2.0, -0.5])).mean()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


def test_what_is_left_is_a_classifier_with_its_own_head_and_a_changed_trunk(trained):
    workspace, events, _ = trained
    before, after = (load_file(folder_of(workspace, step) / WEIGHTS) for step in ("resnet", "resnet-lstm"))
    assert before.keys() == after.keys()
    for name in before:
        if name.startswith("head."):
            assert torch.equal(before[name], after[name])
    assert not torch.equal(before["trunk.conv1.weight"], after["trunk.conv1.weight"])
    assert isinstance(load_classifier(folder_of(workspace, "resnet-lstm")), Classifier)
    card = read_card(folder_of(workspace, "resnet-lstm"))
    assert card["role"] == "classifier"
    assert 0 <= card["auc_without_lstm"] <= 1
    notes = [event.text for event in events if isinstance(event, Note)]
    assert any(f"AUC on the validation slices is {card['auc_without_lstm']:.3f}, " in note for note in notes)


def test_nothing_is_left_to_do_once_the_checkpoint_is_gone(trained):
    """An interruption there would cost the whole phase."""
    workspace, _, saved = trained
    assert saved
    assert all(saved)
    curves = folder_of(workspace, "resnet-lstm") / "curves.csv"
    names, *_, last = (line.split(",") for line in curves.read_text().splitlines())
    assert 0 <= float(dict(zip(names, last, strict=True))["auc_without_lstm"]) <= 1


def test_an_interrupted_phase_ends_with_the_same_weights(trained, tmp_path):
    workspace, *_ = trained
    other = replace(workspace, models=tmp_path / "others")
    share_model("resnet", ModelShelf(workspace.models).current("resnet"), workspace, other)
    with closing(run(TINY, other, STAGE, device="cpu")) as work:
        for event in work:
            if isinstance(event, Progress) and event.stage == "resnet-lstm" and event.done == 3:
                break
    assert list((tmp_path / "others").glob("resnet-lstm-*/checkpoint"))
    done = drain(run(TINY, other, STAGE, device="cpu"))
    assert [done[step]["trained"] for step in ("resnet", "resnet-lstm")] == [False, True]
    assert weights_digest(folder_of(other, "resnet-lstm")) == weights_digest(folder_of(workspace, "resnet-lstm"))


def test_the_network_is_settled_by_the_first_phase(workspace):
    assert network_step(TINY, "resnet-lstm") == network_step(TINY, "resnet") == "resnet"
    sample = Sample(TINY, workspace, "cpu")
    assert TINY.step("resnet-lstm").seconds(sample) > 0
    assert TINY.step("maps").seconds(sample) > 0


def test_without_the_lstm_the_maps_ask_the_first_phase():
    assert set(TINY.ablations) == {"without-lstm", "without-k-means", "without-both"}
    for name, settings in TINY.ablations.items():
        variant = TINY.with_overrides(settings)
        assert ("resnet-lstm" in variant.active("margin")) == (name == "without-k-means")
        assert ("clusters" in variant.active("margin")) == (name == "without-lstm")
