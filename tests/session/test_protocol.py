"""Messages between window and worker process."""

from pathlib import Path

import numpy as np
import pytest

from napari_wsss.errors import Cancelled, FaultsError, JobError, ModelError, WsssError
from napari_wsss.session.protocol import decode, encode, error_from_json, error_to_json


def test_a_message_is_one_line():
    message = {
        "call": 1,
        "result": {"path": Path("a") / "b", "dice": np.float32(0.5), "n": np.int64(3), "text": "a\nb"},
    }
    line = encode(message)
    assert line.count("\n") == 1
    assert line.endswith("\n")
    assert decode(line) == {"call": 1, "result": {"path": "a/b", "dice": 0.5, "n": 3, "text": "a\nb"}}


def test_what_has_no_json_form_is_refused():
    with pytest.raises(TypeError, match="ndarray has no JSON form"):
        encode({"result": np.zeros(3)})


@pytest.mark.parametrize("error", [WsssError("w"), ModelError("cut in half"), Cancelled("stopped")])
def test_own_errors_keep_class_and_text(error):
    rebuilt = error_from_json(decode(encode(error_to_json(error, "maps"))))
    assert type(rebuilt) is type(error)
    assert str(rebuilt) == str(error)


def test_faults_keep_their_list():
    rebuilt = error_from_json(decode(encode(error_to_json(FaultsError("scans", ["a", "b"]), "init"))))
    assert rebuilt.faults == ("a", "b")
    assert str(rebuilt) == str(FaultsError("scans", ["a", "b"]))


def test_an_error_class_of_elsewhere_is_still_an_error_of_ours():
    class OwnError(WsssError):
        pass

    rebuilt = error_from_json(error_to_json(OwnError("text"), "maps"))
    assert type(rebuilt) is WsssError
    assert str(rebuilt) == "text"


def test_foreign_errors_become_job_errors_of_one_line():
    rebuilt = error_from_json(error_to_json(ValueError("first\nsecond"), "maps"))
    assert type(rebuilt) is JobError
    assert str(rebuilt) == (
        "maps: failed unexpectedly with ValueError: first second. What was finished before is kept."
    )
    assert "ValueError" in rebuilt.__notes__[0]


def test_memory_error_says_what_to_lower():
    assert "Lower batch_size" in error_to_json(MemoryError(), "fit")["text"]
