"""Masks out of a project, in formats others read."""
