"""What the report shows of the latest cross-validation and ablation."""

from __future__ import annotations

import json

from napari_wsss.report.content import Table
from napari_wsss.report.studies import fold_tables, variant_tables
from napari_wsss.session.ablation import NAME as ABLATION
from napari_wsss.session.cross_validation import NAME as CROSS_VALIDATION
from napari_wsss.store.project import Project


def study_tables(project: Project) -> dict[str, Table]:
    """Give heading → table; empty where neither was made."""
    found: dict[str, Table] = {}
    for name, tables_of in ((CROSS_VALIDATION, fold_tables), (ABLATION, variant_tables)):
        path = project.metrics_folder / f"{name}.json"
        if path.exists():
            found |= tables_of(json.loads(path.read_text(encoding="utf-8")))
    return found
