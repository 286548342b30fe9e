"""Keys: the tables, a person's own keys, where they work and where they must not, and the dialog that changes them."""

import re

import pytest
from napari.layers import Labels
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QComboBox, QDialogButtonBox, QLineEdit, QPushButton, QSpinBox, QWidget

from napari_wsss.session.preferences import read_preferences
from napari_wsss.widgets._key_binding import keys_on
from napari_wsss.widgets._key_names import key_name
from napari_wsss.widgets._key_tips import KeyTips
from napari_wsss.widgets._keys import KEY_GROUPS, KEYS, USUAL, keys_in_use
from napari_wsss.widgets._keys_dialog import KeysDialog
from napari_wsss.widgets._keys_panel import KeysPanel, listed
from napari_wsss.widgets._napari_keys import napari_keys
from napari_wsss.widgets._preferences import preferences_here

pytestmark = pytest.mark.gui


@pytest.fixture(autouse=True)
def _usual_keys():
    yield
    preferences_here().set(own_keys={})


@pytest.fixture
def canvas(opened):
    keys_on(opened)
    return opened.viewer.window._qt_viewer.canvas.native


def in_front(qtbot, shown, widget):
    """Put a control into the window's Review dock and give it the focus."""
    from napari_wsss.widgets._open_desk import show_dock

    dock = show_dock(shown.viewer, "Review")
    dock.column.insertWidget(0, widget)
    QApplication.setActiveWindow(shown.viewer.window._qt_window)  # a virtual screen has nobody who does it
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus)
    return widget


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("shift-a", "Shift+A"),
        ("Alt+Shift-z", "Shift+Alt+Z"),
        ("a", "A"),
        ("PageUp", "PageUp"),
        ("[", "["),
        ("", ""),
        ("Return", ""),  # napari's name is Enter
        ("Shift", ""),  # no key of its own
        ("Ctrl+K A", ""),  # two keys, one after the other
        ("Shift+1", ""),  # another sign on every country's keyboard
        ("ö", ""),
    ],
)
def test_a_key_has_one_spelling(text, name):
    assert key_name(text) == name


def test_every_usual_key_can_be_bound_is_taken_once_and_leaves_napari_its_brush():
    assert all(USUAL.values())
    assert len(set(USUAL.values())) == len(USUAL) == len(KEYS)
    brush = {"E", "P", "F", "L", "Z", "X", "B", "[", "]", "Space"}
    assert brush <= set(napari_keys(USUAL.values()))


@pytest.mark.parametrize(
    ("own", "changed"),
    [
        ({}, {}),
        ({"accept": "shift-q"}, {"accept": "Shift+Q"}),
        ({"accept": ""}, {"accept": ""}),
        ({"accept": "N", "next": "A"}, {"accept": "N", "next": "A"}),  # they change places
        ({"accept": "N"}, {}),  # taken by "next"
        ({"accept": "Alt+Y", "reject": "Alt+Y"}, {}),  # nobody can say which is meant
        ({"accept": "nonsense", "no-such-deed": "Alt+Y"}, {}),
    ],
)
def test_own_keys_take_the_place_of_the_usual_ones_unless_they_clash(own, changed):
    assert {name: key.key for name, key in keys_in_use(own).items()} == {**USUAL, **changed}


def test_keys_come_before_a_layers_own_on_the_layers_of_the_desk_but_not_on_a_persons_shapes(opened, qtbot, canvas):
    viewer, layers = opened.viewer, opened.layers
    for active in (layers.mask_layer, layers.images[0], layers.map_layer, viewer.add_labels(layers.mask, name="mine")):
        viewer.layers.selection.active = active
        before = layers.map_layer.visible
        qtbot.keyClick(canvas, Qt.Key.Key_H)
        assert layers.map_layer.visible is not before
    viewer.layers.selection.active = viewer.add_shapes(name="mine too")
    qtbot.keyClick(canvas, Qt.Key.Key_R)
    assert viewer.layers.selection.active.mode == "add_rectangle"
    assert opened.session.project.state("case0") != "rejected"


def test_other_keys_are_heard_at_once_and_the_former_are_given_back_to_napari(opened, qtbot, canvas):
    layers = opened.layers
    preferences_here().set(own_keys={"map": "Shift+M", "mask": "M"})
    qtbot.keyClick(canvas, Qt.Key.Key_H)
    assert layers.map_layer.visible
    qtbot.keyClick(canvas, Qt.Key.Key_M, Qt.KeyboardModifier.ShiftModifier)
    assert not layers.map_layer.visible
    qtbot.keyClick(canvas, Qt.Key.Key_M)
    assert not layers.mask_layer.visible
    assert layers.mask_layer.selected_label == 1, "napari's M would choose another one"
    assert not [key for key in layers.mask_layer.keymap if str(key) == "H"]
    assert not [key for key in Labels.class_keymap if str(key) == "H"]


def test_undo_leaves_the_tool_in_the_hand(opened, qtbot, canvas, monkeypatch):
    """napari remembers what to do when Z is let go, and takes the end of Ctrl+Z for it."""
    from napari.settings import get_settings

    monkeypatch.setattr(get_settings().application, "hold_button_delay", 0.0)
    qtbot.keyClick(canvas, Qt.Key.Key_E)
    opened.layers.mask_layer.mode = "erase"
    qtbot.keyPress(canvas, Qt.Key.Key_Z)
    assert opened.layers.mask_layer.mode == "pan_zoom"
    qtbot.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert opened.layers.mask_layer.mode == "pan_zoom"


def test_without_a_case_keys_do_nothing(desk, qtbot):
    keys_on(desk)
    qtbot.keyClick(desk.viewer.window._qt_viewer.canvas.native, Qt.Key.Key_A)


def test_keys_work_while_a_control_of_a_dock_has_the_focus(shown, qtbot):
    seen = [shown.layers.map_layer.visible]
    menu = QComboBox()
    menu.addItems(["apple", "horse"])
    for widget in (QPushButton("Press"), menu):
        in_front(qtbot, shown, widget)
        qtbot.keyClick(widget, Qt.Key.Key_H)
        seen.append(shown.layers.map_layer.visible)
    assert seen == [True, False, True]
    assert menu.currentText() == "apple", "the list did not search for the letter"


def test_keys_do_nothing_while_a_person_types(shown, session, qtbot):
    text = in_front(qtbot, shown, QLineEdit())
    qtbot.keyClicks(text, "share")
    number = in_front(qtbot, shown, QSpinBox())
    qtbot.keyClicks(number, "7h")
    assert text.text() == "share"
    assert number.value() == 70, "it began with a 0"
    assert shown.layers.map_layer.visible
    assert session.project.state("case0") not in {"accepted", "rejected"}


def test_esc_in_a_text_field_goes_back_to_the_picture(shown, qtbot):
    text = in_front(qtbot, shown, QLineEdit())
    qtbot.keyClicks(text, "h")
    qtbot.keyClick(text, Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is shown.viewer.window._qt_viewer.canvas.native
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_H)
    assert not shown.layers.map_layer.visible


def test_the_list_on_the_screen_is_what_is_bound(shown, qtbot):
    panel = KeysPanel(shown)
    qtbot.addWidget(panel)
    assert list(listed(shown))[:-1] == list(KEY_GROUPS)
    everything = {key: words for rows in listed(shown).values() for key, words in rows.items()}
    assert everything["A"] == "accept the mask of this case"
    assert everything["E"] == "eraser"
    assert "1" in everything
    assert "2" not in everything, "the project has one class"
    preferences_here().set(own_keys={"accept": "Alt+Y", "reject": ""})
    assert "<b>Alt+Y</b></td><td>accept the mask of this case" in panel.text.text()
    assert "<b>A</b>" not in panel.text.text()
    assert "<b>R</b>" not in panel.text.text()


def test_the_line_below_names_no_key_that_does_something_else(shown, qtbot):
    """napari's own would say that 1 is the eraser."""
    layers = shown.layers
    shown.viewer.layers.selection.active = layers.mask_layer
    for mode in ("paint", "erase", "pan_zoom"):
        layers.mask_layer.mode = mode
        bar = shown.viewer.window._qt_window.statusBar()
        qtbot.waitUntil(lambda bar=bar: bar._help.text().startswith("P brush · E eraser"))


def test_the_dialog_takes_a_key_pressed_and_keeps_it(shown, qtbot):
    dialog = KeysDialog(shown)
    qtbot.addWidget(dialog)
    dialog.show()
    edit = dialog.edits["accept"]
    edit.setFocus()
    qtbot.keyClick(edit, Qt.Key.Key_Y, Qt.KeyboardModifier.AltModifier)
    assert dialog.keys["accept"] == "Alt+Y"
    qtbot.mouseClick(dialog.buttons.button(QDialogButtonBox.StandardButton.Ok), Qt.MouseButton.LeftButton)
    assert read_preferences().own_keys == {"accept": "Alt+Y"}
    assert keys_on(shown).keys["accept"].key == "Alt+Y"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (Qt.Key.Key_N, "N is taken: next case"),
        (Qt.Key.Key_E, "E is napari's key: eraser"),
        (Qt.Key.Key_Odiaeresis, "This key is not possible"),
    ],
)
def test_the_dialog_refuses_a_key_that_is_taken_and_names_what_has_it(shown, qtbot, key, words):
    dialog = KeysDialog(shown)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.keyClick(dialog.edits["accept"], key)
    assert dialog.fault.text().startswith(words)
    assert dialog.keys["accept"] == "A"
    assert dialog.edits["accept"].text() == "A"


def test_the_dialog_refuses_keys_of_menus(shown, qtbot):
    dialog = KeysDialog(shown)
    qtbot.addWidget(dialog)
    assert dialog.choose("undo", USUAL["undo"])
    assert not dialog.choose("accept", "Ctrl+Q")
    assert "Ctrl belong to napari's menus" in dialog.fault.text()
    assert not dialog.choose("accept", "Alt+F")
    assert "opens napari's menu File" in dialog.fault.text()


def test_the_dialog_takes_usual_keys_back_and_a_key_away(shown, qtbot):
    preferences_here().set(own_keys={"accept": "Alt+Y", "reject": "Alt+X"})
    dialog = KeysDialog(shown)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.keyClick(dialog.edits["next"], Qt.Key.Key_Backspace)
    assert dialog.keys["next"] == ""
    dialog.reset("accept")
    assert (dialog.keys["accept"], dialog.keys["reject"]) == ("A", "Alt+X")
    qtbot.mouseClick(dialog.buttons.button(QDialogButtonBox.StandardButton.RestoreDefaults), Qt.MouseButton.LeftButton)
    assert dialog.keys == USUAL
    dialog.accept()
    assert read_preferences().own_keys == {}


def test_the_dialog_finds_a_deed_by_its_words(shown, qtbot):
    dialog = KeysDialog(shown)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.keyClicks(dialog.search, "next case")
    seen = [name for name, edit in dialog.edits.items() if edit.isVisible()]
    assert seen == [name for name in USUAL if "next case" in next(key.words for key in KEYS if key.name == name)]


def test_keys_end_with_the_desk(opened):
    viewer, mask = opened.viewer, opened.layers.mask_layer
    keys_on(opened)
    assert {str(key) for key in viewer.keymap} >= set(USUAL.values()) <= {str(key) for key in mask.keymap}
    viewer.close()
    assert not [key for key in viewer.keymap if str(key) in set(USUAL.values())]


def test_tooltips_name_the_keys_that_work_now(opened):
    tips = keys_on(opened).findChild(KeyTips)
    assert tips.text("Accept (key: Shift+A), erase (key: E)") == "Accept (key: Shift+A), erase (key: E)"
    preferences_here().set(own_keys={"accept-slice": "Alt+Q", "reject": ""})
    assert tips.text("<qt>Accept (key: Shift+A), erase (key: E)</qt>") == "<qt>Accept (key: Alt+Q), erase (key: E)</qt>"
    assert tips.text("Mark as no use (key: R)") == "Mark as no use"


def test_every_key_that_a_tooltip_names_is_one_of_the_table_or_of_naparis_brush(shown):
    brush = {"P", "E", "F", "Z"}
    tips = [widget.toolTip() for widget in shown.viewer.window._qt_window.findChildren(QWidget)]
    named = {key_name(key) for tip in tips for key in re.findall(r"\(key: ([^)]+)\)", tip)}
    assert {"A", "R", "N"} <= named
    assert named <= {*USUAL.values(), *brush}
