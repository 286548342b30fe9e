"""The error tree: exit codes that mean something, faults told together."""

import pytest

from napari_wsss import errors
from napari_wsss.errors import FaultsError, InputError, WsssError


def test_exit_codes():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, WsssError)]
    codes = {kind.__name__: kind.exit_code for kind in kinds}
    assert codes == {
        "WsssError": 1,
        "InputError": 3,
        "FaultsError": 3,
        "RecipeError": 4,
        "ProjectError": 5,
        "ModelError": 6,
        "OutOfMemory": 8,
        "JobError": 7,
        "Cancelled": 130,
    }


def test_faults_are_listed_one_a_line():
    with pytest.raises(InputError) as caught:
        raise FaultsError("labels.csv", ["row 2: x", "row 3: y"])
    assert str(caught.value) == "labels.csv: 2 faults\n  - row 2: x\n  - row 3: y"
    assert caught.value.faults == ("row 2: x", "row 3: y")


def test_one_fault_is_singular():
    assert str(FaultsError("scans", ["a.nii: truncated"])).startswith("scans: 1 fault\n")
