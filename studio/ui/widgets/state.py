"""The properties that the style sheet looks at: set, and shown at once."""

from PySide6.QtWidgets import QWidget


def set_state(widget: QWidget, state: str, kind: str | None = None) -> None:
    """Give a widget the state ("fits", "tight", "too_large", "error" or "") and the kind by which the style sheet colours it."""
    wanted = {"state": state} if kind is None else {"state": state, "kind": kind}
    if any(widget.property(name) != value for name, value in wanted.items()):
        for name, value in wanted.items():
            widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
