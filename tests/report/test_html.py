from __future__ import annotations

import base64
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from napari_wsss.errors import ProjectError
from napari_wsss.notice import NOT_FOR_DIAGNOSIS
from napari_wsss.report.content import ReportContent, Table
from napari_wsss.report.html import render_report, write_report
from napari_wsss.report.pictures import compact


class Balance(HTMLParser):
    """Collects text and checks that every element is closed."""

    VOID = ("meta", "img", "line", "polyline", "br")

    def __init__(self, page):
        super().__init__()
        self.open, self.text, self.links = [], [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.links += [value for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture
def content(pictures):
    return ReportContent(
        title="Masks of <b>many</b> & few",
        facts={"Cases": 1234, "Device": "cpu"},
        tables={"Masks": Table([{"mask": "refined", "dice": 0.512345, "hausdorff95": None}], "Read with care.")},
        curves={"Classifier": [{"epoch": 1, "loss": 0.7, "auc": 0.6}, {"epoch": 2, "loss": 0.4, "auc": 0.9}]},
        cases=[pictures],
        provenance={"recipe": "mixed-unet", "seed": 0, "steps": [{"step": "crf"}]},
        notes=["No weights: offline."],
    )


def test_everything_is_on_the_page(content):
    page = Balance(render_report(content))
    text = " ".join(" ".join(page.text).split())
    for part in (
        "Masks of <b>many</b> & few",
        "1 234",
        "0.512",
        "Read with care.",
        "case-1, slice 3",
        "Dice 0.80 <patient>",
        "No weights: offline.",
        "recipe: mixed-unet",
        "loss 0.4",
        "reference",
    ):
        assert part in text
    assert text.count(NOT_FOR_DIAGNOSIS) == 2


def test_the_file_needs_nothing_else(content):
    html = render_report(content)
    page = Balance(html)
    assert page.links
    assert all(link.startswith("data:image/png;base64,") for link in page.links)
    assert not re.search(r"https?://|@import|url\(|<script", html)


def test_pictures_come_back_byte_for_byte(content, pictures):
    page = Balance(render_report(content))
    decoded = [base64.b64decode(link.partition(",")[2]) for link in page.links]
    assert decoded == list(pictures.panels.values())


def test_light_dark_and_print_are_provided_for(content):
    html = render_report(content)
    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html


def test_an_empty_report_still_warns():
    page = Balance(render_report(ReportContent("Nothing yet", tables={"Masks": Table([])})))
    text = " ".join(page.text)
    assert NOT_FOR_DIAGNOSIS in text
    assert "Nothing to show yet." in text
    assert "Provenance" not in text
    assert "Pictures" not in text


def test_written_where_asked(content, tmp_path):
    path = write_report(tmp_path / "deep" / "report.html", content)
    assert path.read_text(encoding="utf-8") == render_report(content)
    assert [item.name for item in path.parent.iterdir()] == ["report.html"]


def test_a_place_that_cannot_be_written_is_one_clear_line(content, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError, match="cannot be written"):
        write_report(tmp_path / "file" / "report.html", content)


def test_importing_reports_leaves_heavy_libraries_out():
    code = (
        "import sys, napari_wsss.report.html; "
        "sys.exit(bool({'torch', 'monai', 'matplotlib', 'napari', 'qtpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_legend_of_evidence_only_where_there_is_some(pictures):
    plain = replace(pictures, panels={"Scan": compact(pictures).panels["Scan"]})
    with_map, without = (render_report(ReportContent("x", cases=[case])) for case in (pictures, plain))
    assert "evidence, 0 to 1" in with_map
    assert "evidence, 0 to 1" not in without
    assert "data:image/webp;base64," in without
