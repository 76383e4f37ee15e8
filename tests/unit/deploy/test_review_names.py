"""Names in a line: whatever a label holds, it stays in its place."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from studio.deploy.review_markdown import paragraph, text
from studio.deploy.review_names import plain


def test_what_is_usual_stays_as_it_is():
    for name in ("yes", "你好", "two words", "naïve – 5 µJ", 'say "hi"'):
        assert plain(name) == name


def test_direction_stays_inside():
    assert plain("مرحبا") == "\u2068مرحبا\u2069"
    assert plain("a\u202eb\u2066c") == "a\ufffdb\ufffdc"
    assert plain("a\r\nb\tc\x07d") == "a  b c\ufffdd"


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_is_one_line_without_control(words):
    made = plain(words)
    assert len(made.splitlines()) <= 1
    assert not [c for c in made if unicodedata.category(c) == "Cc"]
    assert made.count("\u2068") == made.count("\u2069") <= 1


def test_markdown_starts_no_list_and_no_table():
    assert text("a|b <i> [x](y) `c` *d* _e_ #1") == r"a\|b \<i\> \[x\](y) \`c\` \*d\* \_e\_ \#1"
    assert [paragraph(w) for w in ("- a", "+ b", "1. c", "12) d", "= e")] == [r"\- a", r"\+ b", r"1\. c", r"12\) d", r"\= e"]
