import pytest

from napari_wsss.errors import RecipeError
from napari_wsss.pipeline.overrides import as_overrides
from napari_wsss.pipeline.recipe import Recipe, parse_override
from napari_wsss.recipes import RECIPES, recipe_named


@pytest.fixture
def recipe() -> Recipe:
    return recipe_named("mixed-unet")


def test_yaml_round_trip(recipe, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(recipe.to_yaml(), encoding="utf-8")
    assert Recipe.read(path) == recipe


def test_published_settings_of_system_1(recipe):
    assert recipe.step("maps").scales == (0.5, 1.0, 1.5, 2.0)
    assert recipe.step("origin-map").scales == (1.0,)
    assert recipe.step("refined").value == recipe.step("origin").value == 0.35
    segmenter = recipe.step("segmenter")
    assert (segmenter.network, segmenter.width, segmenter.epochs, segmenter.batch_size) == ("mixed-unet", 64, 100, 8)
    assert (segmenter.optimizer, segmenter.learning_rate, segmenter.weight_decay) == ("adam", 1e-3, 1e-4)
    assert (segmenter.schedule, segmenter.gamma, segmenter.loss) == ("polynomial", 0.9, "both")
    assert (segmenter.seeds, recipe.effective(segmenter.targets)) == ("refined", "crf"), "all filters are off"
    assert recipe.step("slices").size == 256
    assert recipe.step("classifier").backbone == "resnet50"


def test_override_changes_one_knob_and_nothing_else(recipe):
    changed = recipe.with_overrides(["refined.value=0.7", "maps.scales=[1.0, 2.0]"])
    assert changed.step("refined").value == 0.7
    assert changed.step("maps").scales == (1.0, 2.0)
    assert recipe.step("refined").value == 0.35
    same = [name for name in recipe.steps if recipe.step(name) == changed.step(name)]
    assert set(recipe.steps) - set(same) == {"refined", "maps"}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("refind.value=0.7", "no step 'refind'. Did you mean 'refined'?"),
        ("refined.valu=0.7", "no knob 'valu'. Did you mean 'value'?"),
        ("refined.value=7", "less than or equal to 1; got 7"),
        ("refined.value", "is no setting: expected step.knob=value"),
        ("segmenter.network=unett", "got 'unett'"),
        ("slices.size=100", "slices.size: must be a multiple of 32 for 'classifier'"),
        ("slices.size=100", "nearest: 96; got 100"),
        ("crf.start=maps", "crf.start needs a step that gives mask or evidence; 'maps' gives maps"),
        ("crf.strat=refined", "no knob 'strat'. Did you mean 'start'?"),
        ("crf.start=refind", "crf.start names 'refind', which is no earlier step. Did you mean 'refined'?"),
    ],
)
def test_a_wrong_override_is_refused_in_one_line(recipe, override, message):
    with pytest.raises(RecipeError) as caught:
        recipe.with_overrides([override])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_links_are_set_by_name_several_in_a_list():
    ensemble = RECIPES["grad-cam-ensemble"]
    for text in ("or.masks=[mask-b, mask-a]", 'or.masks=["mask-b", "mask-a"]', "or.masks=mask-b,mask-a"):
        assert ensemble.with_overrides([text]).step("or").masks == ("mask-b", "mask-a")
    assert ensemble.with_overrides(['and-centre.mask="or"']).step("and-centre").mask == "or"
    kept = as_overrides(ensemble, {"and-centre": {"mask": "or"}, "or": {"masks": ("mask-b", "mask-a")}})
    assert ensemble.with_overrides(kept).step("or").masks == ("mask-b", "mask-a")


def test_a_fault_of_several_knobs_is_said_in_our_words():
    with pytest.raises(RecipeError, match=r"^clusters: choose: differential needs the link 'classifier'; .*one\.$"):
        RECIPES["attentional-cam"].with_overrides(["clusters.choose=differential"])


def test_value_may_contain_an_equals_sign():
    assert parse_override("classifier.weights=a=b.pth") == ("classifier", "weights", "a=b.pth")


def test_a_number_stays_text_where_the_knob_takes_text(recipe):
    assert recipe.with_overrides(["classifier.precision=32"]).step("classifier").precision == "32"
    assert recipe.with_overrides(["classifier.weights=1e5"]).step("classifier").weights == "1e5"


def test_an_unknown_key_in_yaml_is_refused_with_the_nearest_name(recipe, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(recipe.to_yaml().replace("proposal:", "propozal:"), encoding="utf-8")
    with pytest.raises(RecipeError, match="Did you mean 'proposal'"):
        Recipe.read(path)


def test_a_link_to_no_earlier_step_is_refused(recipe):
    data = recipe.model_dump(mode="json")
    data["steps"]["crf"]["start"] = "prediction"
    with pytest.raises(RecipeError, match=r"crf\.start names 'prediction', which is no earlier step"):
        Recipe.parse(data)


def test_a_link_to_the_wrong_kind_of_step_is_refused(recipe):
    data = recipe.model_dump(mode="json")
    data["steps"]["origin"]["evidence"] = "maps"
    with pytest.raises(RecipeError, match="'maps' gives maps"):
        Recipe.parse(data)


def test_upstream_lists_what_a_step_depends_on_in_running_order(recipe):
    assert list(recipe.upstream("crf")) == [
        "slices", "classifier", "maps", "refined-map", "refined", "clusters", "kernel", "crf",
    ]  # fmt: skip


@pytest.mark.parametrize("name", list(RECIPES))
def test_every_published_recipe_reads_back_and_its_small_settings_hold(name):
    recipe = RECIPES[name]
    assert Recipe.parse(recipe.model_dump(mode="json")) == recipe
    assert recipe.with_overrides(recipe.small) != recipe
