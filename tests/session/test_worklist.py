"""The worklist of a small project: figures by hand, every order, what is read again and what is not."""

from types import SimpleNamespace

import nibabel as nib
import numpy as np
import pytest

from napari_wsss.data.cohort import scan_cohort
from napari_wsss.data.labels import LabelTable
from napari_wsss.errors import InputError
from napari_wsss.progress import Note, drain
from napari_wsss.session.case_figures import CaseFigures, EvidenceFigures, MaskFigures
from napari_wsss.session.worklist import Row, in_order, label_words, progress_words, worklist
from napari_wsss.store.project import Project

SHAPE = (4, 5, 6)
VOXEL_ML = 2.0 * 1.0 * 3.0 / 1000.0  # spacing (Z, Y, X) = (3, 1, 2) mm


def box(*slices):
    """A mask of 2 × 2 voxels in each of these slices."""
    mask = np.zeros(SHAPE, np.uint8)
    mask[list(slices), 1:3, 1:3] = 1
    return mask


def save(array, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(array.transpose(2, 1, 0), np.diag([-2.0, -1.0, 3.0, 1.0])), path)


class Source:
    """What figures are read from: a project whose evidence is made up."""

    def __init__(self, project):
        self.project = project
        self.made = {}
        self.runs = []
        self.start = "proposals"
        self.taught = {"a"}

    def proposal(self, case_id):
        return self.project.proposal("cut", case_id)

    def prediction(self, case_id):
        return self.project.prediction("net", case_id)

    def offers(self, case_id):
        there = self.start == "segmenter" and case_id in self.project.prediction_shelf("net")
        return "prediction" if there else "proposal"

    def offered_made(self, case_id):
        return self.project.prediction_provenance("net", case_id)

    def learnt_from(self):
        return self.taught

    def mask_paths(self, case_id):
        return [self.project.proposal_path("cut", case_id), self.project.prediction_path("net", case_id)]

    def evidence(self):
        return self.evidence_of

    def evidence_of(self, case_id):
        def maps():
            self.runs.append(case_id)
            return self.made[case_id]

        return SimpleNamespace(key=f"{case_id} 1" if case_id in self.made else "", maps=maps)


@pytest.fixture
def project(tmp_path):
    rng = np.random.default_rng(0)
    for name in "abcd":
        save(rng.uniform(0, 100, SHAPE).astype(np.float32), tmp_path / "scans" / f"{name}.nii.gz")
    save(box(0, 1), tmp_path / "masks" / "a.nii.gz")
    found = drain(scan_cohort(tmp_path / "scans", None, tmp_path / "masks"))
    labels = LabelTable.empty(["bleed"], {case.id: SHAPE[0] for case in found})
    with Project.create(tmp_path / "project", "P", found, labels) as made:
        yield made


@pytest.fixture
def source(project):
    return Source(project)


def test_figures_of_a_proposal_by_hand(project, source):
    project.write_proposal("cut", "a", box(1, 2), {"key": "k"})
    found = CaseFigures(source).masks("a")
    assert found.kind == "proposal"
    assert found.volume_ml == found.proposal_ml == pytest.approx(8 * VOXEL_ML)
    assert found.dice == pytest.approx(2 * 4 / (8 + 8))
    assert found.slices == pytest.approx(2 / 4)
    assert (found.gain, found.apart) == (None, None)
    assert CaseFigures(source).masks("b") == MaskFigures()


def test_the_accepted_mask_goes_before_the_proposal(project, source):
    project.write_proposal("cut", "a", box(1, 2), {"key": "k"})
    project.write_prediction("net", "a", box(2), {"key": "k"})
    project.accept("a", box(0, 1, 2), {})
    found = CaseFigures(source).masks("a")
    assert found.kind == "accepted"
    assert found.volume_ml == pytest.approx(12 * VOXEL_ML)
    assert found.dice == pytest.approx(2 * 8 / (12 + 8))
    assert found.gain == pytest.approx(1 - 2 * 8 / (8 + 12))
    assert found.apart == pytest.approx(1 - 2 * 4 / (8 + 4))


def test_slices_not_accepted_yet_show_the_proposal(project, source):
    project.write_proposal("cut", "a", box(1, 2), {"key": "k"})
    project.accept("a", box(0), {}, slices=[0, 1])
    kind, mask = CaseFigures(source).mask("a")
    assert kind == "accepted in part"
    np.testing.assert_array_equal(mask, box(0, 2))
    assert CaseFigures(source).masks("a").gain is None, "only whole masks teach what correcting is worth"


def test_evidence_is_computed_once_until_its_key_or_the_proposal_changes(project, source):
    project.write_proposal("cut", "a", box(1), {"key": "k"})
    source.made["a"] = [np.full((1, *SHAPE), 0.5, np.float32), np.full((1, *SHAPE), 0.25, np.float32)]
    figures = CaseFigures(source)
    found = figures.evidence("a")
    assert found.uncertainty == pytest.approx((1 + 0.811278) / 2, abs=1e-6)
    assert found.disagreement == pytest.approx(1 - 2 * 0.25 / 0.75)
    assert found.inside == pytest.approx(0.375)
    assert CaseFigures(source).evidence("a") == found
    assert source.runs == ["a"]
    project.write_proposal("cut", "a", box(1, 2), {"key": "k2"})
    figures.evidence("a")
    assert source.runs == ["a", "a"]
    assert figures.evidence("b") == EvidenceFigures()


def test_figures_follow_every_file_they_depend_on(project, source):
    figures = CaseFigures(source)
    assert figures.masks("a").kind is None
    project.write_proposal("cut", "a", box(1), {"key": "k"})
    assert figures.masks("a").kind == "proposal"
    project.accept("a", box(1), {})
    assert figures.masks("a").kind == "accepted"
    project.unaccept("a")
    assert figures.masks("a").kind == "proposal"


def test_a_damaged_mask_or_cache_is_no_end(project, source):
    project.write_proposal("cut", "a", box(1), {"key": "k"})
    figures = CaseFigures(source)
    figures.masks("a")
    (figures.folder / "a.json").write_text("{")
    assert figures.masks("a").kind == "proposal"
    project.proposal_path("cut", "a").write_bytes(b"no mask")
    assert figures.masks("a") == MaskFigures()


def test_nothing_is_kept_in_a_project_opened_for_reading(project, tmp_path):
    project.write_proposal("cut", "a", box(1), {"key": "k"})
    with Project.open(tmp_path / "project", read_only=True) as other:
        assert CaseFigures(Source(other)).masks("a").kind == "proposal"
        assert not CaseFigures(Source(other)).folder.exists()


def test_states_and_labels_in_words(project):
    project.labels.set("a", "bleed", 1)
    project.labels.set("b", "bleed", 0)
    assert [label_words(project.labels, name) for name in "abc"] == ["bleed", "no bleed", ""]
    assert progress_words(["accepted", "in progress", "rejected", "proposed"]) == (
        "1 of 4 accepted, 1 in progress, 1 rejected"
    )
    assert progress_words(["proposed"]) == "0 of 1 accepted"


def rows(**uncertainty):
    return [Row(name, evidence=EvidenceFigures(uncertainty=value)) for name, value in uncertainty.items()]


def ids(found):
    return "".join(row.case_id for row in found[0])


def test_the_most_uncertain_come_first_ties_and_unknown_by_the_list():
    found = in_order(rows(a=0.2, b=None, c=0.5, d=0.2, e=None), "uncertainty")
    assert (ids(found), found[1]) == ("cadbe", "")


def test_an_order_that_cannot_be_had_says_so():
    found = in_order(rows(a=None, b=None), "uncertainty")
    assert ids(found) == "ab"
    assert found[1].startswith("No case has activation maps yet")
    assert "maps of two models" in in_order(rows(a=0.1), "disagreement")[1]


def test_models_apart_or_proposal_and_segmenter():
    first = Row("a", masks=MaskFigures(apart=0.3))
    second = Row("b", masks=MaskFigures(apart=0.9), evidence=EvidenceFigures(disagreement=0.1))
    assert ids(in_order([second, first], "disagreement")) == "ab"


def test_the_random_order_is_the_same_for_the_same_seed_and_does_not_mind_new_cases():
    some = [Row(f"case{number}") for number in range(30)]
    one = [row.case_id for row in in_order(some, "random", 1)[0]]
    assert one == [row.case_id for row in in_order(some[::-1], "random", 1)[0]]
    assert one != [row.case_id for row in in_order(some, "random", 2)[0]]
    more = [row.case_id for row in in_order([*some, Row("new")], "random", 1)[0]]
    assert [name for name in more if name != "new"] == one


def test_the_worklist_falls_back_and_tells_why(project, source):
    for name, share in (("b", 0.5), ("c", 0.1)):
        source.made[name] = [np.full((1, *SHAPE), share, np.float32)]
    project.write_proposal("cut", "c", box(1), {"key": "k"})
    events = list(worklist(project, CaseFigures(source), "gain"))
    (told,) = [event.text for event in events if isinstance(event, Note)]
    assert "0 so far, at least 5 are needed. Until then: the most uncertain first." in told
    found = drain(worklist(project, CaseFigures(source), "uncertainty"))
    assert [row.case_id for row in found] == ["b", "c", "a", "d"]
    assert found[1].state == "proposed"
    assert [row.case_id for row in drain(worklist(project, CaseFigures(source)))] == list("abcd")


def test_an_unknown_order_is_refused_by_name(project, source):
    with pytest.raises(InputError, match=r"'uncertain' is no order of the worklist\..*uncertainty"):
        drain(worklist(project, CaseFigures(source), "uncertain"))
