"""What there is to train on: clips by label and split, and what is wrong with them in words."""

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studio.core.library import SPLITS, Library
from studio.ui.panels.health_bar import health_lines
from studio.ui.theme import GAP, PAD, theme
from studio.ui.widgets.thumbnails import Thumbnails

EMPTY = "There is nothing to train on yet. Record clips in Sounds, or make a project from recordings."
SHOWN_WARNINGS = 5
_FEW = 2
RESET_WIDTH = 26  # the recipe's fields above end this far from the edge


class DataSummary(QWidget):
    """A table of clips, warnings beneath. `sounds_wanted` asks for the Sounds room."""

    sounds_wanted = Signal()

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.setObjectName("data_summary")
        self._thumbnails = thumbnails
        self._library, self._labels = Library(), ()
        self.heading = QLabel()
        self.heading.setProperty("kind", "heading")
        self.table = QLabel(textFormat=Qt.TextFormat.RichText)
        self.table.setObjectName("data_table")
        self.warnings = QLabel(wordWrap=True)
        self.warnings.setObjectName("data_warnings")
        self.warnings.setProperty("state", "tight")
        self.warnings.setTextFormat(Qt.TextFormat.PlainText)
        self.empty = QLabel(EMPTY, wordWrap=True)
        self.empty.setObjectName("no_data")
        self.empty.setProperty("kind", "dim")
        self.to_sounds = QPushButton("Go to Sounds")
        self.to_sounds.setObjectName("to_sounds")
        self.to_sounds.setToolTip("Record clips, or import a folder of recordings")
        self.to_sounds.clicked.connect(self.sounds_wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, RESET_WIDTH, 0)
        column.setSpacing(GAP)
        for widget in (self.heading, self.table, self.warnings, self.empty):
            column.addWidget(widget)
        column.addSpacing(PAD - GAP)
        row = QHBoxLayout()
        row.addWidget(self.to_sounds)
        row.addStretch(1)
        column.addLayout(row)

    def show_data(self, library: Library, labels: Sequence[str]) -> None:
        """Count and check anew."""
        self._library, self._labels = library, tuple(labels)
        used = sum(s.label in labels for s in library.segments)
        lines = warnings(library, labels, self._thumbnails)
        self.heading.setText(f"DATA · {used} clip{'s' * (used != 1)}, {len(labels)} labels")
        self.table.setText(_table(library, labels))
        self.table.setAccessibleName(_spoken(library, labels))
        shown = [f"! {line}" for line in lines[:SHOWN_WARNINGS]]
        shown += [f"! and {len(lines) - SHOWN_WARNINGS} more remarks; see Sounds"] if len(lines) > SHOWN_WARNINGS else []
        self.warnings.setText("\n".join(shown))
        self.warnings.setVisible(bool(shown) and used > 0)
        self.table.setVisible(used > 0)
        self.empty.setVisible(not used)
        self.to_sounds.setVisible(not used)

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.table.setText(_table(self._library, self._labels))


def obstacle(library: Library, labels: Sequence[str]) -> str:
    """Say what makes a training impossible; "" where nothing does."""
    counts = library.counts()
    if not any(label in counts for label in labels):
        return EMPTY
    if len(labels) < 2:
        return "There is only one label, so nothing to tell apart: add clips of another one."
    few = [x for x in labels if counts.get(x, {}).get("train", 0) < _FEW]
    if few:
        return f"Fewer than {_FEW} training clips of {_list(few)}: record more, or take the label out."
    if not any(counts.get(x, {}).get("test", 0) for x in labels):
        return "There are no test clips to judge by: move some clips into the test part in Sounds."
    return ""


def warnings(library: Library, labels: Sequence[str], thumbnails: Thumbnails) -> list[str]:
    """Say what is doubtful about the clips, the worst first."""
    counts = library.counts()
    found = [stop] if (stop := obstacle(library, labels)) else []
    if not any(counts.get(x, {}).get("validation", 0) for x in labels):
        found.append("no validation clips: the last epoch is kept instead of the best")
    untested = [x for x in labels if x in counts and not counts[x]["test"]]
    if untested and len(untested) < len(labels):
        found.append(f"no test clips of {_list(untested)}")
    train = {x: counts.get(x, {}).get("train", 0) for x in labels}
    if train and min(train.values()) >= _FEW and max(train.values()) > 8 * min(train.values()):
        rare, common = min(train, key=train.__getitem__), max(train, key=train.__getitem__)
        found.append(f"{train[common]} training clips of “{common}” but {train[rare]} of “{rare}”")
    return [*found, *(line.text for line in health_lines(library, labels, thumbnails))]


def _list(names: Sequence[str], most: int = 4) -> str:
    quoted = [f"“{n}”" for n in names[:most]]
    more = len(names) - most
    return ", ".join(quoted) + (f" and {more} more" if more > 0 else "")


def _table(library: Library, labels: Sequence[str]) -> str:
    t, counts = theme(), library.counts()
    head = "".join(f'<td align="right"><font color="{t.dim}">{s}</font></td>' for s in ("train", "valid.", "test"))
    rows = [_row(label, counts.get(label, {})) for label in labels]
    sums = {s: sum(counts.get(x, {}).get(s, 0) for x in labels) for s in SPLITS}
    total = "".join(f'<td align="right"><font color="{t.dim}">{sums[s]}</font></td>' for s in SPLITS)
    return (
        f'<table width="100%" cellspacing="0" cellpadding="1"><tr><td></td>{head}</tr>{"".join(rows)}'
        f'<tr><td><font color="{t.dim}">all</font></td>{total}</tr></table>'
    )


def _row(label: str, counts: dict[str, int]) -> str:
    cells = (counts.get(s, 0) for s in SPLITS)
    numbers = "".join(f'<td align="right">{_number(c)}</td>' for c in cells)
    return f"<tr><td>{escape(label)}</td>{numbers}</tr>"


def _number(count: int) -> str:
    return str(count) if count else f'<font color="{theme().tight}">0</font>'


def _spoken(library: Library, labels: Sequence[str]) -> str:
    counts = library.counts()
    parts = (f"{x}: {', '.join(f'{counts.get(x, {}).get(s, 0)} {s}' for s in SPLITS)}" for x in labels)
    return "Clips by label and split. " + "; ".join(parts)
