"""The column of a dock: it scrolls for the person, not by itself."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QPushButton, QScrollArea

from napari_wsss.widgets._dock import Dock

pytestmark = pytest.mark.gui


def test_it_stays_when_the_button_pressed_can_be_pressed_no_more_and_follows_tab(viewer, qtbot):
    dock = Dock(viewer)
    qtbot.addWidget(dock)
    buttons = [QPushButton(str(number)) for number in range(3)]
    for button in buttons:
        dock.column.addWidget(button)
        dock.column.addSpacing(500)
    dock.setFixedSize(300, 200)
    with qtbot.waitExposed(dock):
        dock.show()
    bar = dock.findChild(QScrollArea).verticalScrollBar()
    buttons[0].setFocus()
    buttons[0].setEnabled(False)
    assert dock.focusWidget() is buttons[1]
    assert bar.value() == 0
    qtbot.keyClick(buttons[1], Qt.Key.Key_Tab)
    assert dock.focusWidget() is buttons[2]
    assert bar.value() > 500
