"""Thresholds found by the search are rows of their own beside fixed ones, and say how many masks they looked at."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from planted import SHAPE, make_workspace, one_threshold, plant, two_thresholds

from napari_wsss.files import write_json
from napari_wsss.metrics.measure import measure_case
from napari_wsss.pipeline.scan import load_scan
from napari_wsss.pipeline.search import search_thresholds
from napari_wsss.progress import drain
from napari_wsss.session.searched import measure_searched
from napari_wsss.session.tuning_tasks import SEARCH_FILE

TEXT = "searched with 2 accepted masks of 2 patients"


@pytest.fixture
def workspace(tmp_path):
    """Three cases; of two the truth is the scan's two channels, both cut, and a reference is there for scoring."""
    made = make_workspace(tmp_path, {"a": "train", "b": "val", "c": "test"})
    for case_id, value in (("a", 0.3), ("b", 0.5)):
        plant(made, case_id, value)
    rng = np.random.default_rng(3)
    for case_id, case in made.cases.items():
        made.labels.set(case_id, "lesion", 1)
        reference = (rng.random(SHAPE) < 0.3).astype(np.uint8)
        made.cases[case_id] = Referenced(case, reference)
    return made


class Referenced:
    """A case with a reference in memory."""

    def __init__(self, case, reference):
        self._case, self._reference = case, reference

    def __getattr__(self, name):
        return getattr(self._case, name)

    def load_reference(self):
        return self._reference


@pytest.fixture
def project(tmp_path):
    return SimpleNamespace(metrics_folder=tmp_path)


def search(project, recipe, workspace):
    table = drain(search_thresholds(recipe, workspace, step=0.25))
    write_json(project.metrics_folder / SEARCH_FILE, table)
    return table


def both(workspace, case_id, cut_a, cut_b):
    image = load_scan(two_thresholds(), workspace, case_id).image
    cuts = zip(image, (cut_a, cut_b), strict=True)
    return np.logical_and.reduce([(channel >= np.float32(cut)) & (channel > 0) for channel, cut in cuts])


def test_without_a_search_there_is_no_row(project, workspace):
    assert drain(measure_searched(project, workspace, two_thresholds(), list("abc"))) == {}


def test_rows_are_measured_with_fixed_and_with_found_thresholds(project, workspace):
    table = search(project, two_thresholds(), workspace)
    found = drain(measure_searched(project, workspace, two_thresholds(), list("abc")))
    assert list(found) == ["both, fixed at 0.7", f"both, {TEXT}"]
    best = table["best_miou"]["settings"]
    assert best != {"cut-a.value": 0.7, "cut-b.value": 0.7}
    for name, cuts in zip(found, [(0.7, 0.7), (best["cut-a.value"], best["cut-b.value"])], strict=True):
        for measure, case_id in zip(found[name], "abc", strict=True):
            mask, case = both(workspace, case_id, *cuts).astype(np.uint8), workspace.cases[case_id]
            by_hand = measure_case(
                case_id, case.patient, mask, case.load_reference(), classes=1, spacing=case.geometry.spacing
            )
            np.testing.assert_array_equal(measure.matrix, by_hand.matrix)


def test_the_proposal_has_its_rows_where_filters_follow(project, workspace):
    recipe = two_thresholds().with_knobs("keep", on=True, rows=12)
    search(project, recipe, workspace)
    found = drain(measure_searched(project, workspace, recipe, ["c"]))
    assert list(found) == ["both, fixed at 0.7", f"both, {TEXT}", "keep, fixed at 0.7", f"keep, {TEXT}"]
    reference = workspace.cases["c"].load_reference()
    kept = both(workspace, "c", 0.7, 0.7)
    kept[:, 12:] = False
    assert found["keep, fixed at 0.7"][0].matrix.tolist() == [
        [int((~kept & (reference == 0)).sum()), int((kept & (reference == 0)).sum())],
        [int((~kept & (reference == 1)).sum()), int((kept & (reference == 1)).sum())],
    ]


def test_a_cases_own_threshold_gives_way_and_its_other_settings_hold(project, workspace):
    recipe = two_thresholds().with_knobs("keep", on=True)
    search(project, recipe, workspace)
    plain = drain(measure_searched(project, workspace, recipe, ["c"]))
    workspace.overrides["c"] = ["cut-a.value=0.1"]
    again = drain(measure_searched(project, workspace, recipe, ["c"]))
    assert all(np.array_equal(plain[name][0].matrix, again[name][0].matrix) for name in plain)
    workspace.overrides["c"] = ["cut-a.value=0.1", "keep.rows=0"]
    emptied = drain(measure_searched(project, workspace, recipe, ["c"]))
    assert emptied[f"keep, {TEXT}"][0].matrix[:, 1].sum() == 0
    assert emptied[f"both, {TEXT}"][0].matrix[:, 1].sum() > 0


@pytest.mark.parametrize(
    "change", [{"recipe": "another"}, {"at": "gone"}, {"fixed": {"settings": {"gone.value": 0.7}}}]
)
def test_a_search_of_another_recipe_gives_no_row(project, workspace, change):
    table = search(project, one_threshold(), workspace) | change
    (project.metrics_folder / SEARCH_FILE).write_text(json.dumps(table), encoding="utf-8")
    assert drain(measure_searched(project, workspace, one_threshold(), ["a"])) == {}
