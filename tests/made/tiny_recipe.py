"""Settings with which a recipe of system 1 runs in seconds."""

TINY = [
    "slices.size=32",
    "classifier.backbone=resnet18",
    "classifier.weights=random",
    "classifier.epochs=1",
    "maps.scales=[1.0, 2.0]",
    "refined-map.scales=[1.0, 2.0]",
    "segmenter.width=4",
    "segmenter.epochs=1",
]
