"""Line icons drawn from paths, in the theme's colours and sharp at any scale."""

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from studio.ui.theme import theme

# 24x24, stroked; "f:" is filled instead
PATHS = {
    "sounds": "M12 3a3 3 0 0 1 3 3v6a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM6 11v1a6 6 0 0 0 12 0v-1M12 18v3M9 21h6",
    "design": "M4 5h6v5H4zM14 14h6v5h-6zM10 7.5h3a2 2 0 0 1 2 2V14",
    "train": "M4 19V5M4 19h16M7 15c3 0 3-7 6-7s3 3 7 3",
    "deploy": "M8 8h8v8H8zM10 4v4M14 4v4M10 16v4M14 16v4M4 10h4M4 14h4M16 10h4M16 14h4",
    "undo": "M9 7L5 11l4 4M5 11h9a5 5 0 0 1 0 10h-2",
    "redo": "M15 7l4 4-4 4M19 11h-9a5 5 0 0 0 0 10h2",
    "play": "f:M8 5l11 7-11 7z",
    "stop": "f:M7 7h10v10H7z",
    "record": "f:M12 6a6 6 0 1 0 .01 0z",
    "check": "M5 13l4 4L19 7",
    "bolt": "M13 3L6 14h5l-1 7 7-11h-5z",
    "close": "M6 6l12 12M18 6L6 18",
    "plus": "M12 5v14M5 12h14",
    "search": "M11 5a6 6 0 1 0 .01 0zM15.5 15.5L20 20",
    "warning": "M12 4L3 20h18zM12 10v4M12 17v.5",
    "reset": "M5 12a7 7 0 1 0 2-5M5 4v4h4",
    "folder": "M4 6h6l2 2h8v11H4z",
    "more": "M6 12h.01M12 12h.01M18 12h.01",
    "chevron": "M9 6l6 6-6 6",
    "back": "M15 6l-6 6 6 6",
    "link": "M9 15l6-6M11 6l1.5-1.5a4 4 0 0 1 6 6L17 12M13 18l-1.5 1.5a4 4 0 0 1-6-6L7 12",
    "unlink": "M12 5l.5-.5a4 4 0 0 1 6 6L18 11M12 19l-.5.5a4 4 0 0 1-6-6L6 13",
}


def glyph(name: str, colour: str = "", on_accent: bool = False, size: int = 20) -> QIcon:
    """Return an icon; its colour is the text's unless another is given."""
    t = theme()
    icon = QIcon()
    icon.addPixmap(_pixmap(name, colour or (t.on_accent if on_accent else t.text), size))
    icon.addPixmap(_pixmap(name, t.dim, size), QIcon.Mode.Disabled)
    return icon


def _pixmap(name: str, colour: str, size: int) -> QPixmap:
    path = PATHS[name]
    style = f'fill="{colour}"' if path.startswith("f:") else f'fill="none" stroke="{colour}" stroke-width="1.7"'
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="{path.removeprefix("f:")}" {style} '
        'stroke-linecap="round" stroke-linejoin="round"/></svg>'
    )
    pixmap = QPixmap(2 * size, 2 * size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, 2 * size, 2 * size))
    painter.end()
    pixmap.setDevicePixelRatio(2)
    return pixmap
