"""Masks of the cases: states, checks, shelves by kind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from napari_wsss.data.labels import UNKNOWN
from napari_wsss.errors import InputError, ProjectError
from napari_wsss.store.project import Project


def test_the_states_a_case_goes_through(project: Project, mask: np.ndarray) -> None:
    def now() -> str:
        assert project.states()["a"] == project.state("a")
        return project.state("a")

    assert now() == "unlabelled"
    project.labels.set("a", "bleed", 0, [1])
    assert now() == "labelled"
    project.labels.set("a", "bleed", UNKNOWN)
    assert now() == "unlabelled"
    project.write_proposal("refined", "a", mask, {"key": "k"})
    assert now() == "proposed"
    project.reject("a", "too coarse")
    assert (now(), project.rejection("a")) == ("rejected", "too coarse")
    project.accept("a", mask, {})
    assert (now(), project.rejection("a")) == ("accepted", None)
    project.reject("a")
    assert (now(), project.rejection("a"), project.accepted("a")) == ("rejected", "", None)
    assert project.accepted_history("a").case_ids() == {"1"}
    project.unreject("a")
    assert now() == "proposed"
    project.accept("a", mask, {}, slices=[2])
    project.unaccept("a")
    assert now() == "proposed"
    assert project.state("b") == "unlabelled"


def test_a_case_is_in_progress_until_all_its_slices_are_accepted(project: Project, mask: np.ndarray) -> None:
    project.accept("a", mask, {}, slices=[0, 2])
    assert project.state("a") == project.states()["a"] == "in progress"
    project.accept("a", mask, {}, slices=[1, 3])
    assert project.state("a") == project.states()["a"] == "accepted"
    project.accepted_path("b").write_bytes(project.accepted_path("a").read_bytes())
    assert project.states()["b"] == "accepted", "put there by hand, without a description"
    project.accepted_path("a").with_name("a.yaml").write_text("{damaged")
    assert project.states()["a"] == "in progress"


def test_what_is_rejected_stays_so_while_it_is_corrected(project: Project) -> None:
    project.reject("a", "too coarse")
    (project.folder / "drafts" / "a").mkdir(parents=True)
    (project.folder / "drafts" / "a" / "1.journal").write_bytes(b"")
    assert project.state("a") == project.states()["a"] == "in progress"
    assert project.rejected() == {"a"}, "nothing is learnt from it"


def test_a_description_is_read_once_until_it_changes(
    project: Project, mask: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari_wsss import files

    project.accept("a", mask, {}, slices=[0])
    project.accept("b", mask, {})
    real, read = files.read_yaml, []
    monkeypatch.setattr(files, "read_yaml", lambda path: (read.append(path.name), real(path))[1])
    for _ in range(3):
        project.states()
    assert sorted(read) == ["a.yaml", "b.yaml"]
    project.accept("a", mask, {}, slices=[1, 2, 3])
    read.clear()
    assert project.states()["a"] == "accepted"
    assert read == ["a.yaml"]


def test_accepting_and_reading_back(project: Project, mask: np.ndarray) -> None:
    path = project.accept("c.v2", mask, {"recipe": "r"}, slices=[0, 2])
    assert path == project.accepted_path("c.v2") == project.folder / "accepted" / "c.v2.nii.gz"
    accepted = project.accepted("c.v2")
    assert accepted is not None
    np.testing.assert_array_equal(accepted[[0, 2]], mask[[0, 2]])
    assert not accepted[[1, 3]].any()
    assert project.accepted_slices("c.v2").tolist() == [True, False, True, False]
    assert project.accepted_provenance("c.v2")["recipe"] == "r"
    assert (project.folder / "accepted" / "c.v2.yaml").is_file()


def test_proposals_and_predictions_lie_by_kind_and_model(project: Project, mask: np.ndarray) -> None:
    project.write_proposal("crf", "a", mask, {"key": "p", "step": "crf"})
    project.write_proposal("origin", "b", mask, {"key": "o"})
    project.write_prediction("mixed-unet", "a", mask > 0, {"key": "q", "step": "predict"})
    assert project.proposal_path("crf", "a") == project.folder / "proposals" / "crf" / "a.nii.gz"
    assert project.prediction_path("mixed-unet", "a") == project.folder / "predictions" / "mixed-unet" / "a.nii.gz"
    assert project.proposal_kinds() == ["crf", "origin"]
    assert project.prediction_models() == ["mixed-unet"]
    assert (project.proposal_key("crf", "a"), project.prediction_key("mixed-unet", "a")) == ("p", "q")
    assert project.proposal_key("crf", "b") is None
    assert project.proposal_provenance("crf", "a")["step"] == "crf"
    assert project.prediction_provenance("mixed-unet", "a")["step"] == "predict"
    proposal, prediction = project.proposal("crf", "a"), project.prediction("mixed-unet", "a")
    assert proposal is not None
    assert prediction is not None
    np.testing.assert_array_equal(proposal, mask)
    np.testing.assert_array_equal(prediction, (mask > 0).astype(np.uint8))
    assert project.prediction("other", "a") is None


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (np.zeros((4, 5, 7), np.uint8), r"shape \(4, 5, 7\), but the scan has \(4, 5, 6\)"),
        (np.full((4, 5, 6), 3, np.uint8), "value 3; 0 is background and 1 to 2 are the classes bleed, infarct"),
        (np.full((4, 5, 6), 258, np.int64), "value 258"),
        (np.full((4, 5, 6), -1, np.int16), "value -1"),
        (np.zeros((4, 5, 6), np.float32), "type float32"),
    ],
)
def test_a_mask_that_does_not_fit_is_refused(project: Project, wrong: np.ndarray, expected: str) -> None:
    for write in (
        lambda: project.accept("a", wrong, {}),
        lambda: project.write_proposal("crf", "a", wrong, {}),
        lambda: project.write_prediction("m", "a", wrong, {}),
    ):
        with pytest.raises(InputError, match=expected):
            write()
    assert project.state("a") == "unlabelled"


def test_an_unknown_case_is_named(project: Project, mask: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"no case 'z' among the 3 of this project\. Give its name"):
        project.accept("z", mask, {})
    with pytest.raises(InputError, match="no case 'z'"):
        project.state("z")
    with pytest.raises(ProjectError, match=r"'\.\./x' cannot name"):
        project.write_proposal("../x", "a", mask, {})


def test_a_rejection_that_fails_loses_no_accepted_mask(
    project: Project, mask: np.ndarray, break_disk: Callable[..., None]
) -> None:
    project.accept("a", mask, {})
    break_disk("replace", 13, 1)
    with pytest.raises(ProjectError, match="Permission denied"):
        project.reject("a", "bad")
    assert project.state("a") == "accepted"
    accepted = project.accepted("a")
    assert accepted is not None
    np.testing.assert_array_equal(accepted, mask)
