"""The graph editor of the Design room."""

from studio.ui.canvas.view import GraphCanvas

__all__ = ["GraphCanvas"]
