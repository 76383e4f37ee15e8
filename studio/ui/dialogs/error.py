"""The error dialog: one a window; the same error again only counts up, another one waits behind it."""

import time

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from studio.ui.dialogs.account import Account, account
from studio.ui.theme import GAP, PAD, ROOM, theme
from studio.ui.widgets.fold import Fold
from studio.ui.widgets.glyphs import glyph

KEPT = 20
QUIET_S = 5.0


class ErrorDialog(QDialog):
    """Errors that the user has not put away yet. It never blocks the window, and Esc closes it.

    An error that nobody expected and that comes again right after it was put away (at each repaint, say) is not shown anew.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("error_dialog")
        self.setWindowTitle("Otolith Studio")
        self.setModal(False)
        self.setMinimumWidth(520)
        self.accounts: dict[Account, int] = {}
        self.shown = 0
        self._put_away: dict[Account, float] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(ROOM + GAP, ROOM + GAP, ROOM + GAP, ROOM)
        column.setSpacing(PAD)
        column.addLayout(self._make_head())
        self.message, self.where = _line("error_message", "What happened"), _line("error_where", "Where", "dim")
        column.addWidget(self.message)
        column.addWidget(self.where)
        column.addWidget(self._make_hint())
        self.details = Fold("Details")
        self.details.body.setAccessibleName("Details of the error")
        self.details.toggled.connect(self._fit)
        column.addWidget(self.details, 1)
        column.addLayout(self._make_buttons())

    @classmethod
    def show_for(cls, window: QWidget, error: object) -> "ErrorDialog":
        """Show an error over a window; where it is on show already, count it."""
        dialog = window.findChild(cls, "error_dialog", Qt.FindChildOption.FindDirectChildrenOnly) or cls(window)
        dialog.add(account(error))
        return dialog

    def add(self, found: Account) -> None:
        """Take an error in."""
        if self._just_put_away(found):
            return
        if not self.isVisible():
            self.accounts.clear()
            self.shown = 0
        if found in self.accounts or len(self.accounts) < KEPT:
            self.accounts[found] = self.accounts.get(found, 0) + 1
        self._show()
        if not self.isVisible():
            self._open()

    def done(self, result: int) -> None:
        now = time.monotonic()
        self._put_away.update({a: now for a in self.accounts if not a.expected})
        super().done(result)

    def _just_put_away(self, found: Account) -> bool:
        last = self._put_away.pop(found, None)
        if self.isVisible() or last is None or time.monotonic() - last > QUIET_S:
            return False
        self._put_away[found] = time.monotonic()
        return True

    def _open(self) -> None:
        self.details.set_open(False)
        self._fit()
        parent = self.parentWidget()
        centre = parent.mapToGlobal(parent.rect().center())
        self.move(centre.x() - self.width() // 2, centre.y() - self.height() // 2 - 40)
        self.show()
        self.close_button.setFocus()

    def _make_head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(PAD)
        self._icon = QLabel()
        self.title = QLabel()
        self.title.setProperty("kind", "title")
        self.title.setWordWrap(True)
        self.count = QLabel()
        self.count.setObjectName("error_count")
        self.count.setProperty("kind", "dim")
        row.addWidget(self._icon)
        row.addWidget(self.title, 1)
        row.addWidget(self.count)
        self.previous, self.next = self._step("Previous error", -1), self._step("Next error", 1)
        self.place = QLabel()
        self.place.setProperty("kind", "dim")
        for widget in (self.previous, self.place, self.next):
            row.addWidget(widget)
        return row

    def _step(self, name: str, by: int) -> QToolButton:
        button = QToolButton()
        button.setObjectName("quiet")
        button.setAccessibleName(name)
        button.setToolTip(name)
        button.setText("‹" if by < 0 else "›")
        button.clicked.connect(lambda: self._go(self.shown + by))
        return button

    def _make_hint(self) -> QWidget:
        self._way_out = QFrame()
        self._way_out.setObjectName("card")
        column = QVBoxLayout(self._way_out)
        column.setContentsMargins(ROOM, PAD, ROOM, PAD)
        column.setSpacing(2)
        heading = QLabel("What to do")
        heading.setProperty("kind", "heading")
        self.hint = _line("error_hint", "What to do")
        column.addWidget(heading)
        column.addWidget(self.hint)
        return self._way_out

    def _make_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(PAD)
        self.copy_button = QPushButton("Copy")
        self.copy_button.setObjectName("error_copy")
        self.copy_button.setToolTip("copy all of this, with the versions, to the clipboard")
        self.copy_button.clicked.connect(self._copy)
        self.close_button = QPushButton("Close")
        self.close_button.setObjectName("error_close")
        self.close_button.setProperty("kind", "primary")
        self.close_button.setDefault(True)
        self.close_button.clicked.connect(self.reject)
        row.addStretch(1)
        row.addWidget(self.copy_button)
        row.addWidget(self.close_button)
        return row

    def _go(self, number: int) -> None:
        self.shown = max(0, min(len(self.accounts) - 1, number))
        self._show()
        self._fit()

    def _show(self) -> None:
        found, times = list(self.accounts.items())[self.shown]
        self._icon.setPixmap(glyph("warning", theme().too_large if not found.expected else theme().tight).pixmap(QSize(24, 24)))
        self.title.setText(found.title)
        self.message.setText(found.message)
        self.where.setText(f"Where: {found.where}")
        self.where.setVisible(bool(found.where))
        self.hint.setText(found.hint)
        self._way_out.setVisible(bool(found.hint))
        self.count.setText(f"{times} times" if times > 1 else "")
        self.details.set_text(found.details)
        self.details.setVisible(bool(found.details))
        several = len(self.accounts) > 1
        self.place.setText(f"{self.shown + 1} of {len(self.accounts)}")
        for widget in (self.previous, self.place, self.next):
            widget.setVisible(several)
        self.previous.setEnabled(self.shown > 0)
        self.next.setEnabled(self.shown < len(self.accounts) - 1)
        self.copy_button.setText("Copy")

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText("\n\n".join(_counted(a, n) for a, n in self.accounts.items()))
        self.copy_button.setText("Copied")

    def _fit(self) -> None:
        """Take the height that the texts need at this width."""
        width = max(self.width(), self.minimumWidth()) if self.isVisible() else 560
        height = self.layout().totalHeightForWidth(width)
        self.resize(width, min(max(height, self.layout().totalMinimumSize().height()), 640))


def _line(name: str, accessible: str, kind: str = "") -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setAccessibleName(accessible)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setProperty("kind", kind)
    return label


def _counted(found: Account, times: int) -> str:
    return f"{found.text}\n({times} times)" if times > 1 else found.text
