"""Masks and figures out of a project, in formats others read; what is written fits the scan."""
