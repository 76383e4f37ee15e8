"""A board's sheet, and a refused file, as rich text."""

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby

from studio.boards import BoardFileError, Catalogue
from studio.boards.read import load_text
from studio.core.target import TargetDevice
from studio.deploy.board_sheet import NO_SOURCE, SheetRow, chain_words, file_of, sheet
from studio.ui.theme import theme

_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;)]")
AROUND = 3


def sheet_html(board: TargetDevice, catalogue: Catalogue) -> str:
    """Return every number of a board with its source."""
    t = theme()
    page = f"<br>{_linked(board.url)}" if board.url else ""
    head = (
        f"<h2 style='margin:0'>{escape(board.name)}</h2>"
        f"<p style='color:{t.dim}; margin-top:2px'>{escape(board.vendor)} · {escape(board.soc)} · {escape(board.id)}{page}<br>"
        f"made of {escape(chain_words(board, catalogue))}<br>{escape(str(file_of(board.id, catalogue)))}</p>"
    )
    rows = "".join(_sections(sheet(board, catalogue)))
    return f"{head}<table width='100%' cellspacing='0' cellpadding='4'>{rows}</table>"


def _sections(rows: tuple[SheetRow, ...]) -> Iterator[str]:
    t = theme()
    for section, of in groupby(rows, key=lambda row: row.section):
        yield (
            f"<tr><td colspan='3' style='color:{t.dim}; padding-top:12px; font-size:11px; border-bottom:1px solid {t.line}'>"
            f"{escape(section.upper())}</td></tr>"
        )
        said = ""
        for row in of:
            yield _row(row, row.source == said)
            said = row.source


def _row(row: SheetRow, again: bool) -> str:
    """A source that the line above has too is not said twice."""
    t = theme()
    given = f"<span style='color:{t.dim}'>{' · ' if row.source else ''}by {escape(row.given_by)}</span>" if row.given_by else ""
    ink = t.tight if row.source == NO_SOURCE else t.text
    source = "the same" if again and len(row.source) > 40 else _linked(row.source)
    return (
        f"<tr><td width='24%' style='color:{t.dim}'>{escape(row.name)}</td><td width='20%'><b>{escape(row.value)}</b></td>"
        f"<td style='color:{ink}'>{source}{given}</td></tr>"
    )


def _linked(text: str) -> str:
    """Escape a text and make links of the addresses in it."""
    made, end = [], 0
    for found in _LINK.finditer(text):
        made.append(escape(text[end : found.start()]))
        made.append(f"<a href='{escape(found[0])}' style='color:{theme().accent}'>{escape(found[0])}</a>")
        end = found.end()
    return "".join((*made, escape(text[end:])))


def refusal_html(error: BoardFileError) -> str:
    """Return why a file is refused, with the lines around the fault."""
    t = theme()
    name = error.path.name if error.path else "a file"
    where = f"line {error.line}" if error.line else "the whole file"
    field = f": {escape(error.field)}" if error.field else ""
    hint = f"<p>{escape(error.hint)}</p>" if error.hint else ""
    return (
        f"<h2 style='margin:0'>{escape(name)} is refused</h2>"
        f"<p style='color:{t.dim}; margin-top:2px'>{escape(str(error.path or ''))}</p>"
        f"<p style='color:{t.too_large}'><b>{where}{field}</b><br>{escape(error.message)}</p>{hint}{_excerpt(error)}"
        f"<p style='color:{t.dim}'>All other boards work on. Mend the file in any editor and come back: it is read again.</p>"
    )


def _excerpt(error: BoardFileError) -> str:
    if error.path is None or error.line is None:
        return ""
    t = theme()
    try:
        lines = load_text(error.path).text.splitlines()
    except BoardFileError:
        return ""
    shown = range(max(1, error.line - AROUND), min(len(lines), error.line + AROUND) + 1)
    rows = "".join(
        f"<tr style='color:{t.too_large if number == error.line else t.text}'><td style='color:{t.dim}' align='right'>{number}</td>"
        f"<td style='font-family:monospace; white-space:pre'>{escape(lines[number - 1])}</td></tr>"
        for number in shown
    )
    return f"<table cellspacing='0' cellpadding='3' style='background:{t.raised}'>{rows}</table>"
