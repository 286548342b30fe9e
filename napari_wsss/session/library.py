"""The model library of a project: which models there are, which one is in use, how two of them compare."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from napari_wsss.errors import ModelError, ProjectError
from napari_wsss.files import write_yaml
from napari_wsss.pipeline.workspace import ModelShelf
from napari_wsss.progress import Work
from napari_wsss.session.kept_predictions import Brought, bring_predictions
from napari_wsss.session.long_work import LongWork
from napari_wsss.session.model_entry import NAMES, ModelEntry, find_model, given_names, model_entries
from napari_wsss.session.model_import import import_model

__all__ = ["Library", "ModelEntry"]


class Library(LongWork):
    """The part of a :class:`~napari_wsss.session.Session` that keeps trained models.

    A model is named by what it is called, by its folder, or by the beginning of that.
    """

    def models(self) -> list[ModelEntry]:
        """Give the complete models of this project, the last made first."""
        return model_entries(self.project)

    def model(self, name: str) -> ModelEntry:
        """Give a model. Raises ModelError where there is none of this name, or several."""
        return find_model(self.models(), name)

    def segmenter(self) -> ModelEntry | None:
        """Give the segmenter in use, or None."""
        return next((entry for entry in self.models() if entry.segments and entry.current), None)

    def model_before(self) -> ModelEntry | None:
        """Give the segmenter that was in use before the present one, if it is still there."""
        present, shelf = self.segmenter(), ModelShelf(self.project.models_folder)
        key = shelf.before(present.step) if present is not None else None
        return next(
            (entry for entry in self.models() if present and (entry.step, entry.key) == (present.step, key)), None
        )

    def use_model(self, name: str) -> Brought | None:
        """Put a model to use for its step. The masks that a segmenter made are kept with it and come back with it.

        Returns:
            How many scans have its mask again; None for a model that outlines nothing.

        Raises:
            ModelError: as :meth:`model`.
            ProjectError: the project cannot be written, or a run is under way.
        """
        self.project.check_writable()
        self.check_no_run()
        entry, brought = self.model(name), None
        ModelShelf(self.project.models_folder).use(entry.step, entry.key)
        if entry.segments:
            for kind in self.recipe.giving("prediction"):
                brought = bring_predictions(self.project, kind, entry.folder)
        return brought

    def rename_model(self, name: str, new: str) -> None:
        """Give a model another name; an empty one gives it back the name it had at first.

        Raises:
            ModelError: as :meth:`model`, or another model bears the name.
            ProjectError: the project cannot be written.
        """
        self.project.check_writable()
        entry, new = self.model(name), " ".join(new.split())
        if any(other.name == new for other in self.models() if other.folder != entry.folder):
            raise ModelError(f"another model is called '{new}' already. Choose another name.")
        self._write_names(given_names(self.project) | {entry.folder.name: new})

    def remove_model(self, name: str) -> None:
        """Delete a model, the masks it made and its name, for good.

        Raises:
            ModelError: as :meth:`model`, or the model is in use.
            ProjectError: the project cannot be written, or a run is under way.
        """
        self.project.check_writable()
        self.check_no_run()
        entry = self.model(name)
        if entry.current:
            raise ModelError(f"'{entry.name}' is the model in use. Put another one to use first.")
        aside = entry.folder.with_name(f".removed-{entry.folder.name}")
        try:
            entry.folder.rename(aside)  # at once it is no model any more, even if deleting is interrupted
            shutil.rmtree(aside)
        except OSError as error:
            raise ProjectError(f"{entry.folder}: cannot be removed ({error.strerror or error}).") from error
        self._write_names(
            {folder: called for folder, called in given_names(self.project).items() if folder != entry.folder.name}
        )

    def compare_models(self, first: str, second: str, *, device: str = "auto") -> Work[dict[str, Any]]:
        """Compare two segmenters on the accepted masks, patient by patient.

        Masks that a model has not made yet are made; they are kept with it. Tables and plot are kept in the project's
        ``metrics`` folder.

        Args:
            first: a model, the older one for instance.
            second: another one.
            device: "auto", "cpu", "cuda" or "mps".

        Returns:
            What :func:`~napari_wsss.session.comparing.compare` describes.

        Raises:
            ModelError: as :meth:`model`, or one of them is no segmenter.
            InputError: no mask is accepted yet.
            ProjectError: the project cannot be written.
        """
        self.project.check_writable()
        folders = [self.model(name).folder.name for name in (first, second)]
        result: dict[str, Any] = yield from self._ask("compare-models", models=folders, device=device)
        return result

    def export_model(self, name: str, target: Path, *, format: str = "onnx") -> Work[Path]:
        """Write a segmenter for others, with a model card and without any name of a patient.

        Args:
            name: the model.
            target: the new folder, or a file that ends in ``.zip``.
            format: "onnx", "torch-export", "torchscript" or "weights".

        Raises:
            InputError: no such format, or ``target`` is there already.
            ModelError: as :meth:`model`, no segmenter, or one that cannot be written in this format.
            ProjectError: ``target`` cannot be written.
        """
        model, place = self.model(name).folder.name, str(Path(target).absolute())
        return Path((yield from self._ask("export-model", model=model, target=place, format=format)))

    def import_model(self, path: Path) -> ModelEntry:
        """Take over a model that was exported elsewhere, a folder or a ZIP file; it is not put to use by it.

        Scans are prepared for it as it was trained, whatever the recipe says.

        Raises:
            ModelError: no complete segmenter, or one for other classes or channels.
            InputError: the recipe trains no segmenter.
            ProjectError: the project cannot be written.
        """
        return self.model(import_model(self.project, self.recipe, Path(path)))

    def _write_names(self, names: dict[str, str]) -> None:
        write_yaml(self.project.models_folder / NAMES, {folder: called for folder, called in names.items() if called})
