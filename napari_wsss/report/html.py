"""The report as one HTML file that needs nothing else: no network, no second file."""

from __future__ import annotations

import base64
from pathlib import Path

from napari_wsss.files import write_text
from napari_wsss.notice import NOT_FOR_DIAGNOSIS
from napari_wsss.report import charts
from napari_wsss.report.columns import cell, column
from napari_wsss.report.content import ReportContent
from napari_wsss.report.pictures import MASK_COLOURS, REFERENCE_COLOUR
from napari_wsss.report.tables import numeric


def write_report(path: Path, report: ReportContent) -> Path:
    """Write ``report`` to ``path`` (one self-contained HTML file, atomically) and give the path back.

    Raises:
        ProjectError: the folder cannot be written.
    """
    write_text(Path(path), render_report(report))
    return Path(path)


def render_report(report: ReportContent) -> str:
    """Give the report's HTML."""
    import yaml
    from jinja2 import Environment, FileSystemLoader

    here = Path(__file__).parent
    environment = Environment(loader=FileSystemLoader(here), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.globals.update(
        cell=cell, column=column, numeric=numeric, source=_source, charts=charts.charts, chart=charts
    )
    environment.globals.update(mask_colours=MASK_COLOURS, reference_colour=REFERENCE_COLOUR, warning=NOT_FOR_DIAGNOSIS)
    provenance = (
        yaml.safe_dump(dict(report.provenance), sort_keys=False, allow_unicode=True) if report.provenance else ""
    )
    return environment.get_template("report.html").render(report=report, provenance=provenance)


def _source(content: bytes) -> str:
    """Give a picture as the text that stands for a file in a page."""
    kind = "webp" if content[8:12] == b"WEBP" else "png"
    return f"data:image/{kind};base64," + base64.b64encode(content).decode("ascii")
