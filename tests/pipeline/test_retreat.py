"""Knobs come back from the ends of their ranges where the extreme gains next to nothing."""

import numpy as np
import pytest
from planted import make_workspace, one_threshold, plant

from napari_wsss.pipeline.bench import Bench
from napari_wsss.pipeline.calibrate import calibrate
from napari_wsss.pipeline.climb import GAIN, Climber, score
from napari_wsss.pipeline.retreat import NOISE, retreat
from napari_wsss.pipeline.search_space import dimensions
from napari_wsss.pipeline.truths import truths_of
from napari_wsss.progress import drain
from napari_wsss.recipes import recipe_named

RECIPE = recipe_named("mixed-unet")
RECIPE_OF_ROWS = one_threshold(filter_on=True, value=0.5).with_knobs("keep", rows=23)


class FormulaBench:
    """Judges by a formula: setting → Dice."""

    def __init__(self, dice):
        self._dice = dice
        self.judged = []

    def judge(self, wanted):
        self.judged += [(case_id, setting) for case_id, settings in wanted.items() for setting in settings]
        yield len(self.judged)

    def matrix(self, case_id, setting):  # noqa: ARG002
        found = round(self._dice(setting) * 1_000_000)
        missed = 1_000_000 - found
        return np.array([[0, missed], [missed, found]])


def after_retreat(dice, start, held, cases=("a",)):
    climber = Climber(cases, start)
    climber.held = dict(held)
    bench = FormulaBench(dice)
    list(retreat(bench, dimensions(RECIPE, RECIPE.proposal, list(start)), [climber]))
    return climber.held, bench


def test_an_extreme_for_next_to_nothing_is_given_up():
    held, _ = after_retreat(lambda s: 0.8 + 0.00005 * s["crf.compat"], {"crf.compat": 5.0}, {"crf.compat": 50.0})
    assert held == {"crf.compat": 5.0}


def test_a_knob_comes_back_only_as_far_as_it_costs_little():
    def dice(setting):
        return 0.8 + 0.01 * min(setting["crf.gt_prob"] - 0.7, 0.0) / -0.19

    start, held = {"crf.gt_prob": 0.7}, {"crf.gt_prob": 0.51}
    found, _ = after_retreat(dice, start, held)
    assert 0.51 < found["crf.gt_prob"] < 0.7
    assert dice(held) - dice(found) <= NOISE
    steep, _ = after_retreat(lambda s: 5 * dice(s) - 3.3, start, held)
    assert steep == held, "an end that gains much is kept"


def test_all_knobs_together_give_up_no_more_than_noise_and_never_fall_below_the_start():
    start, top = {"crf.compat": 5.0, "crf.gt_prob": 0.7}, {"crf.compat": 50.0, "crf.gt_prob": 0.51}

    def each_gains(gain):
        return lambda s: 0.8 + gain * sum(s[name] == top[name] for name in top)

    assert after_retreat(each_gains(0.002), start, top)[0] == start
    one, _ = after_retreat(each_gains(0.004), start, top)
    assert one == {"crf.compat": 5.0, "crf.gt_prob": 0.51}
    pit = lambda s: 0.8 if s in (start, top) else 0.798  # noqa: E731
    assert after_retreat(pit, start, top)[0] == top


def test_what_lies_within_the_range_or_was_there_before_or_is_a_choice_is_not_tried():
    start = {"crf.compat": 5.0, "crf.gt_prob": 0.99, "clusters.choose": "brightest", "clusters.on": False}
    held = {"crf.compat": 40.0, "crf.gt_prob": 0.99, "clusters.choose": "darkest", "clusters.on": True}
    found, bench = after_retreat(lambda _: 0.8, start, held)
    assert found == held
    assert bench.judged == []


def test_numbers_of_several_channels_come_back_together():
    start, held = {"kernel.srgb": (10.0, 20.0)}, {"kernel.srgb": (1.0, 2.0)}
    assert after_retreat(lambda _: 0.8, start, held)[0] == start
    way, _ = after_retreat(lambda s: 0.8 + 0.02 * (s["kernel.srgb"][0] < 5), start, held)
    assert 1.0 < way["kernel.srgb"][0] < 5.0
    assert 2.0 < way["kernel.srgb"][1] < 20.0


def test_a_climber_looks_at_its_own_cases_alone():
    climber = Climber(["b"], {"crf.compat": 5.0})
    climber.held = {"crf.compat": 50.0}
    bench = FormulaBench(lambda _: 0.8)
    list(retreat(bench, dimensions(RECIPE, RECIPE.proposal, ["crf.compat"]), [climber]))
    assert {case_id for case_id, _ in bench.judged} == {"b"}


@pytest.mark.parametrize("marked", [14, 24])
def test_a_calibration_goes_to_the_end_only_where_it_gains_more_than_noise(tmp_path, marked):
    workspace = make_workspace(tmp_path, dict.fromkeys("abc", "train"))
    for name in "abc":
        plant(workspace, name, 0.5)
        mask, _ = workspace.accepted.kept[name]
        mask[:, 23, marked:] = 0  # of the last row only so much is lesion
    bench = Bench(RECIPE_OF_ROWS, workspace, "keep", truths_of(workspace, "accepted"))
    list(bench.judge({name: [{"keep.rows": rows} for rows in (23, 24)] for name in "abc"}))
    gain = score(bench, "abc", {"keep.rows": 24}) - score(bench, "abc", {"keep.rows": 23})
    assert GAIN < gain < NOISE if marked == 14 else gain > NOISE
    outcome = drain(calibrate(RECIPE_OF_ROWS, workspace, minutes=None, knobs=["keep.rows"]))
    assert outcome["found"] == ({} if marked == 14 else {"keep.rows": 24})
