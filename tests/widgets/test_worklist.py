"""The worklist in the window: filled in the background, filtered, sorted, searched, followed by Next."""

import builtins
import os
import threading
from pathlib import Path

import numpy as np
import pytest
from qtpy.QtCore import QObject, QPoint, Qt

from napari_wsss.session.case_figures import EvidenceFigures, MaskFigures
from napari_wsss.session.worklist import Row
from napari_wsss.widgets._arrangement import TO_DO, UNKNOWN_LABEL, Arrangement
from napari_wsss.widgets._filler import Filler, Task
from napari_wsss.widgets._open_desk import show_dock
from napari_wsss.widgets._table import by_column
from napari_wsss.widgets._worklist_columns import COLUMNS, row_words

pytestmark = pytest.mark.gui

DICE, STATE, ML = (
    next(place for place, c in enumerate(COLUMNS) if c.title == title) for title in ("Dice", "State", "ml")
)


def panel_of(desk, qtbot):
    panel = show_dock(desk.viewer, "Project").cases
    qtbot.waitUntil(panel.table.isVisible)
    qtbot.waitUntil(lambda: not desk.worklist.filler.running and not desk.worklist._settle.isActive(), timeout=20_000)
    return panel


def shown_cases(desk):
    return list(desk.worklist.model.shown)


def click_row(panel, qtbot, place):
    index = panel.table.model().index(place, 0)
    where = panel.table.visualRect(index).center()
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=where)


def click_heading(panel, qtbot, column):
    header = panel.table.horizontalHeader()
    x = header.sectionViewportPosition(column) + 5
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, header.height() // 2))


def propose(session, **slices):
    for case_id, z in slices.items():
        mask = np.zeros((5, 24, 20), np.uint8)
        mask[: z + 1, 2:6, 3:8] = 1
        session.project.write_proposal("cut", case_id, mask, {"key": case_id})


def test_rows_say_what_is_known_and_a_click_opens_a_case(session, shown, qtbot):
    propose(session, case1=1)
    session.project.labels.set("case1", "lesion", 1)
    panel = panel_of(shown, qtbot)
    shown.worklist._on_project()
    qtbot.waitUntil(lambda: len(shown.worklist.pictures) == 3, timeout=20_000)
    model = panel.table.model()
    words = [model.data(model.index(1, column)) for column in range(model.columnCount())]
    assert words[0] == "case1"
    assert words[STATE] == "proposed"
    assert "lesion" in words
    assert words[ML] == f"{2 * 20 * 2.5 / 1000:.1f}"
    assert not model.data(model.index(1, 0), Qt.ItemDataRole.DecorationRole).isNull()
    assert "State: proposed" in model.data(model.index(1, 0), Qt.ItemDataRole.ToolTipRole)
    assert model.data(model.index(0, 0), Qt.ItemDataRole.FontRole).bold(), "the case on the desk stands out"
    with qtbot.waitSignal(shown.case_opened, timeout=10_000):
        click_row(panel, qtbot, 2)
    assert shown.loaded.case_id == "case2"
    panel.table.setFocus()
    qtbot.keyClick(panel.table, Qt.Key.Key_Up)
    assert shown.loaded.case_id == "case2", "the arrows alone open nothing"
    with qtbot.waitSignal(shown.case_opened, timeout=10_000):
        qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    assert shown.loaded.case_id == "case1"


def test_states_filters_search_and_progress(session, shown, qtbot):
    panel = panel_of(shown, qtbot)
    session.project.accept("case0", np.zeros((5, 24, 20), np.uint8), {})
    session.project.accept("case1", np.zeros((5, 24, 20), np.uint8), {}, slices=[1])
    session.project.reject("case2")
    shown.cases_changed.emit()
    qtbot.waitUntil(lambda: panel.progress.text() == "1 of 3 accepted, 1 in progress, 1 rejected", timeout=10_000)
    assert (panel.progress.value(), panel.progress.maximum()) == (1, 3)
    panel.state.setCurrentIndex(panel.state.findData("in progress"))
    assert shown_cases(shown) == ["case1"]
    assert "2 of 3 cases are hidden" in panel.note.text()
    panel.state.setCurrentIndex(panel.state.findData(TO_DO))
    assert shown_cases(shown) == ["case1"]
    panel.state.setCurrentIndex(0)
    panel.search.setText("REJECT")
    assert shown_cases(shown) == ["case2"]
    panel.search.clear()
    shown.labelling.set_in(["lesion"], 0, None)
    panel.label.setCurrentIndex(panel.label.findData("no lesion"))
    assert shown_cases(shown) == ["case0"]
    panel.label.setCurrentIndex(panel.label.findData(UNKNOWN_LABEL))
    assert shown_cases(shown) == ["case1", "case2"]


def test_headings_sort_and_next_follows_the_order_on_the_screen(session, shown, qtbot):
    propose(session, case0=1, case1=3, case2=2)
    shown.worklist.look_again()
    panel = panel_of(shown, qtbot)
    orders = []
    for _ in range(3):
        click_heading(panel, qtbot, ML)
        orders.append(shown_cases(shown))
    assert orders == [["case1", "case2", "case0"], ["case0", "case2", "case1"], ["case0", "case1", "case2"]]
    click_heading(panel, qtbot, ML)
    assert shown_cases(shown) == ["case1", "case2", "case0"]
    went = []
    for by in (1, 1, 1, -1):
        with qtbot.waitSignal(shown.case_opened, timeout=10_000):
            shown.step_case(by)
        went.append(shown.loaded.case_id)
    assert went == ["case1", "case2", "case0", "case2"]
    panel.search.setText("case0")
    assert shown.worklist.step("case2", 1) == "case0", "a case that is hidden still has its place"
    assert shown.worklist.step("case0", 1) is None


def test_orders_by_uncertainty_gain_and_at_random(shown, qtbot):
    panel = panel_of(shown, qtbot)
    panel.order.setCurrentIndex(panel.order.findData("uncertainty"))
    rows = shown.worklist.rows
    qtbot.waitUntil(lambda: all(row.uncertainty is not None for row in rows.values()), timeout=20_000)
    qtbot.waitUntil(lambda: not shown.worklist._settle.isActive())
    assert shown_cases(shown) == sorted(rows, key=lambda case_id: -rows[case_id].uncertainty)
    panel.order.setCurrentIndex(panel.order.findData("gain"))
    qtbot.waitUntil(lambda: "0 so far, at least 5 are needed" in panel.note.text(), timeout=10_000)
    assert not panel.seed.isVisible()
    panel.order.setCurrentIndex(panel.order.findData("random"))
    assert panel.seed.isVisible()
    orders = []
    for seed in (0, 1, 2, 3, 0):
        panel.seed.setValue(seed)
        orders.append(tuple(shown_cases(shown)))
    assert orders[0] == orders[-1]
    assert len(set(orders)) > 1


def test_a_thousand_cases_are_drawn_without_a_file(shown, qtbot, monkeypatch):
    """Rows, sorting, filtering and scrolling touch no file in the window's thread."""
    panel, worklist = panel_of(shown, qtbot), shown.worklist
    rng, states = np.random.default_rng(0), ("proposed", "accepted", "in progress")
    many = {
        f"case{n:04d}": Row(
            f"case{n:04d}", "train", states[n % 3], "lesion",
            MaskFigures("proposal", rng.uniform(0, 90), rng.uniform()), EvidenceFigures(rng.uniform()),
        )
        for n in range(1000)
    }  # fmt: skip
    worklist.filler.forget()
    worklist.rows.clear()
    worklist.rows.update(many)
    read = []
    window = threading.get_ident()

    def counted(real):
        def call(*arguments, **more):
            if threading.get_ident() == window:
                read.append(arguments)
            return real(*arguments, **more)

        return call

    for owner, name in ((builtins, "open"), (os, "stat"), (os, "scandir"), (os, "listdir"), (Path, "open")):
        monkeypatch.setattr(owner, name, counted(getattr(owner, name)))
    worklist.arrange(text="")
    assert len(shown_cases(shown)) == 1000
    for column in (DICE, ML, STATE):
        click_heading(panel, qtbot, column)
    panel.state.setCurrentIndex(panel.state.findData("accepted"))
    assert len(shown_cases(shown)) == 333
    panel.search.setText("case01")
    panel.search.clear()
    panel.state.setCurrentIndex(0)
    bar = panel.table.verticalScrollBar()
    with qtbot.waitSignal(panel.table.looked):
        bar.setValue(bar.maximum() // 2)
    panel.table.viewport().repaint()
    assert not read
    looked = panel.table.visible_keys()
    assert 1 < len(looked) < 30
    assert worklist._looked_at == tuple(looked), "only what can be seen is asked for"


def test_ties_keep_their_order_and_nothing_comes_last():
    rows = [Row(name, masks=MaskFigures(dice=dice)) for name, dice in zip("abcd", (0.5, None, 0.5, 0.7), strict=True)]
    assert "".join(row.case_id for row in by_column(rows, COLUMNS[DICE], falling=True)) == "dacb"
    assert "".join(row.case_id for row in by_column(rows, COLUMNS[DICE], falling=False)) == "acdb"


def test_the_column_names_what_is_present_before_what_is_absent():
    (column,) = (column for column in COLUMNS if column.title == "Label")
    shown = [column.words(Row("a", labels=labels)) for labels in ("no bleed, tumour", "no bleed", "")]
    assert shown == ["tumour", "no bleed", "–"]


def test_filters_work_together():
    row = Row("case7", "val", "proposed", "bleed, no tumour")
    assert Arrangement(text="bleed", state=TO_DO, label="no tumour", subset="val").shows(row)
    for other in (
        {"label": "tumour"},
        {"subset": "test"},
        {"state": "accepted"},
        {"text": "x"},
        {"label": UNKNOWN_LABEL},
    ):
        assert not Arrangement(**other).shows(row)
    assert "bleed, no tumour" in row_words(row)


@pytest.fixture
def filler(qapp):  # noqa: ARG001 (signals need it)
    owner = QObject()
    made = Filler(owner, lambda: False)
    yield made
    made.close()
    owner.deleteLater()


def test_what_is_asked_for_last_is_found_first(filler, qtbot):
    """The thread is held at its first task while more is asked for."""
    hold, begun, done = threading.Event(), threading.Event(), []

    def find(case_id):
        begun.set()
        hold.wait(10)
        done.append(case_id)
        return case_id.upper()

    found = []
    filler.found.connect(found.extend)
    filler.begin({"masks": find})
    filler.want([Task("masks", "a"), Task("masks", "b"), Task("masks", "c")])
    assert begun.wait(10)
    filler.want([Task("masks", "c"), Task("masks", "d"), Task("picture", "x")])
    with qtbot.waitSignal(filler.idle, timeout=10_000):
        hold.set()
    assert done == ["a", "c", "d", "b"]
    assert [value for _, value in found] == ["A", "C", "D", "B"]


def test_another_project_drops_what_was_wanted(filler, qtbot):
    hold, begun, done = threading.Event(), threading.Event(), []

    def find(case_id):
        begun.set()
        hold.wait(10)
        done.append(case_id)

    filler.begin({"masks": find})
    filler.want([Task("masks", str(number)) for number in range(50)])
    assert begun.wait(10)
    filler.begin({})
    with qtbot.waitSignal(filler.idle, timeout=10_000):
        hold.set()
    assert done == ["0"]


def test_slices_of_the_case_follow_the_mask_and_lead_there(shown, qtbot):
    panel = panel_of(shown, qtbot)
    panel.tabs.setCurrentIndex(1)
    slices = panel.slices
    qtbot.waitUntil(lambda: len(slices.model.rows) == 5, timeout=10_000)
    area = {z: row.area_mm2 for z, row in slices.model.rows.items()}
    assert area == {z: float((shown.layers.mask[z] > 0).sum()) for z in range(5)}
    index = slices.model.index(4, 0)
    qtbot.mouseClick(slices.table.viewport(), Qt.MouseButton.LeftButton, pos=slices.table.visualRect(index).center())
    assert shown.layers.slice_index == 4
    assert slices.model.here == 4
    shown.labelling.set_in(["lesion"], 1, [2])
    qtbot.waitUntil(lambda: slices.model.rows[2].labels == "lesion", timeout=10_000)
    shown.layers.mask[4] = 1
    shown.mask.changed.emit()
    qtbot.waitUntil(lambda: slices.model.rows[4].area_mm2 == 480.0, timeout=10_000)
