"""A review as Markdown: the same words and tables, without the pictures."""

import re
from collections.abc import Iterable

from studio.deploy.review_items import Item, Pages, Paragraph, Section, Table
from studio.deploy.review_names import plain

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~$&#])")
_START = re.compile(r"^(?:([-+=])|(\d+)([.)]))")


def write_markdown(pages: Pages) -> bytes:
    """Write a review as GitHub's kind of Markdown."""
    sections = "\n\n".join(_section(s) for s in pages.sections)
    return f"# {text(pages.title)}\n\n{paragraph(pages.subtitle)}\n\n{sections}\n".encode()


def text(words: str) -> str:
    """Escape all that Markdown, or the HTML in it, would take for more than text."""
    return _SPECIAL.sub(r"\\\1", plain(words).strip())


def paragraph(words: str) -> str:
    """Escape words that stand at the start of a line, where some signs would make a list or a heading of it."""
    return _START.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", text(words))


def _section(section: Section) -> str:
    items = [_item(i) for i in section.items]
    return "\n\n".join((f"## {text(section.title)}", *filter(None, items)))


def _item(item: Item) -> str:
    if isinstance(item, Paragraph):
        return paragraph(item.text)
    if isinstance(item, Table):
        return _table(item)
    return ""


def _table(table: Table) -> str:
    width = len(table.rows[0]) if table.rows else len(table.header)
    header = table.header or ("",) * width
    sides = ["---:" if i in table.numeric else "---" for i in range(width)]
    rows = [_strong(row) if i in table.strong else list(map(text, row)) for i, row in enumerate(table.rows)]
    lines = [_line(map(text, header)), _line(sides), *map(_line, rows)]
    return (f"{paragraph(table.caption)}:\n\n" if table.caption else "") + "\n".join(lines)


def _strong(row: tuple[str, ...]) -> list[str]:
    return [f"**{text(cell)}**" if cell.strip() else "" for cell in row]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
