"""The napari manifest: valid, and every name in it exists."""

from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from npe2 import PluginManifest

import napari_wsss
from napari_wsss.session.preferences import Preferences
from napari_wsss.widgets._napari_settings import SECTION
from napari_wsss.widgets._params import title_of

MANIFEST = Path(napari_wsss.__file__).with_name("napari.yaml")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def manifest():
    return PluginManifest.from_file(MANIFEST)


def test_every_python_name_exists(manifest):
    for command in manifest.contributions.commands:
        module, _, name = command.python_name.partition(":")
        assert callable(getattr(import_module(module), name)), command.id


def test_the_docks_in_the_order_of_work(manifest):
    from napari_wsss.widgets._open_desk import DOCKS

    homes = {command.id: command.python_name for command in manifest.contributions.commands}
    assert {widget.display_name: homes[widget.command] for widget in manifest.contributions.widgets} == {
        name: f"napari_wsss.widgets:{kind.__name__}" for name, kind in DOCKS.items()
    }
    assert [widget.display_name for widget in manifest.contributions.widgets] == list(DOCKS)


def test_reader_takes_scans_and_folders(manifest):
    (reader,) = manifest.contributions.readers
    assert {"*.nii", "*.nii.gz", "*.mha", "*.nrrd"} <= set(reader.filename_patterns)
    assert reader.accepts_directories


def test_writers_take_one_label_layer_and_offer_every_kind_of_mask_file(manifest):
    from napari_wsss.data.mask_files import MASK_SUFFIXES

    writers = manifest.contributions.writers
    assert {tuple(writer.layer_types) for writer in writers} == {("labels",)}
    assert {suffix for writer in writers for suffix in writer.filename_extensions} == set(MASK_SUFFIXES)


def test_every_menu_item_leads_to_a_command_or_submenu_and_napari_takes_it(manifest):
    from napari._app_model.constants._menus import is_menu_contributable

    commands = {command.id for command in manifest.contributions.commands}
    submenus = {menu.id for menu in manifest.contributions.submenus}
    for menu, items in manifest.contributions.menus.items():
        assert is_menu_contributable(menu), menu
        assert menu in submenus or menu.startswith("napari/")
        for item in items:
            assert getattr(item, "command", None) in commands or getattr(item, "submenu", None) in submenus


def test_naparis_preferences_page_says_what_the_preferences_are(manifest):
    """They are declared in ``Preferences``; the manifest cannot read Python, so it repeats them."""
    (section,) = manifest.contributions.configurations.items()
    assert section[0] == SECTION
    knobs = {name: knob for name, knob in Preferences.knobs().items() if name != "own_keys"}
    said = {
        name: (item.title, item.default, tuple(item.enum or ()), item.description)
        for name, item in section[1].properties.items()
    }
    assert said == {name: (title_of(knob), knob.default, knob.choices, knob.help) for name, knob in knobs.items()}
    kinds = {name: str if knob.choices else knob.annotation for name, knob in knobs.items()}
    assert {name: item.python_type for name, item in section[1].properties.items()} == kinds


def test_sample_data(manifest):
    (sample,) = manifest.contributions.sample_data
    assert sample.display_name == "Simulated FLAIR cohort"


def test_entry_point_leads_to_the_manifest():
    (point,) = (point for point in entry_points(group="napari.manifest") if point.name == "napari-wsss")
    assert point.value == "napari_wsss:napari.yaml"


def test_links_at_the_top_lead_to_the_package():
    assert (ROOT / "napari.yaml").resolve() == (ROOT / "napari_wsss" / "napari.yaml").resolve()
    assert (ROOT / "models").resolve() == (ROOT / "napari_wsss" / "models").resolve()
