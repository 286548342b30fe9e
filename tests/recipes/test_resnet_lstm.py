"""System 5 on a tiny cohort, from labels to prediction."""

from tiny import TINY


def test_it_runs_to_the_end_and_has_nothing_left_to_do(run_recipe):
    _, tables = run_recipe("resnet-lstm", TINY["resnet-lstm"])
    assert [row["mask"] for row in tables["masks"]] == ["Empty", "hot", "clusters", "prediction"]
    done, again = run_recipe("resnet-lstm", TINY["resnet-lstm"])
    assert not any(step.get("trained") or step.get("made") for step in done.values())
    assert again == tables
