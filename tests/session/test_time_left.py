"""Time left, by numbers."""

import pytest

from napari_wsss.progress import About, Note, Progress
from napari_wsss.session.time_left import TimeLeft

STEPS, EPOCHS = 10, 6


def step(epoch, done, speed=40.0, **values):
    """A step of epoch 1 …: ``done`` of its ten steps are finished."""
    told = {"epoch": epoch, "epochs": EPOCHS, "step": done, "steps": STEPS, **values}
    if speed:
        told["samples_per_second"] = speed
    return Progress("segmenter", (epoch - 1) * STEPS + done, EPOCHS * STEPS, "", told)


def end(epoch, seconds):
    return step(epoch, STEPS, speed=0, seconds=seconds)


def heard(*events, now=0.0):
    left = TimeLeft()
    for event in events:
        left.hear(event, now)
    return left


def test_nobody_knows_before_the_first_figures():
    assert TimeLeft().seconds() is None
    assert heard(Note("hello"), About("segmenter", {"examples": "80"})).seconds() is None
    assert heard(Progress("maps", 0, 0)).seconds() is None
    assert heard(Progress("maps", 1, 4)).seconds() is None, "one event is no interval"


def test_within_the_first_epoch_the_speed_decides():
    """80 examples at 40 a second: 2 s an epoch of 10 steps; after 5 of 60 steps 55 × 0.2 s = 11 s are left."""
    left = heard(About("segmenter", {"examples": "80"}), step(1, 5))
    assert left.seconds() == pytest.approx(11.0)
    assert heard(About("segmenter", {"examples": "1,280"}), step(1, 5)).seconds() == pytest.approx(11.0 * 16)


def test_then_whole_epochs_decide_with_validation_in_them():
    """Epochs of 3 s although the steps alone take 2 s: four epochs and a half are left."""
    left = heard(About("segmenter", {"examples": "80"}), end(1, 3.0), step(2, 5))
    assert left.seconds() == pytest.approx(4.5 * 3.0)


def test_a_pause_does_not_count():
    """The third epoch took an hour, because the person paused."""
    events = [end(1, 3.0), end(2, 6.0), end(3, 3606.0), end(4, 3609.0), step(5, 0)]
    assert heard(*events).seconds() == pytest.approx(2 * 3.0)


def test_a_resumed_training_is_not_timed_from_its_first_session():
    """Its first row says 500 s, of which this session saw one epoch; the next epoch took 4 s."""
    left = heard(About("segmenter", {"examples": "80"}), end(4, 500.0), step(5, 5))
    assert left.seconds() == pytest.approx(1.5 * 2.0), "by speed until a whole epoch was seen"
    left.hear(end(5, 504.0), 0.0)
    assert left.seconds() == pytest.approx(4.0)


def test_an_epoch_done_again_after_a_kill_counts_once():
    """Killed in epoch 4, which then ends at 16 s instead of 12 s; the epoch after it takes 4 s."""
    left = heard(end(1, 4.0), end(2, 8.0), end(3, 12.0), end(4, 16.0), end(4, 20.0), end(5, 24.0))
    assert left.seconds() == pytest.approx(4.0)
    assert heard(end(1, 4.0), end(2, 8.0), end(1, 4.5)).seconds() == pytest.approx(5 * 4.0)


def test_only_the_last_epochs_count():
    """Slow at first (10 s), then 2 s each: a machine that became free."""
    left = TimeLeft()
    for epoch, seconds in enumerate((10, 20, 22, 24, 26, 28), start=1):
        left.hear(Progress("s", epoch, 8, "", {"epoch": epoch, "steps": 1, "seconds": seconds}), 0.0)
    assert left.seconds() == pytest.approx(2 * 2.0)


def test_other_stages_go_by_the_clock_and_a_slow_case_does_not_upset_them():
    left = TimeLeft()
    for done, now in enumerate((0.0, 2.0, 4.0, 64.0, 66.0, 68.0)):
        left.hear(Progress("prediction", done, 10), now)
    assert left.seconds() == pytest.approx(5 * 2.0)


def test_what_is_read_at_once_from_a_file_says_nothing():
    left = TimeLeft()
    for done in range(8):
        left.hear(Progress("prediction", done, 10), 0.001 * done)
    assert left.seconds() is None
    left.hear(Progress("prediction", 8, 10), 3.007)
    assert left.seconds() == pytest.approx(2 * 3.0)


def test_a_new_stage_starts_afresh_and_the_end_is_nought():
    left = heard(end(1, 3.0))
    left.hear(Progress("prediction", 0, 2), 0.0)
    assert (left.stage, left.seconds()) == ("prediction", None)
    left.hear(Progress("prediction", 2, 2), 5.0)
    assert left.seconds() == 0.0
