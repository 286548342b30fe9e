"""Rejections with their reason."""

from __future__ import annotations

from pathlib import Path

from napari_wsss.store.rejected import Rejections


def test_a_rejection_with_and_without_reason(tmp_path: Path) -> None:
    rejections = Rejections(tmp_path / "rejected")
    assert rejections.reason("a") is None
    assert rejections.case_ids() == set()
    rejections.add("a", "motion: unreadable")
    rejections.add("b.v2", "")
    assert rejections.reason("a") == "motion: unreadable"
    assert rejections.reason("b.v2") == ""
    assert rejections.case_ids() == {"a", "b.v2"}
    rejections.remove("a")
    rejections.remove("a")
    assert "a" not in rejections
