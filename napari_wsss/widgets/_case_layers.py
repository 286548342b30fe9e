"""CaseLayers: the layers of the case on the desk — scan, map, mask — and the arrays behind them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.colormaps import Colormap, DirectLabelColormap
from qtpy.QtCore import QObject, Signal

from napari_wsss.data.view import Convention, View, view_of
from napari_wsss.data.volume import Volume
from napari_wsss.types import Array, FloatArray, LabelMap
from napari_wsss.widgets._layers import image_layers, pictures
from napari_wsss.widgets._letters import show_unmirrored

if TYPE_CHECKING:
    from napari import Viewer

COLOURS = ("#ff5a36", "#36c5ff", "#ffd836", "#7dff36", "#d66bff", "#ff8ac2", "#36ffc8", "#c8a06e")
"""One colour a class; told apart on grey, also by most colour-blind people."""
MAP_COLOURS = Colormap(
    [
        [0.4, 0.0, 0.5, 0.0],
        [0.5, 0, 0.5, 0.06],
        [0.8, 0.2, 0.35, 0.4],
        [1.0, 0.55, 0.1, 0.6],
        [1.0, 0.95, 0.4, 0.75],
    ],
    name="lesion evidence",
    controls=[0.0, 0.2, 0.45, 0.75, 1.0],
)
"""Transparent where there is no evidence, so that the scan stays readable."""

_MAP_LOOK: dict[str, Any] = {"name": "map", "colormap": MAP_COLOURS, "blending": "translucent"}
_MASK_LOOK: dict[str, Any] = {"name": "mask", "opacity": 0.55}


class CaseLayers(QObject):
    """Layers of the case on the desk.

    Args:
        viewer: where they are shown.
        volume: the scan.
        classes: names of the lesion classes.
        convention: on which side of the screen the patient's right is.

    Attributes:
        volume: the scan shown.
        convention: as given, until :meth:`turn` changes it.
        turning: another case is being put into the layers; what they tell of themselves now is no person's doing.
        mask: (Z, Y, X), on-disk order; the brush writes into it.
        heat: (Z, Y, X) float32, the map of one class.

    Signals:
        stroked: napari finished a stroke; its "atoms", see :func:`~napari_wsss.widgets._stroke.stroke_delta`.
        painted: the mask was edited: a stroke, an operation, undo or redo.
        slice_changed: another slice is shown; its number.
        redrawn: mask or map changed somewhere, seen in this canvas or not.
        moved: the point that all canvases share is another.
        turned: the scan is shown the other way round.
    """

    stroked = Signal(object)
    painted = Signal()
    slice_changed = Signal(int)
    redrawn = Signal()
    moved = Signal()
    turned = Signal()

    def __init__(
        self, viewer: Viewer, volume: Volume, classes: Sequence[str], convention: Convention = "radiological"
    ) -> None:
        super().__init__()
        self.viewer = viewer
        self.classes = tuple(classes)
        self.convention = convention
        self.turning = False
        self._orientation = viewer.scene.camera.orientation
        self._take(volume)
        self.images = [viewer.add_image(data, **words) for data, words, _ in image_layers(volume, self._view)]
        self.map_layer = viewer.add_image(
            self._view.apply(self.heat), contrast_limits=(0.0, 1.0), scale=self._scale, **_MAP_LOOK
        )
        self.mask_layer = viewer.add_labels(
            self._view.apply(self.mask), colormap=_mask_colours(len(self.classes)), scale=self._scale, **_MASK_LOOK
        )
        self.mask_layer.selected_label = 1
        self.mask_layer.n_edit_dimensions = 2
        viewer.dims.axis_labels = (*viewer.dims.axis_labels[:-3], "z", "y", "x")
        self._place()
        self._slice = self.slice_index
        self.mask_layer.events.paint.connect(self._on_paint)
        self.mask_layer.events.selected_label.connect(self._keep_label)
        viewer.dims.events.current_step.connect(self._on_step)

    def fits(self, volume: Volume, classes: Sequence[str]) -> bool:
        """Whether the layers can show another case: same channels and classes, and the person removed none."""
        names = ["image"] if volume.rgb else list(volume.channels)
        present = all(layer in self.viewer.layers for layer in self._layers)
        same_kind = [bool(layer.rgb) for layer in self.images] == [volume.rgb] * len(names)
        return present and same_kind and tuple(classes) == self.classes and names == self._channels

    def turn_to(self, volume: Volume) -> None:
        """Show another case in the same layers: a fraction of the time that removing and adding takes napari."""
        self._take(volume)
        self.turning = True
        shown = image_layers(volume, self._view)
        for layer, (data, words, _) in zip(self.images, shown, strict=True):
            layer.data = data
            layer.scale = words["scale"]
            if not volume.rgb:
                layer.contrast_limits_range = layer.contrast_limits = words["contrast_limits"]
        self.map_layer.data = self._view.apply(self.heat)
        self.mask_layer.data = self._view.apply(self.mask)
        self.map_layer.scale = self.mask_layer.scale = self._scale
        self._place()
        self.turning = False

    def _take(self, volume: Volume) -> None:
        """Make the arrays for a case."""
        self.volume = volume
        self._view = view_of(volume, self.convention)
        self._scale = self._view.scale(volume.geometry.spacing)
        self._channels = ["image"] if volume.rgb else list(volume.channels)
        self.mask: LabelMap = np.zeros(volume.geometry.shape, np.uint8)
        self.heat: FloatArray = np.zeros(volume.geometry.shape, np.float32)

    def _place(self) -> None:
        """Go to the middle slice, fit the picture into the window, and make the mask what the brush paints."""
        self.viewer.layers.selection.active = self.mask_layer
        z, y, x = self.mask.shape
        self.point = (z // 2, y // 2, x // 2)
        show_unmirrored(self.viewer.scene.camera, self.volume, self._view)
        self.viewer.reset_view()

    @property
    def view(self) -> View:
        """How slices are turned for the screen."""
        return self._view

    def turn(self, convention: Convention) -> None:
        """Show the scan in another convention, at once: same slice, same part of the picture, nothing copied."""
        before, point, self.convention = self._view, self.point, convention
        self._view = view_of(self.volume, convention)
        if self._view == before:
            return
        for layer, data in zip(self.images, pictures(self.volume, self._view), strict=True):
            layer.data = data
        self.map_layer.data = self._view.apply(self.heat)
        self.mask_layer.data = self._view.apply(self.mask)
        self.point = point
        self._mirror_camera()
        show_unmirrored(self.viewer.scene.camera, self.volume, self._view)
        self.turned.emit()

    def _mirror_camera(self) -> None:
        """Keep the same part of the picture in sight after columns were mirrored."""
        displayed, camera = self.viewer.dims.displayed, self.viewer.scene.camera
        across = (self.mask_layer.data.shape[-1] - 1) * self._scale[2]
        center = list(camera.center)
        for place, axis in zip(range(-len(displayed), 0), displayed, strict=True):
            if axis == self.viewer.dims.ndim - 1:
                center[place] = across - center[place]
        camera.center = tuple(center)

    @property
    def point(self) -> tuple[int, int, int]:
        """The voxel (z, y, x) that all canvases show, and where the crosshair is."""
        place = [value / size for value, size in zip(self.viewer.dims.point[-3:], self._scale, strict=True)]
        voxel = self._view.voxel(place, self.mask.shape)
        z, y, x = (int(np.clip(round(at), 0, size - 1)) for at, size in zip(voxel, self.mask.shape, strict=True))
        return z, y, x

    @point.setter
    def point(self, voxel: Sequence[float]) -> None:
        place = self._view.place(voxel, self.mask.shape)
        last = self.viewer.dims.ndim
        values = [at * size for at, size in zip(place, self._scale, strict=True)]
        self.viewer.dims.set_point((last - 3, last - 2, last - 1), values)

    @property
    def _layers(self) -> list[Any]:
        return [*self.images, self.map_layer, self.mask_layer]

    @property
    def depth(self) -> int:
        """Number of slices."""
        return int(self.mask.shape[0])

    @property
    def slice_index(self) -> int:
        """Number of the slice shown, as in label tables."""
        place = self.viewer.dims.point[-3] / self._scale[0]  # other layers may have other slices: go by millimetres
        return int(np.clip(round(place), 0, self.depth - 1))

    def go_to(self, z: int) -> None:
        """Show slice ``z``."""
        self.viewer.dims.set_point(self.viewer.dims.ndim - 3, z * self._scale[0])

    def show_mask(self, mask: LabelMap, z: int | None = None, kept: Mapping[int, LabelMap] | None = None) -> None:
        """Show a mask, (Z, Y, X), or (Y, X) for slice ``z`` alone.

        Args:
            mask: what to show.
            z: its slice.
            kept: slice → (Y, X), shown there instead of ``mask``.
        """
        before = self._visible(self.mask)
        self.mask[slice(None) if z is None else z] = mask
        for number, part in (kept or {}).items():
            if z in {None, number}:
                self.mask[number] = part
        self._redraw(self.mask_layer, z, before, self.mask)

    def forget_strokes(self) -> None:
        """Empty the brush's undo history: what it holds no longer fits the mask. The mode stays as it is."""
        mode = self.mask_layer.mode
        self.mask_layer.editable = False
        self.mask_layer.editable = True
        self.mask_layer.mode = mode

    @property
    def stroking(self) -> bool:
        """Whether a stroke is being drawn that has changed something already."""
        return bool(self.mask_layer._staged_history)  # noqa: SLF001 (napari tells only of strokes that have ended)

    def end_stroke(self) -> None:
        """End a stroke that is still being drawn, as if the button had been let go."""
        self.mask_layer._commit_stroke()  # noqa: SLF001 (napari has no public name for it)
        for drag in tuple(self.mask_layer._mouse_drag_gen.values()):  # noqa: SLF001
            drag.close()

    def forget_napari_undo(self) -> None:
        """Empty napari's own undo, which knows of strokes alone."""
        self.mask_layer._undo_history.clear()  # noqa: SLF001 (napari has no public name for it)
        self.mask_layer._redo_history.clear()  # noqa: SLF001

    def shown(self, array: Array) -> Array:
        """Give (…, Y, X) in on-disk order the way the layers show it, without copying."""
        return self._view.apply(array)

    def redraw_mask(self, slices: Collection[int]) -> None:
        """Draw the mask anew after ``slices`` of it changed in place, if one of them can be seen."""
        if not self.flat or self.slice_index in slices:
            self.mask_layer.refresh(thumbnail=False, highlight=False, extent=False)
        self.redrawn.emit()

    def show_map(self, heat: FloatArray, z: int | None = None) -> None:
        """Show a map in [0, 1], (Z, Y, X), or (Y, X) for slice ``z`` alone."""
        before = self._visible(self.heat)
        self.heat[slice(None) if z is None else z] = heat
        self._redraw(self.map_layer, z, before, self.heat)

    def close(self) -> None:
        """Take the layers off the viewer."""
        self.viewer.dims.events.current_step.disconnect(self._on_step)
        self.mask_layer.events.paint.disconnect(self._on_paint)
        self.mask_layer.events.selected_label.disconnect(self._keep_label)
        self.viewer.scene.camera.orientation = self._orientation
        for layer in self._layers:
            if layer in self.viewer.layers:
                self.viewer.layers.remove(layer)

    @property
    def flat(self) -> bool:
        """Whether one slice is shown, as it was scanned: not the volume in 3D, and no cut across the slices."""
        dims = self.viewer.dims
        return set(dims.displayed) == {dims.ndim - 2, dims.ndim - 1}

    @property
    def question(self) -> int | None:
        """The slice that live tuning should answer first; None where all slices are seen at once."""
        return self.slice_index if self.flat else None

    def _visible(self, array: Array) -> Array | None:
        """Give a copy of what is seen of an array; None where more than a slice is."""
        return array[self.slice_index].copy() if self.flat else None

    def _redraw(self, layer: Any, z: int | None, before: Array | None, array: Array) -> None:  # noqa: ANN401
        """Draw a layer anew whose array changed in place, if the change can be seen. Extent and contrast stay.

        Where all slices are seen, a change of one is not drawn: drawing costs as much as for the volume, which follows.
        Drawing what did not change would cost more than comparing it.
        """
        unseen = z is not None if before is None else np.array_equal(before, array[self.slice_index])
        if not unseen:
            layer.refresh(thumbnail=False, highlight=False, extent=False)
        self.redrawn.emit()

    def _on_paint(self, event: Any) -> None:  # noqa: ANN401
        self.stroked.emit(event.value)

    def _keep_label(self) -> None:
        """Offer no label beyond the classes."""
        self.mask_layer.selected_label = min(self.mask_layer.selected_label, len(self.classes))

    def _on_step(self) -> None:
        if self._slice != self.slice_index:
            self._slice = self.slice_index
            self.slice_changed.emit(self._slice)
        self.moved.emit()


def _mask_colours(classes: int) -> DirectLabelColormap:
    """Give background no colour and every class its own."""
    colours: dict[int | None, Any] = {None: "#ffffff", 0: "transparent"}
    return DirectLabelColormap(
        color_dict=colours | {number + 1: COLOURS[number % len(COLOURS)] for number in range(classes)}
    )
