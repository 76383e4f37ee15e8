"""A design review as PDF: its own pages, laid out by Qt's text engine, with the pictures as vectors."""

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QGuiApplication,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QPyTextObject,
    QTextBlock,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextOption,
)
from PySide6.QtSvg import QSvgRenderer

from studio.core.protocols import JobContext
from studio.deploy.review_charts import svg
from studio.deploy.review_file import check_out, make_review, write
from studio.deploy.review_html import light, text
from studio.deploy.review_items import Bars, Item, Lifetimes, Pages, Paragraph, Section, Table
from studio.deploy.review_names import plain
from studio.deploy.review_words import pages

DPI = 96
MARGIN_MM = 16
FOOT, CAPTION = 24, 22
FONT = "sans-serif"
LONGEST_WORD = 28
UNBROKEN = "\u00a0"
WORDS, SENTENCE, PADDING = 30, 200, 3
_STYLE = f"""
body {{ color: {light("text")} }}
h1 {{ font-size: 20pt; margin-bottom: 2px }}
h2 {{ font-size: 13pt; margin-top: 18px; margin-bottom: 4px }}
p {{ font-size: 9pt; margin-top: 2px; margin-bottom: 4px }}
p.dim, p.caption {{ color: {light("dim")} }}
p.gap {{ font-size: 3pt; margin: 0 }}
.good {{ color: {light("good")} }}
.bad {{ color: {light("bad")} }}
td, th {{ font-size: 8pt; padding: 2px 5px; border-bottom: 0.5px solid {light("line")} }}
th {{ background-color: {light("head")} }}
"""


def run(args: Mapping[str, Any], context: JobContext) -> dict[str, Any]:
    """Job entry as that of the other formats, for PDF; a process of its own."""
    out = check_out(args["out"], bool(args.get("force")))
    made = pages(make_review(args, context))
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    app = QGuiApplication.instance() or QGuiApplication([])
    context.progress(0.6, "laying out the pages")
    data = write_pdf(made)
    del app
    return write(out, data, context)


def write_pdf(made: Pages) -> bytes:
    """Write a review as PDF on A4; needs a QGuiApplication."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setPageLayout(
        QPageLayout(
            QPageSize(QPageSize.PageSizeId.A4),
            QPageLayout.Orientation.Portrait,
            QMarginsF(MARGIN_MM, MARGIN_MM, MARGIN_MM, MARGIN_MM),
            QPageLayout.Unit.Millimeter,
        )
    )
    writer.setResolution(1200)
    writer.setTitle(plain(made.title))
    writer.setCreator("Otolith Studio")
    _paint(writer, made)
    buffer.close()
    return data.data()


def _paint(writer: QPdfWriter, made: Pages) -> None:
    zoom = writer.resolution() / DPI
    wide, high = writer.width() / zoom, writer.height() / zoom
    pictures = Pictures(wide)
    document = QTextDocument()
    document.documentLayout().registerHandler(QTextFormat.ObjectTypes.ImageObject.value, pictures)
    document.setDefaultFont(QFont(FONT, 9))
    document.setDefaultTextOption(QTextOption())
    document.setUseDesignMetrics(True)
    document.setDocumentMargin(0)
    document.setDefaultStyleSheet(_STYLE)
    document.setHtml(_Html(pictures).body(made))
    document.setPageSize(QSizeF(wide, high - FOOT))
    _keep_headings(document)
    painter = QPainter(writer)
    painter.scale(zoom, zoom)
    for number in range(document.pageCount()):
        if number:
            writer.newPage()
        _page(painter, document, number, plain(made.title))
    painter.end()


def _page(painter: QPainter, document: QTextDocument, number: int, title: str) -> None:
    size = document.pageSize()
    painter.save()
    painter.translate(0, -number * size.height())
    document.drawContents(painter, QRectF(0, number * size.height(), size.width(), size.height()))
    painter.restore()
    foot = QRectF(0, size.height() + 4, size.width(), FOOT - 4)
    _write(painter, foot.adjusted(0, 0, -80, 0), title, Qt.AlignmentFlag.AlignLeft, 10)
    _write(painter, foot, f"{number + 1} / {document.pageCount()}", Qt.AlignmentFlag.AlignRight, 10)


def _write(painter: QPainter, place: QRectF, words: str, side: Qt.AlignmentFlag, pixels: int) -> None:
    """Write a dim line at the bottom of its place, shortened where it is too long."""
    font = QFont(FONT)
    font.setPixelSize(pixels)
    painter.setFont(font)
    painter.setPen(QColor(light("dim")))
    shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, int(place.width()))
    painter.drawText(place, side | Qt.AlignmentFlag.AlignBottom, shown)


def _keep_headings(document: QTextDocument) -> None:
    """Move each heading to the page of what it heads; every move lays out anew what follows."""
    block = document.begin()
    while block.isValid():
        after = block.next()
        if block.blockFormat().headingLevel() and after.isValid() and _top_page(document, after) > _top_page(document, block):
            cursor = QTextCursor(block)
            format = block.blockFormat()
            format.setPageBreakPolicy(QTextFormat.PageBreakFlag.PageBreak_AlwaysBefore)
            cursor.setBlockFormat(format)
            document.markContentsDirty(0, document.characterCount())  # what is laid out anew in part loses lines
        block = after


def _top_page(document: QTextDocument, block: QTextBlock) -> int:
    line = document.documentLayout().blockBoundingRect(block)
    first = block.layout().lineAt(0).height() if block.layout().lineCount() else 0
    return int((line.top() + first) // document.pageSize().height())


class Pictures(QPyTextObject):
    """Draws the review's SVG under its caption where its HTML has images, by their numbers."""

    def __init__(self, width: float) -> None:
        super().__init__()
        self._width = width
        self._drawings: list[tuple[str, QSvgRenderer, QSizeF]] = []

    def add(self, picture: Bars | Lifetimes) -> int:
        """Keep a picture and return its number."""
        drawn, wide, high = svg(picture, light)
        scale = min(1.0, self._width / wide)
        self._drawings.append((plain(picture.caption), QSvgRenderer(QByteArray(drawn.encode())), QSizeF(wide * scale, high * scale)))
        return len(self._drawings) - 1

    def intrinsicSize(self, document: QTextDocument, position: int, format: QTextFormat) -> QSizeF:  # noqa: N802
        size = self._drawings[_number(format)][2]
        return QSizeF(size.width(), size.height() + CAPTION)

    def drawObject(self, painter: QPainter, rect: QRectF, document: QTextDocument, position: int, format: QTextFormat) -> None:  # noqa: N802
        caption, drawing, size = self._drawings[_number(format)]
        _write(painter, QRectF(rect.left(), rect.top(), self._width, CAPTION - 4), caption, Qt.AlignmentFlag.AlignLeft, 12)
        drawing.render(painter, QRectF(rect.left(), rect.top() + CAPTION, size.width(), size.height()))


def _number(format: QTextFormat) -> int:
    return int(format.toImageFormat().name())


class _Html:
    """The HTML that QTextDocument knows: tables by attributes, pictures by number."""

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures

    def body(self, made: Pages) -> str:
        sections = "".join(map(self._section, made.sections))
        return f'<body><h1>{text(made.title)}</h1><p class="dim">{text(made.subtitle)}</p>{sections}</body>'

    def _section(self, section: Section) -> str:
        return f"<h2>{text(section.title)}</h2>" + "".join(map(self._item, section.items))

    def _item(self, item: Item) -> str:
        if isinstance(item, Paragraph):
            return f'<p class="{item.mood}">{text(item.text)}</p>'
        if isinstance(item, Table):
            return _table(item)
        return f'<p><img src="{self._pictures.add(item)}"></p>'


def _table(table: Table) -> str:
    caption = f'<p class="caption">{text(table.caption)}</p>' if table.caption else ""
    widths = _widths(table)
    head = "".join(f"<th{_side(table, i, widths)}>{_cell(cell)}</th>" for i, cell in enumerate(table.header))
    rows = "".join(_row(table, number, widths) for number in range(len(table.rows)))
    opening = '<table width="100%" border="0" cellspacing="0" style="border-collapse: collapse">'
    return f"{caption}{opening}{f'<thead><tr>{head}</tr></thead>' if head else ''}{rows}</table><p class='gap'>&nbsp;</p>"


def _row(table: Table, number: int, widths: Sequence[int]) -> str:
    return f"<tr>{''.join(_data(table, number, i, widths) for i in range(len(table.rows[number])))}</tr>"


def _data(table: Table, number: int, column: int, widths: Sequence[int]) -> str:
    cell = table.rows[number][column]
    words = _cell(cell.replace(" ", UNBROKEN) if column in table.numeric else cell)
    words = f"<b>{words}</b>" if number in table.strong else words
    mood = table.mood(number, column)
    return f"<td{_side(table, column, widths)}>{f'<span class={mood!r}>{words}</span>' if mood else words}</td>"


def _cell(words: str) -> str:
    """Escape a cell's text; what has no place to break gets one, for Qt widens the table instead."""
    return text(_UNBROKEN.sub(lambda m: "\u200b".join(re.findall(f".{{1,{LONGEST_WORD}}}", m[0])), words))


_UNBROKEN = re.compile(rf"\S{{{LONGEST_WORD + 1},}}")


def _side(table: Table, column: int, widths: Sequence[int]) -> str:
    return f' align="{"right" if column in table.numeric else "left"}" width="{widths[column]}%"'


def _widths(table: Table) -> list[int]:
    """Share the page among the columns by what stands in them, in percent: Qt's own share starves columns of sentences."""
    rows = [table.header, *table.rows] if table.header else table.rows
    needs = [max(map(_need, column)) + PADDING for column in zip(*rows, strict=True)]
    shares = [100 * need // sum(needs) for need in needs]
    if shares:
        shares[needs.index(max(needs))] += 100 - sum(shares)
    return shares


def _need(cell: str) -> int:
    """Return how many letters a column should hold for a cell: all of a few words, of a sentence a part."""
    return len(cell) if len(cell) <= WORDS else WORDS + (min(len(cell), SENTENCE) - WORDS) // 4
