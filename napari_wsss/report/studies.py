"""Tables of a cross-validation and of an ablation, for terminal, page and report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from napari_wsss.metrics.overlap import EMPTY_MASK_RULE
from napari_wsss.report.columns import column
from napari_wsss.report.content import MASK_COLUMNS, Table, columns_for

TEST_COLUMNS = ("variant", "mask", "class", "figure", "compared", "first", "second", "difference", "t", "p")

TESTED = (
    "Two-tailed paired t-tests over the patients with a lesion: the whole recipe against the variant; not corrected "
    "for the number of tests."
)


def fold_tables(tables: Mapping[str, Any]) -> dict[str, Table]:
    """Give heading → table from the tables of ``session.cross_validation.score_folds``."""
    name, folds = tables["recipe"], tables["folds"]
    heading = f"Cross-validation, {name}, {folds} folds by patient"
    found = {}
    if tables["classifier"]:
        found[f"{heading}: classifier"] = Table(tables["classifier"], "Slices of the patients left out.")
    if tables["masks"]:
        shown = columns_for(tables["masks"], MASK_COLUMNS)
        told = ". ".join([EMPTY_MASK_RULE.removesuffix("."), *tables["notes"]])
        found[f"{heading}: each fold"] = Table(tables["by_fold"], "", ("fold", *shown))
        found[f"{heading}: all patients"] = Table(tables["masks"], told, shown)
    return found


def variant_tables(tables: Mapping[str, Any]) -> dict[str, Table]:
    """Give heading → table from the tables of ``session.ablation.score_variants``."""
    heading = f"Ablation, {tables['recipe']}, {' and '.join(tables['scored'])} patients"
    settings = "; ".join(f"{name}: {', '.join(texts)}" for name, texts in tables["variants"].items())
    shown = columns_for(tables["masks"], MASK_COLUMNS)
    tests = [{**row, "figure": column(row["figure"]).label} for row in tables["tests"]]
    return {
        heading: Table(tables["masks"], f"{settings}. {EMPTY_MASK_RULE}", ("variant", *shown)),
        f"{heading}: tests": Table(tests, TESTED, columns_for(tests, TEST_COLUMNS)),
    }
