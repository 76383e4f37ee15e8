"""A review as one HTML file: no scripts, no other files, light and dark, fit for printing."""

from html import escape

from studio.deploy.review_charts import svg
from studio.deploy.review_items import Bars, Item, Lifetimes, Pages, Paragraph, Section, Table
from studio.deploy.review_names import plain

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_LIGHT = {
    "ground": "#ffffff", "text": "#1c2026", "dim": "#5a6372", "line": "#d9dde4", "head": "#f4f6f8", "band": "#e9edf3",
    "good": "#1c6e3d", "bad": "#b5301f", "on": "#ffffff",
    "c0": "#1f6fd6", "c1": "#b2621a", "c2": "#12817e", "c3": "#7d4fd0", "c4": "#5c7d23", "c5": "#b0457a", "c6": "#5a6372", "c7": "#856a00",
    "c8": "#9c3b2e", "c9": "#4350af", "c10": "#2e7d52", "c11": "#8a5a7a",
}  # fmt: skip
_DARK = {
    "ground": "#14161a", "text": "#e7e9ee", "dim": "#98a0ae", "line": "#2f343e", "head": "#1b1e24", "band": "#262b34",
    "good": "#3fb56b", "bad": "#f0705f", "on": "#0b1526",
    "c0": "#4c9ffe", "c1": "#e6a15c", "c2": "#4ac3c0", "c3": "#b48cf2", "c4": "#8fb35a", "c5": "#d97aa6", "c6": "#98a0ae", "c7": "#d6b94a",
    "c8": "#e58a7b", "c9": "#8f9bf0", "c10": "#6ccb95", "c11": "#c9a3bb",
}  # fmt: skip
_STYLE = """
body { background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 24px; max-width: 960px }
h1 { font-size: 26px; line-height: 1.25; margin: 0; overflow-wrap: anywhere }
h2 { font-size: 18px; margin: 36px 0 8px; padding-bottom: 4px; border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
p { margin: 6px 0; overflow-wrap: anywhere }
.dim { color: var(--dim) }
.good { color: var(--good) }
.bad { color: var(--bad) }
.wide { overflow-x: auto; margin: 12px 0 }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums }
caption { text-align: left; color: var(--dim); padding: 4px 0 }
th, td { text-align: left; vertical-align: top; padding: 4px 8px; border-bottom: 1px solid var(--line); overflow-wrap: break-word }
thead th { background: var(--head); font-weight: 600 }
tbody th { font-weight: 400 }
.n { text-align: right; white-space: nowrap }
th.n { white-space: normal }
tr.strong > * { font-weight: 600 }
td, tbody th { max-width: 40em }
figure { margin: 14px 0 }
figcaption { font-size: 13px; color: var(--dim); margin-bottom: 6px }
svg { display: block; max-width: 100%; height: auto }
@media print {
  body { padding: 0; max-width: none; font-size: 10pt }
  table { font-size: 8pt }
  h2 { break-after: avoid }
  tr, figure { break-inside: avoid }
  thead { display: table-header-group }
  .wide { overflow: visible }
}
"""


def write_html(pages: Pages) -> bytes:
    """Write a review as HTML."""
    title = text(pages.title)
    body = "\n".join(_section(s) for s in pages.sections)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>{title}</title>\n<style>{_colours()}{_STYLE}</style>\n</head>\n<body>\n"
        f'<header><h1>{title}</h1>\n<p class="dim">{text(pages.subtitle)}</p></header>\n{body}\n</body>\n</html>\n'
    ).encode()


def text(words: str) -> str:
    """Escape words that came from anywhere."""
    return escape(plain(words))


def light(colour: str) -> str:
    """Return a colour of the light mode as a value, for what knows no style sheet."""
    return _LIGHT[colour]


def _colours() -> str:
    def rule(colours: dict[str, str]) -> str:
        return "{" + "".join(f"--{name}:{value};" for name, value in colours.items()) + "}"

    return f"\n:root{rule(_LIGHT)}\n@media screen and (prefers-color-scheme: dark){{:root{rule(_DARK)}}}"


def _section(section: Section) -> str:
    return f"<section>\n<h2>{text(section.title)}</h2>\n" + "\n".join(_item(i) for i in section.items) + "\n</section>"


def _item(item: Item) -> str:
    if isinstance(item, Paragraph):
        mood = f' class="{item.mood}"' if item.mood else ""
        return f"<p{mood}>{text(item.text)}</p>"
    if isinstance(item, Table):
        return f'<div class="wide">{_table(item)}</div>'
    return _figure(item)


def _figure(picture: Bars | Lifetimes) -> str:
    drawn, _, _ = svg(picture, lambda name: f"var(--{name})")
    return f"<figure><figcaption>{text(picture.caption)}</figcaption>{drawn}</figure>"


def _table(table: Table) -> str:
    caption = f"<caption>{text(table.caption)}</caption>" if table.caption else ""
    head = "".join(f'<th scope="col"{_side(table, i)}>{text(cell)}</th>' for i, cell in enumerate(table.header))
    rows = "\n".join(_row(table, number) for number in range(len(table.rows)))
    return f"<table>{caption}{f'<thead><tr>{head}</tr></thead>' if head else ''}<tbody>\n{rows}\n</tbody></table>"


def _row(table: Table, number: int) -> str:
    first, *others = table.rows[number]
    strong = ' class="strong"' if number in table.strong else ""
    cells = "".join(f"<td{_side(table, i, number)}>{text(cell)}</td>" for i, cell in enumerate(others, 1))
    return f'<tr{strong}><th scope="row">{text(first)}</th>{cells}</tr>'


def _side(table: Table, column: int, row: int = -1) -> str:
    name = "n" if column in table.numeric else table.mood(row, column) if row >= 0 else ""
    return f' class="{name}"' if name else ""
