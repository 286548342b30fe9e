"""Who judges a training: never those it learns from, and never silently nobody."""

import dataclasses

import numpy as np
import pytest

from napari_wsss.data.labels import LabelTable
from napari_wsss.files import write_yaml
from napari_wsss.models.card import CARD, DIGEST
from napari_wsss.pipeline.held_out import NOBODY, held_out
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.recipes import recipe_named

RECIPE = recipe_named("mixed-unet")
SHAPE = (4, 32, 40)


def full():
    return np.ones(SHAPE, np.uint8), np.ones(4, bool)


def propose(workspace, *case_ids):
    for case_id in case_ids:
        workspace.masks.write("crf", case_id, full()[0], {"key": "k"})


def accept(workspace, *case_ids):
    workspace.accepted.kept.update({case_id: full() for case_id in case_ids})


def write_card(workspace, folder, **card):
    write_yaml(workspace.models / folder / CARD, {DIGEST: "0", **card})


def ask(workspace, **knobs):
    recipe = RECIPE.with_knobs("segmenter", **knobs)
    return held_out(Job("segmenter", recipe, workspace, Keys(recipe, workspace)), recipe.step("segmenter"), "crf")


@pytest.fixture
def cohort(workspace):
    """Ten training cases of five patients, p0 … p4, and no validation patient."""
    template = workspace.cases["a"]
    cases = {
        f"{number}{eye}": dataclasses.replace(template, id=f"{number}{eye}", patient=f"p{number}", subset="train")
        for number in range(5)
        for eye in "lr"
    }
    labels = LabelTable.empty(("lesion",), dict.fromkeys(cases, 4))
    workspace.masks.cases = cases
    return dataclasses.replace(workspace, cases=cases, labels=labels)


def test_proposals_of_the_validation_patients_judge_where_nothing_is_accepted(workspace):
    propose(workspace, "a", "b", "c")
    who = ask(workspace)
    assert (who.train, who.val, who.against) == (("a", "b"), ("c",), "all")
    assert who.note.text == "1 patient validates, by proposals, since none of their masks is accepted."


def test_accepted_masks_of_the_validation_patients_come_first(workspace):
    propose(workspace, "a", "b", "c")
    accept(workspace, "c")
    who = ask(workspace)
    assert (who.val, who.against, who.note.text) == (("c",), "accepted", "1 patient validates, by accepted masks.")


def test_an_accepted_mask_without_lesion_cannot_judge(workspace):
    propose(workspace, "a", "b")
    workspace.accepted.kept["c"] = (np.zeros(SHAPE, np.uint8), np.ones(4, bool))
    who = ask(workspace)
    assert len(who.val) == 1
    assert who.val != ("c",)


def test_without_validation_patients_a_fifth_of_the_training_patients_is_held_out_and_named(cohort):
    propose(cohort, *cohort.cases)
    who = ask(cohort)
    (patient,) = {cohort.cases[case_id].patient for case_id in who.val}
    assert len(who.val) == 2, "both scans of the patient"
    assert sorted((*who.train, *who.val)) == sorted(cohort.cases)
    assert who.note.level == "warning"
    assert f"1 patient of the training patients ({patient}) validates instead" in who.note.text


def test_who_is_held_out_depends_on_the_seed_and_a_newcomer_changes_nobody_else(cohort):
    accept(cohort, *cohort.cases)
    patients = {seed: {case_id[0] for case_id in ask(cohort, seed=seed).val} for seed in range(8)}
    assert len(set(map(frozenset, patients.values()))) > 1
    assert patients == {seed: {case_id[0] for case_id in ask(cohort, seed=seed).val} for seed in range(8)}


def test_a_model_that_goes_on_is_judged_by_patients_the_one_before_did_not_learn_from(cohort):
    accept(cohort, *cohort.cases)
    judged = {case_id[0] for case_id in ask(cohort).val}
    known = [case_id for case_id in cohort.cases if case_id[0] in judged]
    write_card(cohort, "segmenter-1", learnt_from=known[:1], learnt_before=known[1:])
    others = ask(cohort, start="segmenter-1")
    assert len(others.val) == 2
    assert not judged & {case_id[0] for case_id in others.val}
    write_card(cohort, "segmenter-1", learnt_from=list(cohort.cases))
    nobody_else = ask(cohort, start="segmenter-1")
    assert {case_id[0] for case_id in nobody_else.val} == judged
    assert f"learnt from p{judged.pop()}: their score says little" in nobody_else.note.text


def test_few_accepted_patients_all_teach_and_proposals_judge(cohort):
    propose(cohort, *cohort.cases)
    accept(cohort, "0l", "1l")
    assert ask(cohort).against == "all"
    alone = ask(cohort, learn_from="accepted")
    assert alone.against == "accepted"
    assert len(alone.val) == 1
    assert alone.val[0] in {"0l", "1l"}


def test_one_patient_cannot_be_spared_and_that_is_said(cohort):
    accept(cohort, "0l", "0r")
    who = ask(cohort, learn_from="accepted")
    assert (who.val, who.note.level) == ((), "warning")
    assert who.note.text.startswith(f"Nothing validates this training: {NOBODY}")
