"""Benchmark: recipes on the same patients, in one table."""
