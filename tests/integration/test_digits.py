"""Training on real recordings: a fifth of the Free Spoken Digit Dataset, judged on the official test clips."""

import shutil

from tests.helpers.digits import train_digits


def test_a_fifth_of_the_digits_is_learnt(data_folder, tmp_path, monkeypatch):
    """Ten of each speaker's fifty recordings to train with; the official test clips."""
    monkeypatch.setenv("OTOLITH_CACHE", str(tmp_path / "cache"))
    chosen = tmp_path / "recordings"
    chosen.mkdir()
    for path in (data_folder / "fsdd" / "recordings").glob("*.wav"):
        if int(path.stem.rpartition("_")[2]) < 15:
            shutil.copy(path, chosen)
    result = train_digits(chosen, tmp_path / "digits", "test:index=0-4")
    assert result["test_clips"] == 300
    assert result["int8_accuracy"] >= 0.93
    assert abs(result["float_accuracy"] - result["int8_accuracy"]) <= 0.01
