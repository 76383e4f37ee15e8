"""All of a document that can be undone, as one value: the design, the recordings, and where blocks stand."""

from collections.abc import Mapping

import msgspec

from studio.core.library import Library
from studio.core.project import Project

Positions = Mapping[str, tuple[float, float]]


class State(msgspec.Struct, frozen=True):
    """A document's state. Moving a block changes `positions` alone, so that no figure is computed anew."""

    project: Project
    library: Library = Library()
    positions: Positions = msgspec.field(default_factory=dict)
