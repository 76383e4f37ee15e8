"""Checks for blocks, boards, plugins and jobs: for us and for plugin authors."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio.testing.block_check import check_block

__all__ = ["check_block"]


def __getattr__(name: str) -> Any:
    """Load check_block at its first use: child processes import this package for its job entries, which need none of it."""
    if name == "check_block":
        from studio.testing.block_check import check_block

        return check_block
    raise AttributeError(name)
