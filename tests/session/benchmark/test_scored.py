"""What the reader of a run's rows is told, and which rows there are."""

from napari_wsss.session.benchmark.run import Run, groups_of
from napari_wsss.session.benchmark.scored import Scored, places

BOTH = groups_of(None, ["train", "val", "test"])


def test_what_was_left_out_stands_beside_what_ended_the_run():
    assert Scored().note == ""
    assert Scored(error="the disk is full.").note == "the disk is full."
    unread = {"a": "no mask.", "b": "gone."}
    assert Scored(unread=unread).note == "Not scored: a, b. no mask."
    assert Scored(error="the disk is full.", unread=unread).note == "the disk is full. Not scored: a, b. no mask."


def test_each_group_is_a_row():
    assert [(what, group.name) for what, group in places(Run("r", ()), BOTH)] == [
        ("proposal", "train patients"),
        ("proposal", "val patients"),
        ("proposal", "test patients"),
        ("segmenter", "val patients"),
        ("segmenter", "test patients"),
    ]
    assert [what for what, _ in places(Run("r", (), ceiling=True), BOTH)] == ["ceiling", "ceiling"]
    assert len(places(Run("r", ()), groups_of(None, ["train"]))) == 1
