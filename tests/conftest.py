"""What every test gets: no window from matplotlib, no touch on the person's own files, shared scans where there are,
the same random weights whatever ran before it in the same process.

And one thread for torch, in the processes that tests start as well: tiny networks on several threads mostly wait for
one another, above all on a busy machine. OMP_NUM_THREADS says otherwise.
"""

import os
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "made"))  # made-up inputs that several folders of tests share
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch is imported
# napari reads its settings when it is imported, before any fixture
os.environ["NAPARI_CONFIG"] = str(Path(tempfile.mkdtemp(prefix="napari-wsss-tests-")) / "settings.yaml")


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory):
    """Settings and sample data go to a temporary folder; caches stay where they are, for speed."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
            patch.setenv(name, str(home / name.lower()))
        yield


@pytest.fixture(autouse=True)
def _same_weights_each_time():
    import torch

    torch.manual_seed(0)


@pytest.fixture
def shared():
    """Folder of shared real scans beside the checkout; the test is skipped where there is none."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared scans are not beside this checkout")
    return folder
