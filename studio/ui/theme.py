"""Colours, spacing and fonts, once for all widgets, in dark and light."""

from typing import Literal

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from studio.core.places import shipped

Mode = Literal["dark", "light"]
GAP, PAD, ROOM = 4, 8, 12
RADIUS = 6
_PREPARED = "otolith_prepared"


class Theme(msgspec.Struct, frozen=True):
    """The tokens of one mode; text on any of its grounds has a contrast of at least 4.5:1."""

    mode: Mode
    background: str
    panel: str
    raised: str
    line: str
    text: str
    dim: str
    accent: str
    on_accent: str
    fits: str
    tight: str
    too_large: str
    frontend: str
    convolution: str
    pooling: str
    dense: str
    merge: str
    composite: str

    def stripe(self, category: str) -> str:
        """Return the stripe's colour of a block's category."""
        return {
            "input": self.frontend,
            "convolution": self.convolution,
            "pooling": self.pooling,
            "dense": self.dense,
            "merge": self.merge,
        }.get(category, self.composite)


DARK = Theme(
    "dark", "#14161a", "#1b1e24", "#23272f", "#2f343e", "#e7e9ee", "#98a0ae", "#4c9ffe", "#0b1526",
    "#3fb56b", "#e0a53a", "#f0705f", "#b48cf2", "#4c9ffe", "#4ac3c0", "#e6a15c", "#8fb35a", "#d97aa6",
)  # fmt: skip
LIGHT = Theme(
    "light", "#eef0f3", "#ffffff", "#f6f7f9", "#d9dde4", "#1c2026", "#5a6372", "#1a5fc0", "#ffffff",
    "#1c6e3d", "#855200", "#b5301f", "#7d4fd0", "#1f6fd6", "#12817e", "#b2621a", "#5c7d23", "#b0457a",
)  # fmt: skip

_current = DARK


def theme() -> Theme:
    """Return the theme in force."""
    return _current


def resolve(chosen: str) -> Mode:
    """Return the mode of a setting: "dark", "light", or "system" for what the desktop says."""
    if chosen == "system":
        return "light" if QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Light else "dark"
    return "light" if chosen == "light" else "dark"


def prepare(app: QApplication, mode: Mode) -> Theme:
    """Set palette and font, and leave the style sheet for later: widgets made before it are styled once, not with every parent they get."""
    global _current
    _current = DARK if mode == "dark" else LIGHT
    if not app.property(_PREPARED):  # each of these styles every widget anew: once is enough
        app.setProperty(_PREPARED, True)
        app.setStyle("Fusion")
        font = QFont(app.font())
        font.setPixelSize(13)
        app.setFont(font)
    app.setPalette(_palette(_current))
    return _current


def apply(app: QApplication, mode: Mode) -> Theme:
    """Set palette, font and style sheet of the application."""
    prepare(app, mode)
    style(app)
    return _current


def style(app: QApplication) -> None:
    """Set the style sheet of the theme in force."""
    app.setStyleSheet(style_sheet(_current))


def _palette(t: Theme) -> QPalette:
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, colour in (
        (roles.Window, t.background),
        (roles.WindowText, t.text),
        (roles.Base, t.raised),
        (roles.AlternateBase, t.panel),
        (roles.Text, t.text),
        (roles.Button, t.raised),
        (roles.ButtonText, t.text),
        (roles.ToolTipBase, t.raised),
        (roles.ToolTipText, t.text),
        (roles.Highlight, t.accent),
        (roles.HighlightedText, t.on_accent),
        (roles.PlaceholderText, t.dim),
        (roles.Link, t.accent),
        (roles.Mid, t.line),
    ):
        palette.setColor(role, QColor(colour))
    for role in (roles.Text, roles.ButtonText, roles.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(t.dim))
    return palette


def style_sheet(t: Theme) -> str:
    """Return the style sheet of all widgets. Object names: "panel", "card", "rail"; properties: kind, state."""
    icons = (shipped("resources") / "icons").as_posix()
    return f"""
    QMainWindow, QDialog {{ background: {t.background}; }}
    QWidget {{ color: {t.text}; }}
    QFrame#panel, QWidget#panel {{ background: {t.panel}; border: none; }}
    QWidget#seams {{ background: {t.line}; }}
    QFrame#card {{ background: {t.raised}; border: 1px solid {t.line}; border-radius: {RADIUS}px; }}
    QLabel[kind="dim"] {{ color: {t.dim}; }}
    QLabel[kind="heading"], QLabel[kind="fine"] {{ color: {t.dim}; font-size: 11px; }}
    QLabel[kind="title"] {{ font-weight: 600; }}
    QLabel[kind="big"] {{ font-size: 20px; font-weight: 600; }}
    QLabel[state="fits"] {{ color: {t.fits}; }}
    QLabel[state="tight"] {{ color: {t.tight}; }}
    QLabel[state="too_large"], QLabel[state="error"] {{ color: {t.too_large}; }}
    QPushButton, QToolButton {{ background: {t.raised}; border: 1px solid {t.line}; border-radius: {RADIUS}px; padding: 5px 10px; }}
    QToolButton#rail {{ background: transparent; border: none; border-left: 3px solid transparent; border-radius: 0;
                        padding: 8px 2px; color: {t.dim}; font-size: 11px; }}
    QToolButton#rail:checked {{ color: {t.text}; border-left-color: {t.accent}; }}
    QFrame#advice {{ background: {t.raised}; border: none; border-left: 3px solid {t.accent}; }}
    QToolButton#quiet {{ background: transparent; border: 1px solid transparent; padding: 3px 6px; }}
    QToolButton#quiet::menu-indicator {{ image: none; }}
    QToolButton[compact="true"] {{ padding: 2px; }}
    QToolButton[compact="true"]:checked {{ background: {t.background}; color: {t.accent}; border-color: {t.accent}; }}
    QSlider::groove:horizontal {{ height: 4px; background: {t.line}; border-radius: 2px; }}
    QSlider::sub-page:horizontal {{ background: {t.accent}; border-radius: 2px; }}
    QSlider::handle:horizontal {{ width: 14px; height: 14px; margin: -6px 0; border-radius: 8px; background: {t.accent};
        border: 1px solid {t.panel}; }}
    QSlider::handle:horizontal:focus {{ border: 2px solid {t.text}; width: 12px; height: 12px; }}
    QSlider::handle:horizontal:disabled, QSlider::sub-page:horizontal:disabled {{ background: {t.dim}; }}
    QLineEdit[state="error"] {{ border: 1px solid {t.too_large}; }}
    QPushButton[kind="field"] {{ background: {t.background}; }}
    QPushButton:hover, QToolButton:hover {{ border-color: {t.dim}; }}
    QPushButton:pressed, QToolButton:pressed {{ background: {t.line}; }}
    QPushButton:disabled, QToolButton:disabled {{ color: {t.dim}; }}
    QPushButton[kind="primary"] {{ background: {t.accent}; color: {t.on_accent}; border-color: {t.accent}; font-weight: 600; }}
    QPushButton[kind="primary"]:disabled {{ background: {t.raised}; color: {t.dim}; border-color: {t.line}; }}
    QPushButton[kind="link"] {{ background: transparent; border: 1px solid transparent; color: {t.accent}; font-weight: 600; padding: 2px 4px; }}
    QPushButton[kind="link"]:hover {{ border-color: {t.line}; }}
    QPushButton[kind="link"]:disabled {{ color: {t.dim}; }}
    QToolButton[kind="bare"] {{ background: transparent; border: 1px solid transparent; padding: 2px 6px; }}
    QToolButton[kind="bare"]:hover {{ border-color: {t.line}; }}
    QPushButton:focus, QToolButton:focus, QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus, QListView:focus,
    QTreeView:focus, QTableView:focus, QGraphicsView:focus, QCheckBox:focus, QPlainTextEdit:focus {{ border: 1px solid {t.accent}; }}
    QToolButton#rail:focus {{ border: 1px solid {t.accent}; border-left-width: 3px; }}
    QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit {{ background: {t.background}; border: 1px solid {t.line}; placeholder-text-color: {t.dim};
        border-radius: {RADIUS}px; padding: 4px 6px; selection-background-color: {t.accent}; selection-color: {t.on_accent}; }}
    QLineEdit {{ padding: 4px; }}
    QListView, QTreeView, QTableView {{ background: {t.panel}; border: 1px solid transparent; outline: none; alternate-background-color: {t.raised}; }}
    QListView::item, QTreeView::item {{ padding: 3px 4px; border-radius: 4px; }}
    QListView::item:selected, QTreeView::item:selected {{ background: {t.accent}; color: {t.on_accent}; }}
    QTableView::item:selected {{ background: {t.raised}; color: {t.text}; border-top: 1px solid {t.accent}; border-bottom: 1px solid {t.accent}; }}
    QCheckBox::indicator, QListView::indicator, QTreeView::indicator, QTableView::indicator {{ width: 13px; height: 13px;
        background: {t.background}; border: 1px solid {t.dim}; border-radius: 3px; }}
    QCheckBox::indicator:checked, QListView::indicator:checked, QTreeView::indicator:checked, QTableView::indicator:checked {{
        image: url("{icons}/check_{t.mode}.svg"); }}
    QComboBox::drop-down {{ border: none; width: 22px; }} QComboBox::down-arrow {{ image: url("{icons}/down_{t.mode}.svg"); width: 12px; height: 12px; }}
    QComboBox QAbstractItemView {{ background: {t.panel}; border: 1px solid {t.line}; selection-background-color: {t.accent};
        selection-color: {t.on_accent}; }}
    QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ border: none; background: transparent; width: 18px; }}
    QAbstractSpinBox::up-arrow {{ image: url("{icons}/up_{t.mode}.svg"); width: 10px; height: 10px; }}
    QAbstractSpinBox::down-arrow {{ image: url("{icons}/down_{t.mode}.svg"); width: 10px; height: 10px; }}
    QTableView::item {{ padding: 0 3px; }} QTableView#runs::item {{ padding: 0 6px; }}
    QHeaderView::section {{ background: {t.panel}; color: {t.dim}; border: none; padding: 4px 6px; }}
    QGraphicsView {{ border: 1px solid transparent; }}
    QSplitter::handle {{ background: {t.line}; }}
    QSplitter::handle:horizontal {{ width: 1px; }} QSplitter::handle:vertical {{ height: 1px; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; }} QScrollBar:horizontal {{ background: transparent; height: 10px; }}
    QScrollBar::handle {{ background: {t.line}; border-radius: 4px; min-height: 24px; min-width: 24px; margin: 1px; }}
    QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{ background: none; border: none; width: 0; height: 0; }}
    QScrollArea {{ border: none; background: transparent; }}
    QStatusBar {{ background: {t.panel}; color: {t.dim}; border-top: 1px solid {t.line}; }} QStatusBar::item {{ border: none; }}
    QStatusBar QLabel {{ color: {t.dim}; padding: 0 8px; }}
    QMenuBar, QMenu {{ background: {t.panel}; }} QMenu {{ border: 1px solid {t.line}; padding: 4px; }}
    QMenu::item {{ padding: 5px 24px 5px 12px; border-radius: 4px; }} QMenu::item:selected {{ background: {t.accent}; color: {t.on_accent}; }}
    QMenu::item:disabled {{ color: {t.dim}; }} QMenu::separator {{ height: 1px; background: {t.line}; margin: 4px 8px; }}
    QToolTip {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.line}; padding: 6px; }}
    QProgressBar {{ background: {t.line}; border: none; border-radius: 3px; max-height: 6px; text-align: center; }}
    QProgressBar::chunk {{ background: {t.accent}; border-radius: 3px; }}
    QTabBar::tab {{ background: transparent; color: {t.dim}; padding: 6px 12px; border-bottom: 2px solid transparent; }}
    QTabBar::tab:selected {{ color: {t.text}; border-bottom-color: {t.accent}; }}
    QTabWidget::pane {{ border: none; }}
    QDockWidget {{ titlebar-close-icon: none; color: {t.dim}; }} QDockWidget::title {{ background: {t.panel}; padding: 6px; }}
    """
