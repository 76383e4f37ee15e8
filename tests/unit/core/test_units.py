"""Sizes, frequencies and counts, read and written."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.errors import InputError
from studio.core.units import format_count, format_size, parse_quantity, parse_size


@pytest.mark.parametrize(
    ("text", "size"), [("0 B", 0), ("256 KiB", 262_144), ("1 MiB", 1_048_576), ("1.5 KiB", 1536), ("  7B ", 7), ("0.5 MiB", 524_288)]
)
def test_sizes(text, size):
    assert parse_size(text) == size


@given(st.integers(0, 4096), st.sampled_from([("B", 1), ("KiB", 1024), ("MiB", 1024**2)]))
def test_whole_sizes_are_exact(count, unit):
    assert parse_size(f"{count} {unit[0]}") == count * unit[1]


@pytest.mark.parametrize("text", ["256", "256 KB", "-1 KiB", "1e3 B", "KiB", "", None, 7, "1 KiB more", "80 MHz", "0.3 B", "1,5 KiB"])
def test_what_is_no_size_is_refused_with_advice(text):
    with pytest.raises(InputError) as caught:
        parse_size(text, "ram.size")
    assert caught.value.where == "ram.size"


def test_other_dimensions():
    assert parse_quantity("80 MHz", "frequency") == 80e6
    assert parse_quantity("1.8 V", "voltage") == 1.8
    assert parse_quantity("5 mA", "current") == pytest.approx(0.005)
    assert parse_quantity("20 ms", "time") == pytest.approx(0.02)
    with pytest.raises(InputError, match="not a voltage"):
        parse_quantity("5 mA", "voltage")


def test_numbers_as_people_read_them():
    assert [format_size(n) for n in (512, 30_925, 1_310_720)] == ["512 B", "30.2 KiB", "1.25 MiB"]
    assert [format_count(n) for n in (532, 12_400, 2_656_768)] == ["532", "12.4 k", "2.66 M"]


@given(st.text(max_size=20))
def test_no_text_crashes_the_reader(text):
    with contextlib.suppress(InputError):
        assert parse_size(text) >= 0
