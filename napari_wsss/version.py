"""The version of this package, apart from the package root so that every layer may ask for it."""

__version__ = "0.1.0"
