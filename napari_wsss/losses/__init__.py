"""Losses, one idea a file. Importing this package imports no torch; the modules in it do."""
