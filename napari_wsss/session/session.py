"""Session: the one way into a project, for the window, the command line and Python alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

from napari_wsss.data.volume import Volume
from napari_wsss.pipeline.cache import ArrayCache
from napari_wsss.pipeline.kept import KeptMasks
from napari_wsss.pipeline.runner import pinned_models
from napari_wsss.progress import Work
from napari_wsss.session.case_evidence import EvidenceSource
from napari_wsss.session.case_figures import CaseFigures
from napari_wsss.session.classify import askers
from napari_wsss.session.creation import create_project
from napari_wsss.session.editing import Editing
from napari_wsss.session.jobs import Worker
from napari_wsss.session.kept_masks import prediction_of
from napari_wsss.session.material import Material, material_of
from napari_wsss.session.outgoing import Outgoing
from napari_wsss.session.remote_crf import RemoteCrf, nvidia_driver
from napari_wsss.session.segmenter_choice import segmenter_of
from napari_wsss.session.tuner import Tuner
from napari_wsss.session.worklist import Order, Row, worklist
from napari_wsss.store.project import Project
from napari_wsss.types import LabelMap

if TYPE_CHECKING:
    from napari_wsss.pipeline.learning import SegmenterStep


class Session(Editing, Outgoing):
    """An open project, the recipe in use, and the worker process that does the long work.

    Attributes:
        project: the folder: cases, labels, masks.
        worker: the process that has torch; started at the first long work.
    """

    def __init__(self, project: Project, worker: Worker | None = None) -> None:
        super().__init__(project, worker)
        live = KeptMasks(project.cache_folder / "live", writable=not project.read_only)
        self._cache = ArrayCache(kept=live)
        self._gpu = RemoteCrf(self.worker) if nvidia_driver() else None

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        images: Path | None = None,
        channels: Mapping[str, Path] | None = None,
        labels: Path | None = None,
        split: Path | None = None,
        reference: Path | None = None,
        patient_regex: str | None = None,
        classes: Sequence[str] | None = None,
        name: str | None = None,
    ) -> Work[Session]:
        """Make a project folder from scans and, where there is one, a table of image-level labels.

        Args:
            folder: the new project folder.
            images: folder of scans with one channel (or colour) each. Give this or ``channels``.
            channels: channel name → folder of its scans.
            labels: CSV ``image[,slice],<class>…``; without it all labels start unknown.
            split: CSV ``image,split``; without it patients are drawn 60/20/20.
            reference: folder of expert masks, for scoring only.
            patient_regex: finds the patient in a file name (first group, or the whole match).
            classes: columns of the table to take (all when None); without a table the class names ("lesion").
            name: of the project; the folder's name unless given.

        Raises:
            InputError: both or neither of ``images`` and ``channels``; any fault of scans, table or split, all
                faults of one kind together.
            ProjectError: the folder cannot be written or already holds a project.
        """
        project = yield from create_project(
            Path(folder),
            images=images,
            channels=channels,
            labels=None if labels is None else Path(labels),
            split=split,
            reference=reference,
            patient_regex=patient_regex,
            classes=classes,
            name=name,
        )
        return cls._of(project)

    @classmethod
    def open(cls, folder: Path, *, read_only: bool = False) -> Self:
        """Open a project folder. A second opener of the same project gets it read-only.

        Settings stored by an earlier version that no longer fit are left out; :attr:`notes` says which.

        Raises:
            ProjectError: no project there, or one of a newer version, or a damaged one.
            RecipeError: the project's recipe is unknown, or its file is damaged.
        """
        return cls._of(Project.open(Path(folder), read_only=read_only))

    @classmethod
    def _of(cls, project: Project) -> Self:
        """Give a session; where that fails the project is left free."""
        try:
            return cls(project)
        except BaseException:
            project.close()
            raise

    def close(self) -> None:
        """End the worker and give the project free."""
        if self._gpu is not None:
            self._gpu.close()
        self.worker.stop()
        self.project.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def load(self, case_id: str) -> Volume:
        """Read a case's scan. Raises InputError when the file is gone or unreadable."""
        return self.project.load(case_id)

    def worklist(self, order: Order = "list", seed: int = 0) -> Work[list[Row]]:
        """Give all cases with state, labels and figures, in the order in which to work through them.

        Figures are kept under ``cache/worklist`` and computed anew only where something they depend on has changed.

        Args:
            order: "list"; "uncertainty" (mean entropy of the evidence), "disagreement" (between models) or "gain"
                (expected 1 − Dice of the proposal, learnt from accepted cases), the largest first; "random".
            seed: of the random order.

        Raises:
            InputError: no such order.
        """
        return (yield from worklist(self.project, CaseFigures(self), order, seed))

    def material(self) -> Material:
        """Say what the segmenter would learn from if it were trained now, and what is missing.

        Raises:
            RecipeError: the recipe trains no segmenter.
        """
        name = segmenter_of(self.recipe)
        step = cast("SegmenterStep", self.recipe.step(name))
        return material_of(self.recipe, self.workspace, name, step)

    def mask_paths(self, case_id: str) -> list[Path]:
        """Give the files of a case's proposal and prediction, whether they are there or not."""
        models = self.recipe.giving("prediction")[-1:]
        proposal = self.project.proposal_path(self._kind(self.recipe.proposal, case_id), case_id)
        return [proposal, *(self.project.prediction_path(model, case_id) for model in models)]

    def evidence(self) -> EvidenceSource:
        """Give what tells the soft maps behind the proposals, with recipe, models and settings as they are now."""
        return EvidenceSource(self.recipe, self.workspace)

    def tuner(self, case_id: str) -> Tuner:
        """Give the live path of one case, with its own settings."""
        self.project.case(case_id)
        workspace = self.workspace
        ask = askers(self.worker, self.project.folder, self.recipe, pinned_models(self.recipe, workspace), case_id)
        return Tuner(self.recipe, workspace, case_id, self._cache, ask, accelerator=self._gpu)

    def proposal(self, case_id: str) -> LabelMap | None:
        """Give the proposal kept for a case, or None."""
        return self.project.proposal(self._kind(self.recipe.proposal, case_id), case_id)

    def prediction(self, case_id: str) -> LabelMap | None:
        """Give the segmenter's mask of a case, or None."""
        return prediction_of(self.project, self.recipe, case_id)

    def label(self, case_id: str, cls: str, value: int, slices: Sequence[int] | None = None) -> None:
        """Set an image-level label (1, 0, or -1 for unknown) of slices, or of the whole scan, and save the table."""
        self.project.check_writable()
        self.project.labels.set(case_id, cls, value, slices)
        self.project.save_labels()
