"""A scan whose file name and header name the patient."""

import pytest
from leaving import cases_in, write_scan


@pytest.fixture
def case(tmp_path):
    write_scan(tmp_path / "in" / "Miller.nii.gz")
    (made,) = cases_in(tmp_path / "in")
    return made
