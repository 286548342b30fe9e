"""The benchmark: what it asks of the session, and how its tables are told."""

import json

import pytest

from napari_wsss.cli import main

TABLES = {
    "rows": [
        {"recipe": "mixed-unet", "masks": "proposal", "group": "val patients", "shown": 2, "patients": 2, "dice": 0.5},
        {"recipe": "resnet-lstm", "masks": "–", "note": "it failed"},
    ],
    "differences": [],
    "notes": ["What to know."],
    "files": ["p/benchmark/table.md"],
}


@pytest.fixture
def asked(session, monkeypatch):
    """Give what the command asked for, by name."""
    given = {}

    def benchmark(_, recipes, **options):
        given.update(options, recipes=recipes)
        yield from ()
        return TABLES

    monkeypatch.setattr(session, "benchmark", benchmark, raising=False)
    return given


def test_recipes_alone(asked, capsys):
    assert main(["benchmark", "p", "--recipes", "mixed-unet", "resnet-lstm"]) == 0
    assert asked == {
        "recipes": ("mixed-unet", "resnet-lstm"),
        "folds": None,
        "ceilings": None,
        "accepted": (),
        "minutes": None,
        "overrides": [],
        "device": "auto",
    }
    told = capsys.readouterr().out.splitlines()
    assert [line.split() for line in told[2:4]] == [
        ["Recipe", "Masks", "Whose", "Shown", "Patients", "Dice", "95", "%", "False", "alarms", "Authors'", "metric"],
        ["mixed-unet", "proposal", "val", "patients", "2", "2", "0.500", "–", "–", "–"],
    ]
    assert told[-3:] == ["- What to know.", "", "p/benchmark/table.md"]


def test_all_options(asked):
    words = "benchmark p --recipes a b --folds 3 --ceilings b --minutes 30 --set slices.size=64 x.y=1 --device cpu"
    assert main(words.split()) == 0
    assert (asked["folds"], asked["ceilings"], asked["minutes"]) == (3, ("b",), 30.0)
    assert (asked["overrides"], asked["device"]) == (["slices.size=64", "x.y=1"], "cpu")
    assert main(["benchmark", "p", "--recipes", "a", "--no-ceilings", "--accepted", "3", "10", "30"]) == 0
    assert (asked["ceilings"], asked["accepted"]) == ((), (3, 10, 30))


@pytest.mark.usefixtures("asked")
def test_as_json_everything_is_told(capsys):
    assert main(["benchmark", "p", "--recipes", "a", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == TABLES


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("words", ["--ceilings a --no-ceilings", "--minutes 0", "--accepted 0", ""])
def test_words_that_do_not_fit_together(words):
    recipes = "--recipes a " if words else ""
    assert main(f"benchmark p {recipes}{words}".split()) == 2
