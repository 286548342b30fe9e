"""System 4 on a tiny cohort, from labels to masks."""

from tiny import TINY


def test_it_runs_to_the_end_and_has_nothing_left_to_do(run_recipe):
    _, tables = run_recipe("tied-deconvolution", TINY["tied-deconvolution"])
    rows = ["Empty", "baseline-mask", "stage-1-mask", "stage-2-mask", "stage-3-mask", "prediction"]
    assert [row["mask"] for row in tables["masks"]] == rows
    done, again = run_recipe("tied-deconvolution", TINY["tied-deconvolution"])
    assert not any(step.get("trained") or step.get("made") for step in done.values())
    assert again == tables
