"""A session that only remembers what the command line asked of it."""

from types import SimpleNamespace

import numpy as np
import pytest

from napari_wsss.progress import Note, Progress
from napari_wsss.session.segmenter_choice import SegmenterChoice


class FakeSession:
    """Stands in for Session; ``calls`` lists (method, arguments)."""

    calls: list
    settings: dict
    notes: tuple = ()
    failure: BaseException | None
    table: dict
    outcome: dict
    studies: dict

    def __init__(self, folder):
        cases = {
            name: SimpleNamespace(id=name, patient=f"patient-{name[0]}", subset=subset, channel_names=("T2", "FLAIR"))
            for name, subset in (("a1", "train"), ("a2", "train"), ("b1", "val"))
        }
        labels = SimpleNamespace(classes=("lesion", "edema"))
        self.project = SimpleNamespace(folder=folder, cases=cases, labels=labels, settings=self.settings)
        self.project.case = cases.__getitem__
        self.project.pseudonym = {"a1": "S001-1", "a2": "S001-2", "b1": "S002-1"}.get

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.calls.append(("close",))

    def note(self, *call):
        self.calls.append(call)
        yield Progress("work", 1, 2, values={"loss": 0.25})
        yield Note("a choice was made")
        if self.failure is not None:
            raise self.failure
        yield Progress("work", 2, 2)

    @classmethod
    def create(cls, folder, **arguments):
        session = cls(folder)
        yield from session.note("create", folder, arguments)
        return session

    @classmethod
    def open(cls, folder):
        cls.calls.append(("open", folder))
        return cls(folder)

    def use(self, recipe=None, overrides=(), device="auto", *, keep=True):
        yield from self.note("use", recipe, list(overrides), device, keep)
        return []

    def estimate(self, stages=None, *, device="auto"):
        yield from self.note("estimate", stages, device)
        rows = [("maps", "maps", "missing", 3, 90.0), ("propose", "crf", "valid", 0, None)]
        return [Planned(*row) for row in rows]

    def run(self, stages=None, *, device="auto", cases=None, workers=1, cluster=None, earlier=True):
        assert not earlier, "a terminal is told what happens now"
        self.calls.append(("hands", workers, cluster))
        yield from self.note("run", stages, device, cases)
        return {"done": ["maps"]}

    def write_job(self, stages=None, *, device="auto", **_):
        yield from self.note("write job", stages, device)
        return SimpleNamespace(folder=self.project.folder / "runs" / "0001-train")

    def choice(self):
        return SegmenterChoice(quality="thorough", fine_tune=True)

    def choose(self, choice):
        self.calls.append(("choose", choice))

    def evaluate(self, subsets):
        yield from self.note("evaluate", subsets)
        return {
            "classifier": [{"class": "lesion", "auc": 0.75}],
            "masks": [{"mask": "crf", "dice": 0.5}, {"mask": "origin", "dice": None}],
        }

    def worklist(self, order, seed):
        from napari_wsss.session.case_figures import EvidenceFigures, MaskFigures
        from napari_wsss.session.worklist import Row

        yield from self.note("worklist", order, seed)
        masks = MaskFigures("accepted", 12.34, 0.5)
        first = Row("a1", "train", "accepted", "lesion", masks, EvidenceFigures(0.02), 0.1)
        return [first, Row("b1", "val", "in progress")]

    def report(self):
        yield from self.note("report")
        return self.project.folder / "report.html"

    def search_thresholds(self, masks, at, step):
        yield from self.note("search", masks, at, step)
        return self.table

    def calibrate(self, masks, knobs, *, minutes):
        yield from self.note("calibrate", masks, knobs, minutes)
        return self.outcome

    def cross_validate(self, folds, *, subsets, device):
        yield from self.note("cross-validate", folds, subsets, device)
        return self.studies

    def ablate(self, variants, *, subsets, device):
        yield from self.note("ablate", variants, subsets, device)
        return self.studies

    def apply(self, setting):
        self.calls.append(("apply", setting))

    def label(self, *arguments):
        self.calls.append(("label", *arguments))

    def offered(self, case):
        return None if case == "b1" else np.ones((1, 2, 2), dtype=np.uint8)

    def accept(self, case, mask, *, edited):
        self.calls.append(("accept", case, int(mask.sum()), edited))

    def export(self, folder, **wanted):
        yield from self.note("export", folder, wanted)
        return [folder / "S001-1.nii.gz"]

    def statistics(self, **wanted):
        yield from self.note("statistics", wanted)
        return [{"case": "S001-1", "class": "lesion", "lesion": "all", "voxels": 1234, "ml": 1.234567, "mean:T2": 3.5}]

    def report_accepted(self, path, **wanted):
        yield from self.note("report accepted", path, wanted)
        return path or self.project.folder / "accepted.html"

    def write_key(self):
        return self.project.folder / "pseudonyms.csv"


class Planned(SimpleNamespace):
    """A step of a plan."""

    def __init__(self, stage, step, state, units, seconds):
        super().__init__(stage=stage, step=step, state=state, units=units, seconds=seconds)

    def to_json(self):
        return dict(vars(self))


@pytest.fixture
def session(monkeypatch):
    """Put the fake in the place of Session and give its class."""
    fake = type("Fake", (FakeSession,), {"calls": [], "settings": {}, "failure": None})
    monkeypatch.setattr("napari_wsss.session.Session", fake)
    return fake
