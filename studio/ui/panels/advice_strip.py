"""The strip of advice beneath the cards: one line with what it brings, applied by a click."""

from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from studio.advise import Advice
from studio.advise.advice import Gain, gains_words, macs_words
from studio.ui.advisor import Advisor
from studio.ui.dismissed import Dismissed
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD, theme
from studio.ui.widgets.still import Still


class AdviceStrip(QFrame):
    """Shows one advice of several; greyed from an edit until the design rests.

    `runtime_wanted` carries a target and the runtime that its card is to show.
    """

    runtime_wanted = Signal(str, str)

    def __init__(self, session: Session, advisor: Advisor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("advice")
        self._session, self._advisor = session, advisor
        self._dismissed = Dismissed(session.document.path)
        self._at, self._left = 0, False
        self.label = QLabel(objectName="advice.words")
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.RichText)
        small = self.font()
        small.setPixelSize(12)
        self.label.setFont(small)
        self.apply_button = QPushButton("Apply", objectName="advice.apply")
        self.apply_button.setProperty("kind", "link")
        self.again = _button("advice.again", "Show again", "Show the advice that was put away in this project")
        self.count = QLabel(objectName="advice.count")
        self.count.setProperty("kind", "dim")
        self.before = _button("advice.previous", "‹", "Previous advice")
        self.after = _button("advice.next", "›", "Next advice")
        self.dismiss = _button("advice.dismiss", "✕", "Put this advice away for this project")
        self._lay_out()
        self.apply_button.clicked.connect(self.apply)
        self.again.clicked.connect(self.restore)
        self.before.clicked.connect(lambda: self.step(-1))
        self.after.clicked.connect(lambda: self.step(1))
        self.dismiss.clicked.connect(self.put_away)
        advisor.found.connect(self._show_found)
        advisor.outdated.connect(self._show)
        session.document_replaced.connect(self._replace)
        session.theme_changed.connect(self._show)
        self._show()

    @property
    def advice(self) -> tuple[Advice, ...]:
        """What is on offer."""
        return tuple(a for a in self._advisor.advice if a.key not in self._dismissed.keys)

    @property
    def shown(self) -> Advice | None:
        """The advice that is shown, None for none."""
        return self.advice[self._at] if self.advice else None

    def buttons(self) -> tuple[QWidget, ...]:
        """Return the stops of Tab in their order."""
        return self.apply_button, self.again, self.before, self.after, self.dismiss

    def step(self, by: int) -> None:
        """Show another advice."""
        if self.advice:
            self._at = (self._at + by) % len(self.advice)
            self._show()

    def put_away(self) -> None:
        """Want the shown advice no more in this project."""
        if self.shown is not None:
            self._dismissed.add(self.shown.key)
            self._show()

    def restore(self) -> None:
        """Want again what was put away."""
        self._dismissed.clear()
        self._show()

    def apply(self) -> None:
        """Make the edits of the shown advice, as one entry of the undo stack, and say what they brought.

        Which runtime a card shows is no part of the design, and is chosen back on the card.
        """
        advice = self.shown
        if advice is None or not self._advisor.current:
            return
        document = self._session.document
        places = document.state.positions
        stands = {new: places[old] for new, old in advice.candidate.stands_at.items() if old in places}
        if self._session.attempt(lambda: document.push_all(advice.candidate.words, advice.candidate.edits, stands)):
            ids = tuple(advice.candidate.stands_at) or (advice.candidate.where,)
            self._session.find(tuple(i for i in ids if i in document.project.graph.by_id) or self._session.selection)
            for gain in advice.switched:
                self.runtime_wanted.emit(gain.target.id, gain.after.runtime)
            self._session.told.emit(self._outcome(advice))

    def _outcome(self, advice: Advice) -> str:
        """Say what came of it, from the figures as they stand now."""
        gauges = self._session.gauges
        intervals = (advice.before.interval_ms, gauges.shown.project.interval_ms)
        made = [(g, gauges.report(g.target.id, g.after.runtime)) for g in advice.gains]
        gains = [Gain(g.target, g.before, report, intervals) for g, report in made if report]
        said = ", ".join(filter(None, (macs_words(advice.macs[0], gauges.shown.figures.macs), gains_words(gains))))
        return f"{advice.candidate.words}: {said}; {advice.caution}"

    # showing

    def _show_found(self) -> None:
        self._at = 0
        self._show()

    def _replace(self) -> None:
        self._dismissed = Dismissed(self._session.document.path)
        self._show_found()

    def _show(self) -> None:
        offered = self.advice
        self._at = min(self._at, max(0, len(offered) - 1))
        shown, current = self.shown, self._advisor.current
        self._left = self._left or (self.apply_button.hasFocus() and not current)
        for widget in (self.apply_button, self.dismiss):
            widget.setVisible(shown is not None)
            widget.setEnabled(current)
        self._give_back_focus()
        for widget in (self.before, self.after, self.count):
            widget.setVisible(len(offered) > 1)
        self.count.setText(f"{self._at + 1} of {len(offered)}")
        self.again.setVisible(shown is None and current and bool(self._advisor.advice))
        self.label.setText(_written(shown, current) if shown else self._empty(current))
        self.label.setToolTip(_explained(shown) if shown else "")
        self.setAccessibleName(f"Advice: {shown.words}; {shown.caution}" if shown else "No advice")
        if shown:
            back = "Ctrl+Z takes it back" if shown.candidate.edits else "chosen back on the card"
            self.apply_button.setToolTip(f"{shown.candidate.words}; {back}")
            self.apply_button.setAccessibleName(f"Apply: {shown.candidate.words}")

    def _give_back_focus(self) -> None:
        """A button that waits for a search loses the keys to its neighbour; they come back to it, unless they went on."""
        if self._left and self.apply_button.isEnabled():
            self._left = False
            if any(widget.hasFocus() for widget in self.buttons()):
                self.apply_button.setFocus()

    def _empty(self, current: bool) -> str:
        if not current:
            return _dim("Advice comes once the design is complete and rests.")
        if self._advisor.advice:
            return _dim(f"Advice put away in this project: {len(self._advisor.advice)}.")
        return _dim("No advice: no single change known here saves 2 % or more.")

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(PAD + GAP, PAD, PAD, GAP)
        column.setSpacing(GAP)
        column.addWidget(Still(self.label))
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self.apply_button)
        row.addWidget(self.again)
        row.addStretch(1)
        for widget in (self.before, self.count, self.after, self.dismiss):
            row.addWidget(widget)
        column.addLayout(row)


def _button(name: str, text: str, tip: str) -> QToolButton:
    button = QToolButton(objectName=name)
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setProperty("kind", "bare")
    return button


def _dim(text: str) -> str:
    return f"<span style='color: {theme().dim}'>{escape(text)}</span>"


def _written(advice: Advice, current: bool) -> str:
    words = f"{advice.candidate.words[:1].upper()}{advice.candidate.words[1:]}: {advice.gain_words}."
    caution = f"{advice.caution[:1].upper()}{advice.caution[1:]}."
    return f"{escape(words) if current else _dim(words)} {_dim(caution)}"


def _explained(advice: Advice) -> str:
    """Say why it helps, and what it brings on every board."""
    rows = "".join(
        f"<tr><td>{escape(g.target.name)}&nbsp;&nbsp;</td><td>{', '.join(s.words for s in g.savings if s.before != s.after) or 'nothing'}</td></tr>"
        for g in advice.gains
    )
    return f"<b>{escape(advice.rule.title)}</b><br>{escape(advice.rule.reason)}<table>{rows}</table>estimated by trying it out; {advice.caution}"
