"""Boards: the records that ship in board_support/, and how others are added; `studio.deploy.boards` looks them all up."""

from studio.boards.load import Catalogue, board, catalogue, load_boards, own_folder, shipped_boards
from studio.boards.place import BoardFileError, Source

__all__ = ["BoardFileError", "Catalogue", "Source", "board", "catalogue", "load_boards", "own_folder", "shipped_boards"]
