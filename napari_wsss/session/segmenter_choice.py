"""The few choices about training a segmenter, and the settings of the recipe that they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from napari_wsss.errors import RecipeError
from napari_wsss.models.card import read_card
from napari_wsss.models.settings import Network, SegmenterNet
from napari_wsss.params import Params, knob
from napari_wsss.pipeline.learning import LearnFrom, epochs_going_on
from napari_wsss.pipeline.recipe import Recipe, parse_override
from napari_wsss.pipeline.step import Step
from napari_wsss.pipeline.workspace import ModelShelf

Quality = Literal["quick look", "standard", "thorough", "own"]
QUALITIES: tuple[Quality, ...] = get_args(Quality)

_SET = ("epochs", "patience", "learning_rate")
"""Knobs that the quality and fine-tuning set."""


@dataclass(frozen=True)
class Preset:
    """What a quality changes about the recipe's own settings.

    Attributes:
        epochs: times as many epochs.
        patience: share of the epochs after which a training that no longer improves stops; None keeps the recipe's.
    """

    epochs: float
    patience: float | None = None


PRESETS: Mapping[Quality, Preset] = {
    "quick look": Preset(0.25, 0.0),
    "standard": Preset(1.0),
    "thorough": Preset(3.0, 0.25),
}


class SegmenterChoice(Params):
    """What a person chooses before a segmenter is trained; everything else has the recipe's settings."""

    network: Network = knob("mixed-unet", "Network that learns the masks. U-Net and FCN are the quickest.")
    learn_from: LearnFrom = knob(
        "all",
        "All masks: those accepted, and proposals where nothing is accepted yet. Or accepted masks alone.",
        title="learn from",
    )
    quality: Quality = knob(
        "standard",
        "How long it trains. quick look: a quarter of the recipe's epochs, to see whether it works. standard: the "
        "recipe's settings. thorough: three times as many epochs; it stops once it no longer improves. own: as set "
        "by hand below.",
    )
    fine_tune: bool = knob(
        False,
        "Start from the model in use instead of from nothing: a quarter of the epochs. Good after a few more "
        "masks were accepted.",
        title="improve model",
    )


def segmenter_of(recipe: Recipe) -> str:
    """Give the name of the step that trains the recipe's segmenter.

    Raises:
        RecipeError: the recipe has none.
    """
    found = recipe.giving("segmenter", "volume-segmenter")
    if not found:
        raise RecipeError(f"the recipe '{recipe.name}' trains no segmenter; choose another recipe.")
    return found[-1]


def networks_of(recipe: Recipe) -> tuple[Network, ...]:
    """Give the networks that the recipe's segmenter can be; one that takes whole volumes is always the 3-D U-Net."""
    takes_slices = isinstance(recipe.step(segmenter_of(recipe)), SegmenterNet)
    return get_args(Network) if takes_slices else ("unet-3d",)


def choice_of(recipe: Recipe, standard: Step) -> SegmenterChoice:
    """Read the choice back from the settings in use.

    Args:
        recipe: with the project's settings.
        standard: its segmenter with the settings that count as "standard"; see :func:`standard_of`.
    """
    step: Any = recipe.step(segmenter_of(recipe))
    fine_tune = bool(step.start)
    in_use = {name: getattr(step, name) for name in _SET}
    quality = next((name for name in PRESETS if _settings(standard, name, fine_tune) == in_use), "own")
    return SegmenterChoice(
        network=getattr(step, "network", "unet-3d"), learn_from=step.learn_from, quality=quality, fine_tune=fine_tune
    )


def settings_of(choice: SegmenterChoice, recipe: Recipe, standard: Step, shelf: ModelShelf) -> dict[str, Any]:
    """Give the knobs of the recipe's segmenter that a choice stands for.

    Args:
        choice: the choice.
        recipe: with the project's settings.
        standard: its segmenter with the settings that count as "standard"; see :func:`standard_of`.
        shelf: the project's models: fine-tuning starts from the one in use.

    Raises:
        RecipeError: the recipe has no segmenter or not with this network; there is no model to improve, or it is
            another network.
    """
    name = segmenter_of(recipe)
    step: Any = recipe.step(name)
    if choice.network not in networks_of(recipe):
        raise RecipeError(
            f"the segmenter of '{recipe.name}' takes whole volumes and is always a 3-D U-Net; got '{choice.network}'. "
            "Choose unet-3d, or another recipe."
        )
    knobs: dict[str, Any] = {"network": choice.network} if isinstance(step, SegmenterNet) else {}
    knobs |= {"learn_from": choice.learn_from, "start": ""}
    if choice.quality != "own":
        knobs |= _settings(standard, choice.quality, choice.fine_tune)
    if choice.fine_tune:
        knobs["start"] = model_to_improve(shelf, name, step.replace(**knobs))
    return knobs


def model_to_improve(shelf: ModelShelf, name: str, step: Step) -> str:
    """Give the folder name of the model in use for the step ``name``, from which ``step`` can go on.

    Raises:
        RecipeError: there is none, or it is another network than the one of ``step``.
    """
    key = shelf.current(name)
    if key is None:
        raise RecipeError("there is no trained segmenter to improve yet; train one first.")
    place = shelf.place(name, key)
    card = read_card(place)
    has, wants = _words(card["network"]), _words(dict(step))
    if (card["role"], has) != (step.gives, wants):
        raise RecipeError(
            f"the model in use is {has}, and {wants} is chosen: a model can only be improved as the network it is. "
            "Choose that network, or train from scratch."
        )
    return place.name


def standard_of(base: Recipe, recipe: Recipe) -> Step:
    """Give the segmenter with the recipe's own settings: the smaller ones where the project took those.

    Args:
        base: the recipe without the project's settings.
        recipe: the recipe with them.
    """
    name = segmenter_of(base)
    others = [text for text in base.small if parse_override(text)[:2] not in {(name, knob) for knob in _SET}]
    smaller = base.with_overrides(base.small)
    places = [parse_override(text)[:2] for text in others]
    taken = any(
        _value(recipe, place) == _value(smaller, place) != _value(base, place)
        for place in places
        if place[0] in recipe.steps
    )
    return (smaller if taken else base).step(name)


def qualities_of(standard: Step, fine_tune: bool) -> dict[Quality, str]:
    """Give quality → what it sets, in words: "24 epochs, ends after 6 without improvement"."""
    return {quality: _in_words(_settings(standard, quality, fine_tune)) for quality in PRESETS}


def _in_words(knobs: Mapping[str, Any]) -> str:
    epochs, patience = knobs["epochs"], knobs["patience"]
    words = f"{epochs} epoch{'' if epochs == 1 else 's'}, learning rate {knobs['learning_rate']:.2g}"
    return f"{words}, ends after {patience} without improvement" if patience else words


def _settings(standard: Any, quality: Quality, fine_tune: bool) -> dict[str, Any]:  # noqa: ANN401
    """Give the knobs of ``_SET`` for a quality."""
    preset = PRESETS[quality]
    anew = max(1, round(standard.epochs * preset.epochs))
    epochs = epochs_going_on(anew) if fine_tune else anew
    patience = standard.patience if preset.patience is None else round(epochs * preset.patience)
    return {"epochs": epochs, "learning_rate": standard.learning_rate, "patience": patience}


def _value(recipe: Recipe, place: tuple[str, str]) -> Any:  # noqa: ANN401
    return getattr(recipe.step(place[0]), place[1], None)


def _words(network: Mapping[str, Any]) -> str:
    """Give what two networks must share for one to take the weights of the other, in words: "unet of width 16"."""
    return f"{network.get('network', 'a 3-D U-Net of volumes')} of width {network['width']}"
