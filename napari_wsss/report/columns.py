"""How each figure is called and written in a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Column:
    """Heading of a column, the words of its tooltip, and how many digits follow the point."""

    label: str
    help: str = ""
    decimals: int = 3


COLUMNS: dict[str, Column] = {
    "mask": Column("Mask"),
    "class": Column("Class"),
    "case": Column("Case"),
    "patient": Column("Patient"),
    "pixel_accuracy": Column("PA", "Pixel accuracy: share of all voxels with the right label"),
    "mean_iou": Column("mIoU", "Mean over background and lesion classes of intersection over union, all voxels pooled"),
    "printed_dsc": Column(
        "AVG DSC", "2·mIoU/(1 + mIoU), as papers print it that average IoU over background and lesion: no mean of Dice"
    ),
    "dice": Column("Dice", "Foreground Dice with all voxels of a patient pooled; mean over patients with a lesion"),
    "dice_sd": Column("± SD", "Standard deviation of the per-patient Dice"),
    "iou": Column(
        "IoU", "Foreground intersection over union, a patient's voxels pooled; mean over patients with a lesion"
    ),
    "sensitivity": Column(
        "Sens. (TPR)", "Share of the lesion's voxels that were found; mean over patients with a lesion"
    ),
    "specificity": Column("Spec.", "Share of the other voxels left alone; mean over patients with a lesion"),
    "volume_difference": Column("RVD", "(Mask − reference) / reference: −1 nothing marked, 0 the right volume"),
    "absolute_volume_difference": Column("|RVD|", "|Mask − reference| / reference; mean over patients with a lesion"),
    "hausdorff": Column("HD mm", "Largest distance between the surfaces, in mm", 1),
    "hausdorff95": Column("HD95 mm", "95th percentile of the distance between the surfaces, in mm", 1),
    "surface_dice": Column("Surf. Dice", "Share of both surfaces that lies within the tolerance of the other"),
    "surface_undefined": Column("HD undef.", "Cases with a lesion where nothing was marked: left out of the distances"),
    "patients": Column("Patients", "Patients with a lesion in the reference"),
    "patients_without_lesion": Column("Lesion-free", "Patients without a lesion in the reference"),
    "false_alarms": Column("False alarms", "Lesion-free patients in whom something was marked"),
    "false_alarm_ml": Column("Marked ml", "Mean volume marked in lesion-free patients, in ml", 1),
    "dice_slice": Column("Dice / slice", "Mean Dice over all slices; 1 where mask and reference are both empty"),
    "slices": Column("Slices"),
    "dice_lesion_slice": Column("Dice / lesion slice", "Mean Dice over the slices with a lesion in the reference"),
    "lesion_slices": Column("Lesion slices"),
    "volume_ml": Column("Volume ml", "Volume of the mask in ml", 1),
    "reference_ml": Column("Reference ml", "Volume of the reference in ml", 1),
    "before": Column("Before", "Dice with the settings as they were"),
    "after": Column("After", "Dice with the settings found, on the masks they were chosen with"),
    "unseen": Column("Left out", "Dice with settings chosen the same way without any mask of this patient"),
    "fold": Column("Fold", "Number of the fold; then mean and standard deviation over the folds"),
    "variant": Column("Variant", "The whole recipe (full), or what was taken away from it"),
    "figure": Column("Figure", "What was compared, patient by patient"),
    "compared": Column("Patients", "Patients in whom both have the figure"),
    "first": Column("Full", "Mean with the whole recipe"),
    "second": Column("Variant's", "Mean with the variant"),
    "difference": Column("Difference", "Variant minus whole recipe"),
    "t": Column("t", "Statistic of the paired t-test", 2),
    "p": Column("p", "Two-tailed; not corrected for the number of tests", 4),
    "older": Column("Before", "Dice of the older model, all voxels of the patient pooled"),
    "newer": Column("Now", "Dice of the newer model, all voxels of the patient pooled"),
    "change": Column("Change", "Newer minus older"),
    "seen": Column("In training", "Which model was trained with this patient; its Dice there says little"),
    "whom": Column("Whom", "All patients, or those that neither model was trained with"),
    "low": Column("From", "Lower end of the 95 % interval of the change: patients drawn again and again (bootstrap)"),
    "high": Column("To", "Upper end of that interval"),
    "images": Column("Images", "Images whose label is known"),
    "positive": Column("Positive", "Images that show the class"),
    "auc": Column("AUC", "Area under the ROC curve; 0.5 is chance"),
    "lesion": Column("Lesion", "Connected parts from the largest on; all: the class as a whole"),
    "voxels": Column("Voxels"),
    "mm3": Column("mm³", "Volume in mm³", 1),
    "ml": Column("ml", "Volume in ml (1 ml = 1 cm³)"),
    "area_mm2": Column("Area mm²", "Area in the plane of the image", 1),
    "surface_mm2": Column("Surface mm²", "Area of the mesh half-way between voxels inside and outside", 1),
    "diameter_mm": Column("Diameter mm", "Largest distance between two points of the surface (Feret diameter)", 1),
    "centroid_r_mm": Column("R mm", "Centroid: mm to the patient's right in the scanner's coordinates", 1),
    "centroid_a_mm": Column("A mm", "Centroid: mm to the front in the scanner's coordinates", 1),
    "centroid_s_mm": Column("S mm", "Centroid: mm to the head in the scanner's coordinates", 1),
    "first_slice": Column("From slice"),
    "last_slice": Column("To slice"),
    "recipe": Column("Recipe"),
    "masks": Column("Masks", "What is scored; the ceiling is the segmenter taught by reference masks"),
    "group": Column("Whose", "Patients shown"),
    "shown": Column("Shown", "Patients of whom there is a mask"),
    "dice_median": Column("Median", "Median of the per-patient Dice"),
    "interval": Column("95 %", "Interval of the mean by the bootstrap over patients"),
    "hausdorff95_patients": Column("of", "Patients in whom HD95 is defined: both mask and reference mark something"),
    "lesion_sensitivity": Column("Lesions found", "Share of the lesions of all patients of which enough is marked"),
    "lesions": Column("of", "Lesions of all patients"),
    "false_lesions": Column("False lesions", "Marked parts a patient that touch no lesion", 2),
    "false_alarms_of": Column("False alarms", "Patients without a lesion in whom something is marked"),
    "own_text": Column("Authors' metric", "The figure that the recipe's publication prints"),
    "minutes": Column("min", "Minutes that a run took on this machine; of a person, as assumed below the table", 1),
    "marked_positive": Column("Marked, if lesion", "Share of the images labelled with a lesion with something marked"),
    "marked_negative": Column("Marked, if none", "Share of the images labelled without one with something marked"),
    "area": Column("Area %", "Percent of the image that is marked, where something is, in images with a lesion", 2),
    "own_mean": Column("Dice", "Mean Dice of the recipe over the patients compared"),
    "other_mean": Column("Other's", "Mean Dice of what it is held against"),
    "ratio": Column("Ratio", "Mean Dice of the segmenter / that of its ceiling"),
    "ratio_interval": Column("95 %", "Interval of the ratio by the bootstrap over patients"),
    "accuracy": Column("Accuracy", "Share of right answers at a probability of 0.5"),
}

MISSING = "–"


_OF_A_CHANNEL = {"mean": "Mean", "sd": "SD", "min": "Min", "max": "Max"}


def column(key: str) -> Column:
    """Give the column of ``key``; an unknown key is its own heading, "mean:T2" the mean of channel T2."""
    figure, colon, channel = key.partition(":")
    if colon and figure in _OF_A_CHANNEL:
        return Column(f"{_OF_A_CHANNEL[figure]} {channel}", f"Grey values of {channel} inside, as in the scan", 1)
    return COLUMNS.get(key) or Column(key.replace("_", " ").capitalize())


def cell(key: str, value: Any) -> str:  # noqa: ANN401 (any JSON value)
    """Write a value as a person reads it; a dash stands for undefined."""
    if value is None or value != value:  # noqa: PLR0124 (nan is the one value unlike itself)
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.{column(key).decimals}f}".replace("-", "−")
    if isinstance(value, int):
        return f"{value:,}".replace(",", " ")
    return str(value)
