"""Grids that a scan may have: along the body axes in several orders, and oblique."""

import numpy as np


def _oblique():
    tilt, turn = np.radians(17), np.radians(-9)
    about_x = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    about_z = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = about_x @ about_z @ np.diag([-0.9, 1.1, 4.0])
    affine[:3, 3] = 12.3, -45.6, 7.89
    return affine


AFFINES = {
    "RAS": np.array([[0.9, 0, 0, -90], [0, 1.1, 0, -126], [0, 0, 4, -72], [0, 0, 0, 1]]),
    "LAS": np.array([[-0.9, 0, 0, 90], [0, 1.1, 0, -126], [0, 0, 4, -72], [0, 0, 0, 1]]),
    "PSR": np.array([[0, 0, 4.0, -3], [-0.9, 0, 0, 5], [0, 1.1, 0, 8], [0, 0, 0, 1]]),
    "oblique": _oblique(),
}
