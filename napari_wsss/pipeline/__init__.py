"""Recipes, their steps, keys and runs. Importing it imports no torch."""
