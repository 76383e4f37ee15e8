"""Questions that are asked once, with the verb on the button."""

from collections.abc import Sequence

from PySide6.QtWidgets import QMessageBox, QWidget


def ask(parent: QWidget | None, title: str, text: str, verbs: Sequence[str], stay: str = "Cancel", more: str = "") -> str:
    """Ask, and return the chosen verb; "" for the way back, which Esc takes too. The first verb answers Enter."""
    box = QMessageBox(parent)
    box.setObjectName("question")
    box.setWindowTitle(title)
    box.setText(text)
    box.setInformativeText(more)
    buttons = {box.addButton(verb, QMessageBox.ButtonRole.AcceptRole): verb for verb in verbs}
    back = box.addButton(stay, QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(next(iter(buttons)))
    box.setEscapeButton(back)
    box.exec()
    chosen = buttons.get(box.clickedButton(), "")
    box.deleteLater()
    return chosen
