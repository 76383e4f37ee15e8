"""What a card opens: its target's energy, and its board's sheet; and which cards tell of boards that are others now."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from studio.core.target import TargetDevice

if TYPE_CHECKING:
    from studio.ui.panels.target_card import TargetCard
    from studio.ui.panels.targets import TargetsColumn


def edit_energy(column: "TargetsColumn", id: str = "") -> None:
    """Show what the energy of a target is counted with: of this one, of the card that has the focus, or of the first."""
    from studio.ui.dialogs.energy import show_energy

    window = column.window()
    focus = window.focusWidget()
    focused = next((t for t, card in column.cards.items() if focus is not None and card.isAncestorOf(focus)), "")
    target = id or focused or next(iter(column.cards), "")
    if target:
        show_energy(column.session, target, window)
    else:
        column.session.told.emit("no target is chosen, so there is no energy to count")


def show_sheet(column: "TargetsColumn", id: str) -> None:
    """Show a board's numbers and their sources."""
    from studio.ui.dialogs.boards import show_boards

    show_boards(column.session, column.window(), id)


def changed_cards(cards: "dict[str, TargetCard]", boards: Mapping[str, TargetDevice]) -> "list[TargetCard]":
    """Take out, and return, the cards of boards whose files say something else now, or are gone."""
    return [cards.pop(id) for id in [id for id, card in cards.items() if boards.get(id) != card.target]]
