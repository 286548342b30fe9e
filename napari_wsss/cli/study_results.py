"""Cross-validation and ablation as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from napari_wsss.cli.terminal import print_line


def tell_folds(tables: Mapping[str, Any], project: Path) -> None:
    """Show the classifiers, the masks of every fold, and those of all patients together."""
    from napari_wsss.report.studies import fold_tables

    _tell(fold_tables(tables), project / "metrics" / "cross-validation.json")
    for note in tables["notes"]:
        print_line(note)


def tell_ablation(tables: Mapping[str, Any], project: Path) -> None:
    """Show the whole recipe beside its variants, and the tests."""
    from napari_wsss.report.studies import variant_tables

    _tell(variant_tables(tables), project / "metrics" / "ablation.json")


def _tell(tables: Mapping[str, Any], kept: Path) -> None:
    from napari_wsss.report.tables import as_text

    for heading, table in tables.items():
        print_line(f"{heading}\n\n{as_text(table)}")
    print_line(f"tables: {kept}")
