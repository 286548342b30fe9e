"""Every control of every dock: it says what it is for, the keyboard reaches it, and its words fit."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor, QPalette
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QDockWidget,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QScrollBar,
    QTabBar,
    QToolButton,
    QWidget,
)

from napari_wsss.widgets._dock import MIN_WIDTH
from napari_wsss.widgets._fold import Fold
from napari_wsss.widgets._frame import BAR
from napari_wsss.widgets._open_desk import DOCKS, show_dock

pytestmark = pytest.mark.gui

KINDS = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QAbstractItemView)
INSIDE = (QAbstractSpinBox, QComboBox, QTabBar, QAbstractItemView, QHeaderView)


def within(child, kinds):
    """Whether a widget is a part of a control that is asked itself."""
    parent = child.parent()
    while parent is not None and not isinstance(parent, QDockWidget):
        if isinstance(parent, kinds):
            return True
        parent = parent.parent()
    return False


def controls(widget):
    """Give what a person can act on: Qt's controls, and widgets of our own that listen to the mouse."""
    for child in widget.findChildren(QWidget):
        ours = type(child).__module__.startswith("napari_wsss") and "mousePressEvent" in vars(type(child))
        if (ours or isinstance(child, KINDS)) and not isinstance(child, QScrollBar) and not within(child, INSIDE):
            yield child


def tooltip(control):
    """Give the tooltip of a control, or of what it is a part of."""
    while control is not None and not isinstance(control, QDockWidget):
        if control.toolTip():
            return control.toolTip()
        control = control.parent()
    return ""


def unfold(dock):
    for fold in dock.findChildren(Fold):
        fold.heading.setChecked(True)


def each_dock(shown, qtbot):
    """Give every dock in turn, in front, as narrow as it may be, everything unfolded."""
    window = shown.viewer.window._qt_window
    for name in DOCKS:
        made = show_dock(shown.viewer, name)
        qtbot.waitUntil(made.isVisible)
        unfold(made)
        window.resizeDocks([made.parent()], [MIN_WIDTH], Qt.Orientation.Horizontal)
        qtbot.waitUntil(lambda made=made: made.width() <= MIN_WIDTH + 30)
        yield made


def test_every_control_says_what_it_is_for_and_the_keyboard_reaches_it(shown, qtbot):
    """Tab goes round all that take it; a control that does not could be used with a mouse alone."""
    for dock in each_dock(shown, qtbot):
        for control in controls(dock):
            name = f"{control} {getattr(control, 'text', str)()} of {type(dock).__name__}"
            assert tooltip(control), name
            assert "_" not in tooltip(control), f"{name}: no plain words: {tooltip(control)}"
            if control.isVisible() and control.isEnabled() and not within(control, (QAbstractSlider,)):
                proxy = control.focusProxy() or control
                assert proxy.focusPolicy() & Qt.FocusPolicy.TabFocus, name


def test_nothing_is_cut_off_in_a_narrow_dock_and_the_window_need_not_grow(shown, qtbot):
    window = shown.viewer.window._qt_window
    for dock in each_dock(shown, qtbot):
        for part in dock.findChildren(QWidget):
            if not part.isVisible() or isinstance(part, QMenu) or within(part, (QAbstractItemView, QHeaderView)):
                continue
            if isinstance(part, (QAbstractButton, QComboBox, QLabel, QLineEdit, QAbstractSlider)):
                right = part.mapTo(dock, part.rect().topRight()).x()
                assert right <= dock.width(), f"{part} {getattr(part, 'text', str)()} ends at {right}"
            if isinstance(part, QAbstractButton) and part.text():
                wide = part.fontMetrics().horizontalAdvance(part.text().replace("&", ""))
                assert part.width() >= wide, part.text()
    assert (window.width(), window.height()) == (1280, 720)


def test_the_steps_are_reached_by_the_keyboard_and_say_where_they_lead(shown):
    bar = shown.viewer.window.dock_widgets[BAR]
    for button in bar.findChildren(QToolButton):
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
        assert "Click to go to the" in button.toolTip()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_words_stand_out_from_their_ground_in_both_themes(shown, qtbot, theme):
    shown.viewer.theme = theme
    for name in DOCKS:
        made = show_dock(shown.viewer, name)
        qtbot.waitUntil(made.isVisible)
        for part in made.findChildren(QLabel):
            if part.isVisible() and part.text() and part.isEnabled():
                colours = part.palette()
                words = colours.color(QPalette.ColorRole.WindowText)
                assert contrast(words, ground_of(made)) >= 3, f"{name}: {part.text()} in {words.name()}"


def ground_of(dock):
    """Give the colour that is painted most in a dock."""
    image = dock.grab().toImage()
    counted = {}
    for x in range(4, image.width() - 4, 7):
        for y in range(4, image.height() - 4, 7):
            colour = image.pixelColor(x, y).name()
            counted[colour] = counted.get(colour, 0) + 1
    return QColor(max(counted, key=counted.get))


def contrast(one, other):
    """Give the contrast of two colours as WCAG 2 defines it: 1 (none) to 21 (black on white)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    parts = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
        for part in (colour.redF(), colour.greenF(), colour.blueF())
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
