"""Outliner: a trained segmenter that outlines scans the way it was trained, whatever the recipe says by now."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_wsss.data.volume import Geometry, Volume
from napari_wsss.errors import InputError, ModelError, RecipeError
from napari_wsss.models.card import read_card, weights_digest
from napari_wsss.models.settings import IN_3D
from napari_wsss.pipeline.steps.prepare import PrepareSlices
from napari_wsss.pipeline.steps.volumes import PrepareVolumes
from napari_wsss.progress import Work
from napari_wsss.types import Array, FloatArray

if TYPE_CHECKING:
    from torch import nn

Preparation = PrepareSlices | PrepareVolumes
BATCH, OVERLAP = 16, 0.5
"""Slices asked about together, and how far windows overlap, unless told otherwise."""


class Outliner:
    """A segmenter with the preprocessing that its card has.

    Args:
        folder: the model's.
        device: "auto", "cpu", "cuda" or "mps".
        batch_size: slices asked about together, for a network that takes slices.
        overlap: share of a window that the next one sees again, for a network that takes volumes.

    Attributes:
        card: all that is written down about the model.
        classes: names of the lesion classes it outlines.
        preparation: how scans are prepared for it.
        window: depth, height and width of what a 3-D network sees at once; None for one that takes slices.
        model: the network, in evaluation mode.

    Raises:
        ModelError: there is no complete segmenter in the folder, or its card does not say how scans are prepared.
    """

    def __init__(
        self, folder: Path, device: str = "auto", *, batch_size: int = BATCH, overlap: float = OVERLAP
    ) -> None:
        self.card = read_card(folder)
        self.classes = tuple(str(name) for name in self.card["classes"])
        self.preparation = preparation_of(self.card, folder)
        self.window = _window(self.card, self.preparation)
        self.model = _load(folder, self.card)
        self._device, self._batch_size, self._overlap = device, batch_size, overlap

    def prepare(self, volume: Volume) -> Array:
        """Give a scan as the network takes it: (Z, channels, S, S) for slices, (channels, D, H, W) for volumes.

        Raises:
            InputError: the scan has another number of channels than the model learnt from.
        """
        expected = int(self.card["network"]["in_channels"])
        if len(volume.array) != expected:
            raise InputError(
                f"the scan has {len(volume.array)} channels, the model learnt from scans of {expected}. Give the same "
                "channels, in the same order."
            )
        return prepared_by(self.preparation, volume)

    def units(self, geometry: Geometry) -> int:
        """Count the slices or windows of a scan: what the events of :meth:`outline` count."""
        from napari_wsss.engine.windows import window_places

        prepared, depth = self.preparation, geometry.shape[0]
        if self.window is None:
            return depth
        if isinstance(prepared, PrepareVolumes):
            return len(window_places(prepared.box(geometry).shape, self.window, self._overlap))
        return len(window_places((depth, prepared.size, prepared.size), self.window, self._overlap))

    def outline(self, inputs: Array, geometry: Geometry) -> Work[FloatArray]:
        """Give the probability of every class at every voxel of the scan, (C, Z, Y, X) float32 in [0, 1].

        Args:
            inputs: the scan as :meth:`prepare` gives it; may be memory-mapped.
            geometry: the scan's grid.
        """
        if isinstance(self.preparation, PrepareVolumes):
            volume = yield from self._in_windows(inputs)
            return self.preparation.box(geometry).invert(volume)
        letterbox = self.preparation.letterbox(geometry.shape[1:])
        if self.window is not None:
            return letterbox.invert((yield from self._in_windows(inputs.swapaxes(0, 1))))
        slices = yield from self._by_slices(inputs)
        return letterbox.invert(slices).swapaxes(0, 1)

    def _by_slices(self, slices: Array) -> Work[FloatArray]:
        from napari_wsss.engine.predict import predict_probabilities

        work = predict_probabilities(self.model, slices, device=self._device, batch_size=self._batch_size)
        return (yield from work)

    def _in_windows(self, volume: Array) -> Work[FloatArray]:
        from napari_wsss.engine.windows import predict_windows
        from napari_wsss.losses.probability import class_probabilities

        window = self.window or volume.shape[1:]
        work = predict_windows(
            self.model, volume, window, read=class_probabilities, overlap=self._overlap, device=self._device
        )
        return (yield from work)


def outliner_of(folder: Path, device: str = "auto", *, batch_size: int = BATCH, overlap: float = OVERLAP) -> Outliner:
    """Give an :class:`Outliner`, which also has arguments and errors; the last one is kept for the next asking."""
    return _kept(folder, weights_digest(folder), device, batch_size, overlap)


@lru_cache(maxsize=1)
def _kept(folder: Path, _digest: str, device: str, batch_size: int, overlap: float) -> Outliner:
    return Outliner(folder, device, batch_size=batch_size, overlap=overlap)


def preparation_of(card: Mapping[str, Any], folder: Path) -> Preparation:
    """Give how scans are prepared for a segmenter, as its card has it.

    Raises:
        ModelError: the card does not say.
    """
    try:
        params = card["params"]
        own = params[card["step"]]
        found = params[own["slices"] if "slices" in own else own["volumes"]]
        kind = PrepareSlices if found["kind"] == "prepare-slices" else PrepareVolumes
        return kind.parse(found, where=f"{folder}: how scans are prepared")
    except (KeyError, TypeError) as error:
        raise ModelError(f"{folder}: its card does not say how scans are prepared. Train the model again.") from error
    except RecipeError as error:
        raise ModelError(str(error)) from error


def prepared_by(preparation: Preparation, volume: Volume) -> Array:
    """Give a scan as the networks take it, float16: (Z, channels, S, S), or (channels, D, H, W)."""
    from napari_wsss.data.preprocess import prepare_slices

    if isinstance(preparation, PrepareVolumes):
        return preparation.prepared(volume)
    return prepare_slices(volume, preparation)


def _window(card: Mapping[str, Any], preparation: Preparation) -> tuple[int, ...] | None:
    if "patch" in card:
        return tuple(card["patch"])
    network = card["network"]
    if network.get("network") == IN_3D and isinstance(preparation, PrepareSlices):
        return (int(network["depth"]), preparation.size, preparation.size)
    return None


def _load(folder: Path, card: Mapping[str, Any]) -> nn.Module:
    from napari_wsss.pipeline.trained import load_segmenter, load_volume_segmenter

    role = card.get("role")
    if role == "volume-segmenter":
        return load_volume_segmenter(folder)
    if role == "segmenter":
        return load_segmenter(folder)
    raise ModelError(f"{folder}: is a {role or 'model of an unknown kind'}; a segmenter was expected.")
