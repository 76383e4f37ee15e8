"""Text from a design, made safe to stand in a line: no control characters, no change of direction that reaches its neighbours."""

import unicodedata

_ISOLATE, _END = "\u2068", "\u2069"
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_RIGHT_TO_LEFT = frozenset(["R", "AL", "AN"])


def plain(text: str) -> str:
    """Return one line: line ends become spaces, other control characters a replacement mark; words from right to left are isolated."""
    line = "".join(map(_shown, text))
    if any(unicodedata.bidirectional(c) in _RIGHT_TO_LEFT for c in line):
        return f"{_ISOLATE}{line}{_END}"
    return line


def _shown(character: str) -> str:
    if character in "\r\n\t\v\f\u2028\u2029":
        return " "
    hidden = character in _DIRECTIONS or unicodedata.category(character) in ("Cc", "Cs")
    return "\ufffd" if hidden else character
