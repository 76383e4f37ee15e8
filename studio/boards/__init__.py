"""Boards: the records that ship in board_support/ and the user's own, merged and checked."""

from studio.boards.load import board, load_boards

__all__ = ["board", "load_boards"]
