"""What is wrong with the clips, as quiet lines that filter the list when they are pressed."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from studio.core.issue import Issue
from studio.core.library import Library
from studio.data.health import check_labels, check_level, check_library
from studio.ui.theme import GAP, theme
from studio.ui.widgets.glyphs import glyph
from studio.ui.widgets.thumbnails import Thumbnails

SHOWN = 4
# one clip, several clips; the worst first
SENTENCES = {
    "data.missing": ("clip cannot be read", "clips cannot be read"),
    "data.leak": ("clip is both in training and in a test", "clips are both in training and in a test"),
    "data.contradiction": ("clip is there under two labels", "clips are there under two labels"),
    "data.label": ("clip has a label that the project lacks", "clips have a label that the project lacks"),
    "data.clipped": ("clip is clipped", "clips are clipped"),
    "data.silent": ("clip is silent", "clips are silent"),
    "data.short": ("clip is very short", "clips are very short"),
    "data.long": ("clip is very long", "clips are very long"),
    "data.twin": ("clip is there twice", "clips are there twice"),
}
_SAME_FILE = ("data.leak", "data.contradiction", "data.twin")


class HealthLine(msgspec.Struct, frozen=True):
    """One kind of remark: its sentence, which segments it is about, and what is said of each."""

    id: str
    text: str
    numbers: frozenset[int]
    details: tuple[str, ...]


def health_lines(library: Library, labels: Sequence[str], thumbnails: Thumbnails) -> tuple[HealthLine, ...]:
    """Group what is known of the clips by now; levels are known of those whose outline was made."""
    issues = (*check_library(library), *check_labels(library, labels), *_level_issues(library, thumbnails))
    by_recording, by_label, by_file = defaultdict(set), defaultdict(set), defaultdict(set)
    for number, segment in enumerate(library.segments):
        by_recording[segment.recording].add(number)
        by_label[segment.label].add(number)
        by_file[library.by_id[segment.recording].sha256].add(number)
    numbers: dict[str, set[int]] = defaultdict(set)
    details: dict[str, list[str]] = defaultdict(list)
    for issue in issues:
        if issue.id == "data.label":
            about = by_label[issue.where]
        elif issue.id in _SAME_FILE:
            about = by_file[library.by_id[issue.where].sha256]
        else:
            about = by_recording[issue.where]
        numbers[issue.id] |= about
        details[issue.id].append(f"{issue.where}: {issue.message}")
    return tuple(_line(id, numbers[id], details[id]) for id in SENTENCES if numbers.get(id))


def _level_issues(library: Library, thumbnails: Thumbnails) -> list[Issue]:
    found: list[Issue] = []
    for segment in library.segments:
        summary = thumbnails.summary(library, segment, ask=False)
        if summary is None:
            continue
        if summary.problem:
            found.append(Issue("data.missing", "warning", segment.recording, summary.problem))
        else:
            found += check_level(segment.recording, segment.label, summary.peak, summary.clipped)
    return found


def _line(id: str, numbers: set[int], details: list[str]) -> HealthLine:
    sentence = SENTENCES[id][len(numbers) > 1]
    return HealthLine(id, f"{len(numbers)} {sentence}", frozenset(numbers), tuple(details))


class HealthBar(QWidget):
    """A button a remark; `filtered` brings the line whose clips alone are to be shown, or None."""

    filtered = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[HealthLine, ...] = ()
        self.chosen = ""
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(GAP)
        self._row.addStretch(1)
        self.buttons: dict[str, QToolButton] = {}
        self.hide()

    def show_lines(self, lines: tuple[HealthLine, ...]) -> None:
        """Show remarks; the chosen one stays chosen while it holds."""
        if lines == self.lines:
            return
        self.lines = lines
        shown = {line.id: line for line in lines[:SHOWN]}
        for id in set(self.buttons) - set(shown):
            self.buttons.pop(id).deleteLater()
        for place, line in enumerate(shown.values()):
            button = self.buttons.get(line.id) or self._add(line.id, place)
            button.setText(line.text)
            more = f"\n… and {len(line.details) - 8} more" if len(line.details) > 8 else ""
            button.setToolTip("Show only these\n" + "\n".join(line.details[:8]) + more)
            button.setAccessibleName(f"{line.text}: show only these")
        self.setVisible(bool(shown))
        if self.chosen and self.chosen not in shown:
            self.choose("")
        elif self.chosen:
            self.filtered.emit(shown[self.chosen])

    def choose(self, id: str) -> None:
        """Show only the clips of a remark, or all of them with ""."""
        self.chosen = id
        for other, button in self.buttons.items():
            button.setChecked(other == id)
        self.filtered.emit(next((line for line in self.lines if line.id == id), None))

    def show_theme(self) -> None:
        """Take the theme's colours."""
        for button in self.buttons.values():
            button.setIcon(glyph("warning", theme().tight))

    def _add(self, id: str, place: int) -> QToolButton:
        button = QToolButton()
        button.setObjectName("quiet")
        button.setCheckable(True)
        button.setProperty("issue", id)
        button.setToolButtonStyle(button.toolButtonStyle().ToolButtonTextBesideIcon)
        button.setIcon(glyph("warning", theme().tight))
        button.clicked.connect(lambda checked, id=id: self.choose(id if checked else ""))
        self._row.insertWidget(place, button)
        self.buttons[id] = button
        return button
