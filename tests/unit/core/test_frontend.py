"""The front end's value: derived numbers, checks, and the join with the input's quantisation."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.errors import ParameterError
from studio.core.frontend import FrontEnd, check_frontend, feature_quantisation
from studio.core.network import Quantisation


def test_the_usual_front_end():
    fe = FrontEnd()
    check_frontend(fe)
    assert (fe.frames, fe.bins, fe.shape) == (49, 257, (49, 40, 1))


@given(st.integers(16, 512), st.integers(1, 600), st.integers(0, 20_000))
def test_frames_cover_only_whole_windows(window, hop, extra):
    fe = FrontEnd(window=window, hop=hop, clip_samples=window + extra)
    last = (fe.frames - 1) * hop + window
    assert last <= fe.clip_samples < last + hop


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", 2),
        ("sample_rate", 999),
        ("window", 513),
        ("window", 15),
        ("fft", 500),
        ("fft", 16_384),
        ("hop", 0),
        ("clip_samples", 479),
        ("clip_samples", 61 * 16_000),
        ("mels", 0),
        ("mels", 257),
        ("low_hz", -1.0),
        ("low_hz", 7600.0),
        ("high_hz", 8000.5),
        ("floor", 0.0),
        ("reference", -1.0),
        ("std_db", 0.0),
        ("mean_db", float("nan")),
        ("floor", float("nan")),
    ],
)
def test_the_field_that_makes_no_sense_is_named(field, value):
    with pytest.raises(ParameterError, match=field) as caught:
        check_frontend(msgspec.structs.replace(FrontEnd(), **{field: value}))
    assert caught.value.where == "frontend"
    assert caught.value.hint


def test_unknown_knobs_are_refused():
    with pytest.raises(msgspec.ValidationError, match="colour"):
        msgspec.convert({"colour": 1}, FrontEnd)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"kind": "mfcc"}, FrontEnd)


def test_a_project_that_names_no_arithmetic_keeps_float32():
    assert msgspec.convert({"mels": 20}, FrontEnd).arithmetic == "float32"
    assert msgspec.convert({"arithmetic": "fixed"}, FrontEnd).arithmetic == "fixed"
    with pytest.raises(msgspec.ValidationError, match="arithmetic"):
        msgspec.convert({"arithmetic": "float16"}, FrontEnd)


@given(
    st.floats(-120, 40),
    st.floats(0.001, 1),
    st.integers(-128, 127),
    st.sampled_from(["none", "fixed"]),
    st.floats(-80, 0),
    st.floats(1, 40),
)
def test_one_affine_step_does_both(db, scale, zero, normalisation, mean, deviation):
    fe = FrontEnd(normalisation=normalisation, mean_db=mean, std_db=deviation)
    joined = feature_quantisation(fe, Quantisation((scale,), (zero,)))
    feature = db if normalisation == "none" else (db - mean) / deviation
    assert db * joined.scale + joined.offset == pytest.approx(feature / scale + zero, rel=1e-9, abs=1e-6)
