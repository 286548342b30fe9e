"""The project folder: manifest, labels, masks, provenance, lock."""
