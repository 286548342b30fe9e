"""A simulated cohort with real anatomy: FLAIR-like heads with lesions, labels and reference masks."""

from napari_wsss.data.simulated.cohort import DEMO_SHAPE, TINY_SHAPE, simulate_cohort

__all__ = ["DEMO_SHAPE", "TINY_SHAPE", "simulate_cohort"]
