"""Sizes, frequencies and times with their units, read and written one way everywhere."""

import re
from typing import Literal

import msgspec

from studio.core.errors import InputError

_FACTORS = {
    "size": {"B": 1, "KiB": 1024, "MiB": 1024**2},
    "frequency": {"Hz": 1, "kHz": 1000, "MHz": 1_000_000},
    "time": {"s": 1.0, "ms": 1e-3, "us": 1e-6},
    "current": {"A": 1.0, "mA": 1e-3, "uA": 1e-6},
    "voltage": {"V": 1.0},
    "charge": {"Ah": 1000.0, "mAh": 1.0},
}
_NUMBER = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)\s*$")

OWN_FIGURE = "your own figure, set in this project"
Provenance = Literal["estimated", "planned", "compiled", "emulated", "measured"]


class Quantity(msgspec.Struct, frozen=True):
    """A number with its unit, its band and where it comes from."""

    value: float
    unit: str
    low: float
    high: float
    provenance: Provenance
    source: str = ""


def parse_quantity(text: object, dimension: str, where: str = "") -> float:
    """Read "256 KiB" or "80 MHz" as bytes, Hz, s, A, V or mAh.

    Raises InputError where the text is no number with a unit of this dimension.
    """
    units = _FACTORS[dimension]
    match = _NUMBER.match(text) if isinstance(text, str) else None
    if match is None or match[2] not in units:
        allowed = ", ".join(units)
        raise InputError(
            f"{text!r} is not a {dimension}", where=where, hint=f'write a number and one of {allowed}, as in "1 {list(units)[-1]}"'
        )
    return float(match[1]) * units[match[2]]


def parse_size(text: object, where: str = "") -> int:
    """Read "256 KiB" as a whole number of bytes (KiB is 1024)."""
    value = parse_quantity(text, "size", where)
    if value != int(value):
        raise InputError(f"{text!r} is not a whole number of bytes", where=where)
    return int(value)


def slug(name: str) -> str:
    """Return a name in lower-case letters, digits and hyphens: "my-board-2"."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def format_size(count: float) -> str:
    """Write bytes as people read them: "512 B", "30.2 KiB", "1.25 MiB"."""
    if abs(count) < 1024:
        return f"{count:.0f} B"
    if abs(count) < 1024**2:
        return f"{count / 1024:.1f} KiB"
    return f"{count / 1024**2:.2f} MiB"


def format_current(amperes: float) -> str:
    """Write a current as people read it: "3.3 mA", "2.35 µA"."""
    for unit, of in (("A", 1.0), ("mA", 1e-3), ("µA", 1e-6)):
        if amperes >= of:
            return f"{amperes / of:.3g} {unit}"
    return f"{amperes / 1e-9:.3g} nA"


def format_energy(microjoules: float) -> str:
    """Write an energy as people read it: "850 µJ", "1.45 mJ", "12.3 J"."""
    for unit, of in (("J", 1e6), ("mJ", 1e3)):
        if microjoules >= of:
            return f"{microjoules / of:.3g} {unit}"
    return f"{microjoules:.3g} µJ"


def format_days(days: float, short: bool = False) -> str:
    """Write a battery's life as people read it: "14 h", "92 days", "3.2 years"; short: "92 d", "3.2 y"."""
    if days < 2:
        return f"{24 * days:.2g} h"
    return f"{days:.0f} {'d' if short else 'days'}" if days < 730 else f"{days / 365.25:.3g} {'y' if short else 'years'}"


def format_count(count: float) -> str:
    """Write a count as people read it: "532", "12.4 k", "2.66 M"."""
    if abs(count) < 1000:
        return f"{count:.0f}"
    if abs(count) < 1_000_000:
        return f"{count / 1000:.1f} k"
    return f"{count / 1_000_000:.2f} M"


def format_ms(milliseconds: float) -> str:
    """Write a time as people read it: "0.42 ms", "47 ms", "1.2 s"."""
    if milliseconds >= 1000:
        return f"{milliseconds / 1000:.3g} s"
    return f"{milliseconds:.3g} ms"
