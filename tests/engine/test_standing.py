import json
import math

import pytest

from napari_wsss.engine.standing import Standing
from napari_wsss.errors import WsssError


def closed(monitor, *rows):
    standing = Standing()
    return standing, [standing.close_epoch({"epoch": 0.0, "loss": 1.0, **row}, monitor) for row in rows]


def test_lower_loss_is_better():
    standing, improved = closed("loss", {"loss": 3.0}, {"loss": 2.0}, {"loss": 2.0}, {"loss": 2.5})
    assert improved == [True, True, False, False]
    assert (standing.best, standing.best_epoch, standing.waited, standing.epoch) == (2.0, 2, 2, 4)


def test_higher_score_is_better():
    standing, improved = closed("auc", {"auc": 0.5}, {"auc": 0.7}, {"auc": 0.6})
    assert improved == [True, True, False]
    assert standing.best_epoch == 2


def test_validation_loss_goes_before_training_loss():
    standing, improved = closed("loss", {"val_loss": 1.0, "loss": 2.0}, {"val_loss": 1.5, "loss": 0.5})
    assert improved == [True, False]
    assert standing.best == 1.0


def test_undefined_scores_keep_the_newest_until_one_is_defined():
    standing, improved = closed("auc", {"auc": math.nan}, {"auc": math.nan}, {"auc": 0.1}, {"auc": math.nan})
    assert improved == [True, True, True, False]
    assert (standing.best, standing.best_epoch) == (0.1, 3)


def test_patience():
    standing = Standing(epoch=4, waited=2)
    assert standing.finished(epochs=10, patience=2)
    assert not standing.finished(epochs=10, patience=3)
    assert not standing.finished(epochs=10, patience=0)
    assert standing.finished(epochs=4, patience=0)


def test_unknown_monitor():
    with pytest.raises(WsssError, match=r"'dice'.*epoch, loss, auc"):
        closed("dice", {"auc": 0.3})


def test_json_round_trip():
    standing, _ = closed("auc", {"auc": math.nan, "seconds": 0.1 + 0.2})
    standing.loss_total = 1 / 3
    again = Standing.from_json(json.loads(json.dumps(standing.to_json())))
    assert repr(again) == repr(standing)
