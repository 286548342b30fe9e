"""System 2: attentional 3-D CAM, voxel representation learning.

Wu et al., "Weakly Supervised Brain Lesion Segmentation via Attentional Representation Learning".
"""

from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.steps import (
    AffinityMaps,
    FuseMaps,
    PredictVolumes,
    PrepareVolumes,
    ThresholdMaps,
    TrainEmbedding,
    TrainVolumeClassifier,
    TrainVolumeSegmenter,
    VolumeMaps,
)
from napari_wsss.recipes.filters import filters_after

_ADAM = {"optimizer": "adam", "learning_rate": 1e-3, "schedule": "constant", "weight_decay": 0.0}
_MIRRORED = {"flip_probability": 0.5, "rotation_probability": 0.0, "noise_probability": 0.0}
_WHOLE = {"scales": (1.0,), "scope_of_range": "volume", "gate": "volume"}

ATTENTIONAL_CAM = Recipe(
    name="attentional-cam",
    title="Attentional 3-D CAM, voxel representation",
    source=(
        "Wu et al., attentional representation learning. Volume-level labels only. Where all volumes have a lesion, "
        "blocks of planes cut from the volumes take their place, labelled by the slices in them. Open there and chosen "
        "here: the box of 96 voxels, levels and width of the network, group norm, the average of the attentional map "
        "as the score, negative values of a map count as none, ACAM masks from 0.1 on (the bound of its lesion seeds), "
        "batches, epochs, mirroring, 2/(1 + exp(d²)) as affinity and its limit, number of seeds, overlap of candidates."
    ),
    steps={
        "volumes": PrepareVolumes(grid="fit", shape=(96, 96, 96)),
        "classifier": TrainVolumeClassifier(
            volumes="volumes", pooling="attention", width=32, epochs=100, batch_size=8, **_ADAM, **_MIRRORED
        ),
        "maps": VolumeMaps(classifier="classifier", volumes="volumes"),
        "acam-map": FuseMaps(maps="maps", **_WHOLE),
        "acam": ThresholdMaps(evidence="acam-map", value=0.1),
        "voxels": PrepareVolumes(grid="scan"),
        "embedding": TrainEmbedding(
            maps="maps",
            volumes="voxels",
            foreground=0.1,
            background=0.01,
            width=32,
            patch=(96, 96, 96),
            epochs=100,
            batch_size=4,
            accumulate=4,
            **_ADAM,
            **_MIRRORED,
        ),
        "affinity": AffinityMaps(embedding="embedding", maps="maps", volumes="voxels"),
        "affinity-map": FuseMaps(maps="affinity", **_WHOLE),
        "representation": ThresholdMaps(evidence="affinity-map", value=0.7),
        **filters_after("representation", evidence="affinity-map", classifier=""),
        "segmenter": TrainVolumeSegmenter(
            volumes="voxels",
            targets="acam",
            patch=(96, 96, 96),
            epochs=100,
            batch_size=4,
            accumulate=4,
            **_ADAM,
            **_MIRRORED,
        ),
        "prediction": PredictVolumes(segmenter="segmenter", volumes="voxels"),
    },
    proposal="margin",
    rows=("acam", "representation", "prediction"),
    own_metric="dice",
    small=(
        "volumes.grid=fill",
        "volumes.shape=[64,64,64]",
        "classifier.width=8",
        "classifier.stride=4",
        "classifier.block_depth=16",
        "classifier.epochs=20",
        "classifier.batch_size=4",
        "acam.value=0.5",
        "voxels.grid=fill",
        "voxels.shape=[32,96,96]",
        "embedding.foreground=0.5",
        "embedding.width=8",
        "embedding.patch=[32,64,64]",
        "embedding.patches=2",
        "embedding.epochs=4",
        "embedding.learning_rate=0.01",
        "embedding.accumulate=1",
        "segmenter.width=8",
        "segmenter.patch=[32,64,64]",
        "segmenter.patches=2",
        "segmenter.epochs=5",
        "segmenter.accumulate=1",
    ),
    ablations={
        "cam-gap": ("classifier.pooling=average",),
        "cam-gmp": ("classifier.pooling=max",),
        "without-representation": ("clusters.mask=acam",),
    },
)
