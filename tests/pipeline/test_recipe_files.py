"""A recipe in a file: the same model as the published one, safely read."""

import json

import pytest
import yaml

from napari_wsss.cli import main
from napari_wsss.errors import InputError, RecipeError
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.recipe_names import KINDS
from napari_wsss.recipes import RECIPES


def exported(name, capsys):
    """Give what ``recipes --export NAME`` prints."""
    assert main(["recipes", "--export", name]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("name", RECIPES)
def test_an_exported_recipe_has_the_keys_of_the_published_one(name, workspace, capsys, tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(exported(name, capsys), encoding="utf-8")
    own = Recipe.read(path)
    assert own == RECIPES[name]
    ours, theirs = (Keys(recipe, workspace) for recipe in (own, RECIPES[name]))
    for step in own.steps:
        case_id = "a" if own.step(step).works_on == "case" else ""
        assert ours.key(step, case_id) == theirs.key(step, case_id), step


@pytest.mark.parametrize("name", RECIPES)
def test_every_key_of_every_step_is_refused_when_misspelt(name):
    for step, settings in RECIPES[name].model_dump(mode="json")["steps"].items():
        for key in settings.keys() - {"kind"}:
            data = RECIPES[name].model_dump(mode="json")
            data["steps"][step][f"{key}x"] = data["steps"][step].pop(key)
            with pytest.raises(RecipeError) as caught:
                Recipe.parse(data, "own.yaml")
            wrong = f"own.yaml: steps.{step}: '{settings['kind']}' has no key '{key}x'. Did you mean '{key}'?"
            assert wrong in str(caught.value).splitlines()


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_kind_is_refused_with_the_nearest(kind):
    data = RECIPES["mixed-unet"].model_dump(mode="json")
    data["steps"]["slices"]["kind"] = kind[:-1] + "#"
    with pytest.raises(RecipeError, match=rf"no kind of step is called '.*#'\. Did you mean '.*{kind[-5:]}'\?"):
        Recipe.parse(data)


def test_a_step_without_a_kind_is_refused():
    data = RECIPES["mixed-unet"].model_dump(mode="json")
    del data["steps"]["crf"]["kind"]
    with pytest.raises(RecipeError, match=r"steps\.crf: a step needs a 'kind': one of prepare-slices, "):
        Recipe.parse(data)


@pytest.mark.parametrize(
    "code",
    [
        "!!python/object/apply:os.system ['touch {0}']",
        "!!python/object/new:subprocess.check_call [[touch, '{0}']]",
        "!!python/object/apply:builtins.eval [\"open('{0}', 'w')\"]",
        "!!python/name:os.system ''",
        "!!python/module:os ''",
    ],
)
@pytest.mark.parametrize("key", ["title", "source", "proposal"])
def test_code_in_a_file_is_refused_and_does_not_run(key, code, tmp_path):
    data = RECIPES["mixed-unet"].model_dump(mode="json")
    path, touched = tmp_path / "own.yaml", tmp_path / "touched"
    data[key] = "CODE"
    path.write_text(yaml.safe_dump(data).replace("CODE", code.format(touched)), encoding="utf-8")
    with pytest.raises(InputError, match=r"own\.yaml: cannot be read as YAML \(could not determine a constructor"):
        Recipe.read(path)
    assert not touched.exists()


@pytest.mark.parametrize("text", ["", "[]", "a: b", "steps: 3", json.dumps({"steps": {"a": 1}})])
def test_what_is_no_recipe_is_refused(text, tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match=r"own\.yaml"):
        Recipe.read(path)


def test_a_bare_on_is_the_knob_of_a_filter(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(RECIPES["mixed-unet"].to_yaml().replace("'on': false", "on: true"), encoding="utf-8")
    assert Recipe.read(path).step("holes").on
