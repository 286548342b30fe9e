"""Words of the command line: repeated options, channels, slice numbers."""

from pathlib import Path

import pytest

from napari_wsss.cli.options import UsageError, channel_folders, slice_numbers, spread


def test_spread_repeats_the_option_for_each_setting():
    words = ["run", "p", "--set", "a.b=1", "c.d=2", "--device", "cpu", "--set", "e.f=3"]
    assert spread(words) == ["run", "p", "--set", "a.b=1", "--set", "c.d=2", "--device", "cpu", "--set", "e.f=3"]


def test_spread_leaves_other_words_alone():
    words = ["label", "a=1", "--set", "x.y=1", "folder", "--labels", "a=b"]
    assert spread(words) == words


def test_channel_folders():
    assert channel_folders(["T2=a/b", "FLAIR=c=d"]) == {"T2": Path("a/b"), "FLAIR": Path("c=d")}


@pytest.mark.parametrize("texts", [["T2"], ["=a"], ["T2="], ["T2=a", "T2=b"]])
def test_channel_folders_of_another_form(texts):
    with pytest.raises(UsageError, match="--channel"):
        channel_folders(texts)


def test_slice_numbers():
    assert slice_numbers(["4", "7", "10-12"]) == [4, 7, 10, 11, 12]


@pytest.mark.parametrize("text", ["x", "-3", "3-", "5-2", "1.5"])
def test_slice_numbers_of_another_form(text):
    with pytest.raises(UsageError, match="--slices"):
        slice_numbers([text])


def test_the_choices_offered_are_those_there_are():
    """They are written out in the options, so that ``--help`` loads nothing heavy."""
    from typing import get_args

    from napari_wsss.cli.options import OptionalLearnFrom, OptionalNetwork, OptionalQuality
    from napari_wsss.models.settings import NETWORKS
    from napari_wsss.pipeline.learning import LearnFrom
    from napari_wsss.session.segmenter_choice import PRESETS

    def offered(option):
        return get_args(get_args(get_args(option)[0])[0])

    assert offered(OptionalNetwork) == NETWORKS
    assert offered(OptionalLearnFrom) == get_args(LearnFrom)
    assert offered(OptionalQuality) == tuple(name.replace(" ", "-") for name in PRESETS)
