"""The whole Free Spoken Digit Dataset: its official split, and each speaker held out in turn."""

import pytest

from tests.helpers.digits import train_digits

SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(3600)]


def test_official_split(data_folder, tmp_path):
    result = train_digits(data_folder / "fsdd" / "recordings", tmp_path / "digits", "test:index=0-4")
    print(f"\nofficial split: float {result['float_accuracy']:.4f}, int8 {result['int8_accuracy']:.4f}, {result['seconds']:.0f} s")
    assert result["test_clips"] == 300
    assert result["int8_accuracy"] >= 0.95
    assert abs(result["float_accuracy"] - result["int8_accuracy"]) <= 0.01


def test_each_speaker_held_out(data_folder, tmp_path):
    recordings = data_folder / "fsdd" / "recordings"
    found = {s: train_digits(recordings, tmp_path / s, f"test:speaker={s}")["int8_accuracy"] for s in SPEAKERS}
    mean, worst = sum(found.values()) / len(found), min(found, key=found.get)
    each = ", ".join(f"{s} {a:.3f}" for s, a in found.items())
    print(f"\nleave one speaker out, int8: mean {mean:.4f}, worst {found[worst]:.4f} ({worst}); {each}")
    assert mean >= 0.75
    assert found[worst] >= 0.55
