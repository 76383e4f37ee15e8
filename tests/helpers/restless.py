"""A user who edits at random, the same way for the same seed: to be killed in the middle of it."""

import random

import msgspec

from studio.core.edits import AddBlock, RemoveBlocks, SetFrontEnd, SetLabels
from studio.core.errors import StudioError
from studio.core.graph import INPUT_KIND
from studio.core.library import Segment
from studio.ui.document import Document

KINDS = ("relu", "conv2d", "dense", "max_pool", "dropout")


class RestlessUser:
    """Takes one step at a time on a document."""

    def __init__(self, document: Document, seed: int) -> None:
        self.document = document
        self.random = random.Random(seed)

    def step(self) -> None:
        """Do something; what the model refuses is no step lost."""
        actions = (self.turn, self.turn, self.add, self.remove, self.move, self.mark, self.label, self.undo, self.redo, self.save)
        try:
            self.random.choice(actions)()
        except StudioError:
            self.turn()

    def turn(self) -> None:
        self.document.push(SetFrontEnd({"mels": self.random.randint(16, 48)}), self.random.choice(("", "fe.mels.1")))

    def add(self) -> None:
        place = (self.random.uniform(-500, 500), self.random.uniform(-500, 500))
        kind = self.random.choice(KINDS)
        id = self.document.project.graph.fresh_id(kind)
        self.document.push(AddBlock(kind, id=id), positions={id: place})

    def remove(self) -> None:
        ids = sorted(n.id for n in self.document.project.graph.nodes if n.kind != INPUT_KIND)
        self.document.push(RemoveBlocks((self.random.choice(ids),), bridge=True))

    def move(self) -> None:
        self.document.move({"conv2d_1": (self.random.random(), self.random.random())})

    def mark(self) -> None:
        library = self.document.library
        segment = Segment(self.random.choice(library.recordings).id, 0, self.random.randint(1, 99), "yes", "test")
        self.document.set_library("mark", msgspec.structs.replace(library, segments=(*library.segments, segment)))

    def label(self) -> None:
        labels = list(self.document.project.labels)
        self.random.shuffle(labels)
        self.document.push(SetLabels(tuple(labels)))

    def undo(self) -> None:
        self.document.undo_stack.undo()

    def redo(self) -> None:
        self.document.undo_stack.redo()

    def save(self) -> None:
        self.document.save()
