"""Settings judged on cases: what is counted, what is not done twice, how it stops."""

import numpy as np
import pytest
from planted import DEPTH, KeepRows, make_workspace, one_threshold, plant

from napari_wsss.metrics.overlap import confusion
from napari_wsss.pipeline.bench import Bench
from napari_wsss.pipeline.scan import load_scan
from napari_wsss.pipeline.truths import truths_of


@pytest.fixture
def workspace(tmp_path):
    """Two cases, accepted."""
    made = make_workspace(tmp_path, {"a": "train", "b": "train"})
    plant(made, "a", 0.5, slices=[1, 2])
    plant(made, "b", 0.6)
    return made


def bench_of(workspace, recipe, most_slices=None):
    return Bench(recipe, workspace, "keep", truths_of(workspace, "accepted"), most_slices)


def judged(bench, case_id, setting):
    list(bench.judge({case_id: [setting]}))
    return bench.matrix(case_id, setting)


@pytest.mark.parametrize("whole", [False, True])
def test_only_accepted_slices_count(workspace, whole):
    bench = bench_of(workspace, one_threshold(filter_on=True, whole=whole))
    found = judged(bench, "a", {"cut.value": 0.7, "keep.rows": 10})
    mask = (load_scan(one_threshold(), workspace, "a").image[0] >= np.float32(0.7)).astype(np.uint8)
    mask[:, 10:] = 0
    truth, _ = workspace.accepted.kept["a"]
    np.testing.assert_array_equal(found, confusion(mask[1:3], truth[1:3], 1))


@pytest.mark.parametrize("whole", [False, True])
def test_of_many_slices_some_are_looked_at_evenly_spaced(workspace, whole):
    bench = bench_of(workspace, one_threshold(filter_on=True, whole=whole), most_slices=2)
    found = judged(bench, "b", {"cut.value": 0.5})
    mask = (load_scan(one_threshold(), workspace, "b").image[0] >= np.float32(0.5)).astype(np.uint8)
    truth, _ = workspace.accepted.kept["b"]
    np.testing.assert_array_equal(found, confusion(mask[[0, 3]], truth[[0, 3]], 1))


def test_a_setting_is_judged_once_a_case_in_whatever_order_its_knobs_come(workspace, monkeypatch):
    bench = bench_of(workspace, one_threshold(filter_on=True))
    runs = []
    compute = KeepRows.compute
    monkeypatch.setattr(KeepRows, "compute", lambda *given: (runs.append(1), compute(*given))[1])
    setting = {"cut.value": 0.5, "keep.rows": 9}
    list(bench.judge({"a": [setting, setting], "b": [setting]}))
    assert bench.evaluations == 2
    assert len(runs) == 2 + DEPTH
    list(bench.judge({"a": [dict(reversed(setting.items()))]}))
    assert bench.evaluations == 2
    assert len(runs) == 2 + DEPTH


def test_closing_stops_after_the_evaluation_in_work(workspace, monkeypatch):
    bench = bench_of(workspace, one_threshold(filter_on=True))
    compute = KeepRows.compute

    def stopping(*given):
        for future_stop in stops:
            future_stop.set()
        return compute(*given)

    stops = []
    judge_case = bench._judge_case
    monkeypatch.setattr(bench, "_judge_case", lambda *given: (stops.append(given[-1]), judge_case(*given))[1])
    monkeypatch.setattr(KeepRows, "compute", stopping)
    list(bench.judge({"a": [{"keep.rows": rows} for rows in range(20)]}))
    assert bench.evaluations == 1


def test_closing_the_generator_ends_its_threads(workspace):
    bench = bench_of(workspace, one_threshold(filter_on=True))
    work = bench.judge({case_id: [{"keep.rows": rows} for rows in range(25)] for case_id in "ab"})
    next(work)
    work.close()
    done = bench.evaluations
    assert list(work) == []
    assert bench.evaluations == done


def test_an_error_in_a_case_is_raised(workspace):
    bench = bench_of(workspace, one_threshold())
    workspace.accepted.kept.pop("b")
    with pytest.raises(Exception, match="b: its accepted mask was taken back"):
        list(bench.judge({"a": [{}], "b": [{}]}))
