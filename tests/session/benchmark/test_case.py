"""What is measured on one mask."""

from types import SimpleNamespace

import numpy as np

from napari_wsss.data.labels import CaseLabels, LabelTable
from napari_wsss.errors import InputError
from napari_wsss.progress import drain
from napari_wsss.session.benchmark import case as benchmark_case
from napari_wsss.session.benchmark.case import case_scores, score_of

CASE = SimpleNamespace(geometry=SimpleNamespace(spacing=(1.0, 1.0, 1.0)))
LABELS = np.array([[1], [0], [-1], [1]], np.int8)


def test_marks_are_counted_by_image_level_label():
    mask = np.zeros((4, 10, 10), np.uint8)
    mask[0, :5, :4] = mask[1, 0, 0] = mask[2] = 1
    score = score_of(CASE, LABELS, mask, None, 1)
    assert score == {"positive": 2, "negative": 1, "marked_positive": 1, "marked_negative": 1, "area": 20.0}


def test_with_a_reference():
    mask, reference = np.zeros((2, 4, 10, 10), np.uint8)
    reference[0, 2:4, 2:4] = 1
    mask[0, 2:4, 2:5] = 1
    mask[3, 9, 9] = 2
    score = score_of(CASE, np.repeat(LABELS, 2, axis=1), mask, reference, 2)
    assert score["matrix"] == [[393, 2, 1], [0, 4, 0], [0, 0, 0]]
    assert score["hausdorff95"] == [1.0, None]
    assert (score["lesions"], score["found"], score["false"]) == (1, 1, 1)


def test_what_was_measured_counts_until_mask_or_labels_change(tmp_path, monkeypatch):
    labels = LabelTable(("lesion",), {"a": CaseLabels.unknown(2, 1)})
    labels.set("a", "lesion", 1, [0])
    case = SimpleNamespace(reference=None, load_reference=lambda: None)
    kept = {"mask": np.ones((2, 4, 4), np.uint8), "key": "first"}
    workspace = SimpleNamespace(
        cases={"a": case},
        labels=labels,
        mask_key=lambda *_: kept["key"],
        mask=lambda *_: kept["mask"],
    )
    keys = SimpleNamespace(recipe=None, workspace=workspace, key=lambda *_: kept["key"])
    measured = []
    monkeypatch.setattr(benchmark_case, "score_of", lambda *given: measured.append(given) or score_of(*given))

    def marked():
        scores, _ = drain(case_scores(SimpleNamespace(folder=tmp_path), keys, {"proposal": "mask"}, ["a"]))
        score = scores["proposal"]["a"]
        return score["marked_positive"], score["marked_negative"], len(measured)

    assert marked() == (1, 0, 1)
    assert marked() == (1, 0, 1)
    labels.set("a", "lesion", 0, [1])
    assert marked() == (1, 1, 2)
    kept |= {"mask": np.zeros((2, 4, 4), np.uint8), "key": "second"}
    assert marked() == (0, 0, 3)


def test_masks_of_an_earlier_run_and_cases_that_cannot_be_read_are_left_out(tmp_path):
    def gone():
        raise InputError("its reference mask is\ngone.")

    cases = {name: SimpleNamespace(reference=None, load_reference=lambda: None) for name in ("now", "before")}
    cases["bad"] = SimpleNamespace(reference=tmp_path / "gone.nii.gz", load_reference=gone)
    workspace = SimpleNamespace(
        cases=cases,
        labels=LabelTable(("lesion",), {name: CaseLabels.unknown(2, 1) for name in cases}),
        mask_key=lambda _, step, name: f"{step} before" if name == "before" else f"{step} now",
        mask=lambda *_: np.ones((2, 4, 4), np.uint8),
    )
    keys = SimpleNamespace(recipe=None, workspace=workspace, key=lambda step, _: f"{step} now")
    scores, unread = drain(case_scores(SimpleNamespace(folder=tmp_path), keys, {"proposal": "mask"}, sorted(cases)))
    assert list(scores["proposal"]) == ["now"]
    assert unread == {"bad": "its reference mask is gone."}
