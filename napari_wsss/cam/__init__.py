"""Activation maps: where a classifier saw each class. Importing this package alone costs no torch."""
