import pytest

from studio.core.errors import InputError
from studio.storage.predictions import PREDICTIONS, Prediction, read_predictions, write_predictions


def test_predictions_come_back_equal(tmp_path):
    made = (
        Prediction("yes/a", 0, 16000, "yes", "yes", "no", (0.75, 0.25), (0.5, 0.5)),
        Prediction('odd "name"\n', 10, 20, "no", "no", "no"),
    )
    write_predictions(tmp_path, made)
    assert read_predictions(tmp_path) == made
    assert made[0].heard("float") == "yes" and made[0].heard("int8") == "no"
    assert made[0].scores("float") == (0.75, 0.25) and made[0].place == ("yes/a", 0, 16000)
    write_predictions(tmp_path, ())
    assert read_predictions(tmp_path) == ()


def test_predictions_that_are_missing_or_broken_name_the_file(tmp_path):
    with pytest.raises(InputError, match=PREDICTIONS):
        read_predictions(tmp_path)
    (tmp_path / PREDICTIONS).write_text('{"schema": 1, "clips": [{"recording": 3}]}')
    with pytest.raises(InputError, match=PREDICTIONS):
        read_predictions(tmp_path)
