"""What a review is written with: sections of paragraphs, tables and pictures, which every format writes in its own way."""

import msgspec

from studio.estimate.timeline import Timeline

NAME = 60
NONE = "–"


class Paragraph(msgspec.Struct, frozen=True):
    """A paragraph; `mood` is "", "good" or "bad"."""

    text: str
    mood: str = ""


class Table(msgspec.Struct, frozen=True):
    """Rows of text under a header, which may be (); columns in `numeric` stand at the right, rows in `strong` stand out.

    `moods` are those of the cells of column `verdict`, row by row.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...] = ()
    strong: tuple[int, ...] = ()
    caption: str = ""
    verdict: int = -1
    moods: tuple[str, ...] = ()

    def mood(self, row: int, column: int) -> str:
        """Return a cell's mood."""
        return self.moods[row] if column == self.verdict else ""


class Bar(msgspec.Struct, frozen=True):
    """A bar of parts in bytes against a budget."""

    name: str
    parts: tuple[tuple[str, int], ...]
    budget: int


class Bars(msgspec.Struct, frozen=True):
    """A picture of bars that share one scale."""

    caption: str
    bars: tuple[Bar, ...]


class Lifetimes(msgspec.Struct, frozen=True):
    """A picture of an arena over an inference."""

    caption: str
    timeline: Timeline


Item = Paragraph | Table | Bars | Lifetimes


class Section(msgspec.Struct, frozen=True):
    """A section; a level above 1 stands inside the one before."""

    title: str
    items: tuple[Item, ...]
    level: int = 1


class Pages(msgspec.Struct, frozen=True):
    """The whole review."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]


def short(text: str, length: int = NAME) -> str:
    """Leave the middle out of a name that is too long for a table."""
    half = (length - 3) // 2
    return text if len(text) <= length else f"{text[:half]} … {text[-half:]}"


def name_of(tensor: str) -> str:
    """Return the first of the names that a converter joined when it fused their operators."""
    return tensor.split(";")[0]


def time_of(milliseconds: float) -> str:
    """Write a time with three digits that tell."""
    return f"{milliseconds:.3g} ms" if milliseconds < 999.5 else f"{milliseconds / 1e3:,.2f} s"


def band_of(low: float, high: float) -> str:
    """Write a band of milliseconds in the unit of its upper end."""
    return f"{low:.3g}–{time_of(high)}" if high < 999.5 else f"{low / 1e3:.2f}–{time_of(high)}"


def bytes_of(count: int) -> str:
    """Write bytes to the byte."""
    return f"{count:,}"
