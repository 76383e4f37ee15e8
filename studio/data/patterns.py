"""What file names say: "{label}_{speaker}_{index}.wav" as a matcher."""

import re
import unicodedata
from collections.abc import Mapping

import msgspec

from studio.core.errors import InputError

_TOKEN = re.compile(r"\{([^{}]*)\}|(\*)|([^{}*]+)|([{}])")


class Pattern(msgspec.Struct, frozen=True):
    """A pattern and its regular expression."""

    text: str
    expression: re.Pattern[str]

    def match(self, path: str) -> Mapping[str, str] | None:
        """Return the fields of a path (relative, with /), or None where it does not match."""
        found = self.expression.fullmatch(path)
        return None if found is None else {k: unicodedata.normalize("NFC", v) for k, v in found.groupdict().items()}


def parse_pattern(text: str) -> Pattern:
    """Read a pattern: {name} stands for a field, * for anything, / parts folders; both stay within one name.

    Where a name can be read in two ways, the earlier field takes more: "turn_on_theo_3" has the label "turn_on".
    Raises InputError where it has no {label}, a field twice, or a brace too many.
    """
    parts, seen = [], set()
    for field, star, literal, brace in _TOKEN.findall(text.replace("\\", "/")):
        if literal:
            parts.append(re.escape(literal))
        elif star:
            parts.append("[^/]*")
        elif brace or not (field.isidentifier() and field.isascii()) or field in seen:
            raise InputError(_complaint(field, brace, seen), where=f"pattern {text!r}", hint=_HINT)
        else:
            seen.add(field)
            parts.append(f"(?P<{field}>[^/]+)")
    if "label" not in seen:
        raise InputError("the pattern has no {label}", where=f"pattern {text!r}", hint=_HINT)
    return Pattern(text, re.compile("".join(parts)))


_HINT = "such as '{label}_{speaker}_{index}.wav' or '{speaker}/{label}/*.wav'"


def _complaint(field: str, brace: str, seen: set[str]) -> str:
    if brace:
        return f"a {brace} without its partner"
    return f"{{{field}}} stands there twice" if field in seen else f"{{{field}}} is no field name; letters, digits and _ are"
