from hypothesis import given
from hypothesis import strategies as st

from studio.core import errors
from studio.jobs import Done, Failed, Log, Progress
from studio.jobs.context import StepContext
from studio.jobs.events import decode_event, encode_event, failure, to_error

text = st.text(max_size=20)


@given(
    st.one_of(
        st.builds(Failed, text, text, text, text, st.integers(0, 9), text), st.builds(Log, text), st.builds(Progress, st.floats(0, 1), text)
    )
)
def test_round_trip_is_one_line(event):
    line = encode_event(event)
    assert line.count(b"\n") == 1 and decode_event(line) == event


@given(st.binary(max_size=30))
def test_noise_is_a_log_line(noise):
    assert isinstance(decode_event(noise), Log)


def test_every_error_survives_the_way():
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, errors.StudioError):
            again = to_error(decode_event(encode_event(failure(kind("m", hint="h", where="w")))))
            assert (type(again), again.message, again.hint, again.where) == (kind, "m", "h", "w"), name


def test_unknown_class_keeps_its_exit_code():
    for code in (1, 2, 3):
        assert to_error(Failed("FromAPlugin", "m", exit_code=code)).exit_code == code


def test_a_part_fills_its_stretch():
    said = []

    class Whole:
        cancelled = True

        def progress(self, *values):
            said.append(values)

    part = StepContext(Whole(), 0.5, 0.7)
    part.progress(0.5, "half")
    assert said == [(0.6, "half")] and part.cancelled


def test_done_carries_any_json():
    assert decode_event(b'{"event":"done","result":{"a":[1,null]}}') == Done({"a": [1, None]})
