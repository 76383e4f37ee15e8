import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.errors import CheckFailed, InputError
from studio.core.protocols import KitRun
from studio.deploy.conversation import Answer, answers, clip_records, decode, encode, tensor_records

CLIP = np.array([[1, -2, 300]], np.int16)


def heard(output, exit_code=0, fault=""):
    return KitRun(output, exit_code, {}, {}, None, 0.0, fault)


def test_records_are_written_as_the_harness_reads_them():
    records = tensor_records([b"ab"], 2) + clip_records(CLIP, 3)
    assert encode(records) == b"Iab" + b"C\x01\x00\xfe\xff\x2c\x01"


@given(
    st.lists(st.tuples(st.booleans(), st.binary(min_size=4, max_size=4), st.binary(min_size=2, max_size=2)), max_size=6), st.integers(0, 40)
)
def test_answers_are_read_back_whole_and_a_short_output_gives_fewer(parts, cut):
    records = [clip_records(CLIP, 3)[0] if clip else tensor_records([b"abcd"], 4)[0] for clip, _, _ in parts]
    expected = [Answer(features if clip else None, output) for clip, features, output in parts]
    output = b"".join((a.features or b"") + a.output for a in expected)
    assert decode(output, records, 4, 2) == expected
    short = decode(output[:cut], records, 4, 2)
    assert short == expected[: len(short)]
    assert len(short) == len(expected) or cut < len(output)


def test_a_kit_that_died_says_where_and_how_far():
    records = tensor_records([b"a", b"b", b"c"], 1)
    with pytest.raises(CheckFailed, match=r"answered 2 of 3 inputs, then: hard fault: at x"):
        answers(heard(b"12", 126, "hard fault: at x"), records, 1, 1)
    with pytest.raises(CheckFailed, match="left with code 3") as caught:
        answers(heard(b"", 3), records, 1, 1)
    assert "semihosting" in caught.value.hint
    with pytest.raises(CheckFailed, match="ended early"):
        answers(heard(b"12"), records, 1, 1)
    assert len(answers(heard(b"123"), records, 1, 1)) == 3


def test_inputs_of_another_length_are_refused():
    with pytest.raises(InputError, match="input 1 has 3 bytes"):
        tensor_records([b"ab", b"abc"], 2)
    with pytest.raises(InputError, match="int16"):
        clip_records(CLIP, 4)
    with pytest.raises(InputError, match="float32"):
        clip_records(CLIP.astype(np.float32), 3)
