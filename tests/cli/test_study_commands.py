"""Cross-validation and ablation: what they ask of the session, and how their tables are told."""

import json
from pathlib import Path

import pytest

from napari_wsss.cli import main

FOLDS = {
    "recipe": "mixed-unet",
    "folds": 2,
    "classifier": [{"fold": "1", "class": "lesion", "auc": 0.75}],
    "masks": [{"mask": "crf", "class": "lesion", "dice": 0.5}],
    "by_fold": [
        {"fold": "1", "mask": "crf", "class": "lesion", "dice": 0.4},
        {"fold": "mean", "mask": "crf", "class": "lesion", "dice": 0.5},
    ],
    "notes": ["The thresholds in use were searched with 2 masks."],
}
ABLATION = {
    "recipe": "mixed-unet",
    "scored": ["val"],
    "variants": {"without-crf": ["box.mask=clusters"]},
    "masks": [
        {"variant": "full", "mask": "proposal", "class": "lesion", "dice": 0.5},
        {"variant": "without-crf", "mask": "proposal", "class": "lesion", "dice": 0.25},
    ],
    "tests": [
        {
            "variant": "without-crf",
            "mask": "proposal",
            "class": "lesion",
            "figure": "dice",
            "compared": 12,
            "first": 0.5,
            "second": 0.25,
            "difference": -0.25,
            "t": -2.5,
            "p": 0.03125,
        }
    ],
}


def asked(session, name):
    return [call[1:] for call in session.calls if call[0] == name]


def test_cross_validate(session, capsys, monkeypatch):
    monkeypatch.setattr(session, "studies", FOLDS, raising=False)
    words = "cross-validate p --folds 2 --recipe mixed-unet --set slices.size=64 --device cpu"
    assert main(words.split()) == 0
    assert asked(session, "use") == [("mixed-unet", ["slices.size=64"], "cpu", True)]
    assert asked(session, "cross-validate") == [(2, ("train", "val", "test"), "cpu")]
    assert capsys.readouterr().out.splitlines() == [
        "Cross-validation, mixed-unet, 2 folds by patient: classifier",
        "",
        "Fold  Class     AUC",
        "1     lesion  0.750",
        "",
        "Cross-validation, mixed-unet, 2 folds by patient: each fold",
        "",
        "Fold  Mask   Dice",
        "1     crf   0.400",
        "mean  crf   0.500",
        "",
        "Cross-validation, mixed-unet, 2 folds by patient: all patients",
        "",
        "Mask   Dice",
        "crf   0.500",
        "",
        f"tables: {Path('p/metrics/cross-validation.json')}",
        "The thresholds in use were searched with 2 masks.",
    ]
    assert session.calls[-1] == ("close",)


def test_ablate(session, capsys, monkeypatch):
    monkeypatch.setattr(session, "studies", ABLATION, raising=False)
    words = "ablate p --variants without-crf one-scale --subsets val test"
    assert main(words.split()) == 0
    assert asked(session, "ablate") == [(("without-crf", "one-scale"), ("val", "test"), "auto")]
    assert capsys.readouterr().out.splitlines() == [
        "Ablation, mixed-unet, val patients",
        "",
        "Variant      Mask       Dice",
        "full         proposal  0.500",
        "without-crf  proposal  0.250",
        "",
        "Ablation, mixed-unet, val patients: tests",
        "",
        "Variant      Mask      Figure  Patients   Full  Variant's  Difference      t       p",
        "without-crf  proposal  Dice          12  0.500      0.250      −0.250  −2.50  0.0312",
        "",
        f"tables: {Path('p/metrics/ablation.json')}",
    ]


@pytest.mark.parametrize(("words", "tables"), [("cross-validate p --json", FOLDS), ("ablate p --json", ABLATION)])
def test_as_json_everything_is_told(session, capsys, monkeypatch, words, tables):
    monkeypatch.setattr(session, "studies", tables, raising=False)
    assert main(words.split()) == 0
    assert json.loads(capsys.readouterr().out) == tables


def test_all_variants_are_meant_where_none_is_named(session, monkeypatch):
    monkeypatch.setattr(session, "studies", ABLATION, raising=False)
    assert main(["ablate", "p"]) == 0
    assert asked(session, "ablate") == [(None, ("val",), "auto")]
