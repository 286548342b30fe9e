"""From maps to masks. Importing this package costs neither torch nor numba."""
