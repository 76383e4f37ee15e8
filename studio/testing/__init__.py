"""Checks for blocks, boards, plugins and jobs: for us and for plugin authors."""

from studio.testing.block_check import check_block

__all__ = ["check_block"]
