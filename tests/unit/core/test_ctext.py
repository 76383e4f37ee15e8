"""C text: what a compiler reads must be what was meant."""

import shutil
import struct
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.core.ctext import c_array, c_comment, c_float, c_identifier, c_string
from studio.core.errors import InputError
from studio.core.program import ConstArray


@given(st.text())
def test_strings_are_plain_ascii_without_trigraphs(text):
    literal = c_string(text)
    assert literal.isascii()
    assert literal.isprintable()
    assert "??" not in literal
    assert literal.count('"') == 2


@given(st.text())
def test_comments_cannot_end_early(text):
    assert "*/" not in c_comment(text)
    assert "\\" not in c_comment(text)
    assert "\n" not in c_comment(text)


@given(st.text())
def test_identifiers_are_identifiers(name):
    assert c_identifier(name).isidentifier()
    assert c_identifier(name).isascii()


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_float_literals_read_back_equal(value):
    assert struct.pack("f", float(c_float(value)[:-1])) == struct.pack("f", value)


def test_an_array_without_values_is_refused():
    with pytest.raises(InputError, match="filters"):
        c_array(ConstArray("filters", "int8_t", 4, 1))


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
@settings(max_examples=5, deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=30), min_size=1, max_size=20)
)
def test_a_compiler_reads_the_same_labels(tmp_path_factory, labels):
    folder = tmp_path_factory.mktemp("labels")
    words = ", ".join(map(c_string, labels))
    source = f"#include <stdio.h>\nint main(void) {{ const char *l[] = {{{words}}}; for (int i = 0; i < {len(labels)}; i++) {{ fputs(l[i], stdout); putchar(0); }} }}\n"
    (folder / "l.c").write_text(source)
    subprocess.run(["gcc", "-std=c11", "-trigraphs", "-o", folder / "l", folder / "l.c"], check=True, capture_output=True)
    printed = subprocess.run([folder / "l"], check=True, capture_output=True).stdout
    assert printed.decode().split("\0")[:-1] == labels
