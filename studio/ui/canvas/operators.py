"""The operators of the palette: listed by category, found by name, and asked whether they take a shape."""

from collections.abc import Iterable

import msgspec

from studio.core.block import Block
from studio.core.errors import StudioError
from studio.core.network import Shape
from studio.core.registry import Registry

CATEGORIES = {
    "input": "Front end",
    "convolution": "Convolution",
    "pooling": "Pooling",
    "dense": "Dense",
    "activation": "Activation",
    "merge": "Merge",
    "normalisation": "Normalisation",
    "regularisation": "Regularisation",
    "shape": "Shape",
}
BLOCK_MIME = "application/x-otolith-block"


class Operator(msgspec.Struct, frozen=True):
    """What the palette says of an operator."""

    kind: str
    title: str
    category: str
    help: str


def operators(blocks: Registry[Block]) -> tuple[Operator, ...]:
    """List the operators in the order of their categories; one whose plugin fails is left out."""
    listed = []
    for kind in blocks:
        try:
            block = blocks.get(kind)
        except StudioError:
            continue
        listed.append(Operator(kind, block.title, block.category, block.help))
    order = {category: n for n, category in enumerate(CATEGORIES)}
    return tuple(sorted(listed, key=lambda o: order.get(o.category, len(order))))


def found(listed: Iterable[Operator], text: str) -> tuple[Operator, ...]:
    """Return the operators that hold every word of the text in name, kind, category or help; names that begin with it first."""
    words = text.lower().split()
    holding = [o for o in listed if all(w in _searched(o) for w in words)]
    return tuple(sorted(holding, key=lambda o: _rank(o, words))) if words else tuple(holding)


def takes(block: Block, shape: Shape | None) -> bool:
    """Whether an operator with its default parameters can take an input of this shape; yes where the shape is not known."""
    if shape is None:
        return True
    try:
        block.shape({p.name: p.default for p in block.params}, (shape,) * len(block.inputs))
    except StudioError:
        return False
    return True


def _searched(operator: Operator) -> str:
    return " ".join((operator.title, operator.kind, CATEGORIES.get(operator.category, operator.category), operator.help)).lower()


def _rank(operator: Operator, words: list[str]) -> int:
    title, kind = operator.title.lower(), operator.kind.lower()
    if title.startswith(words[0]) or kind.startswith(words[0]):
        return 0
    return 1 if all(w in title or w in kind for w in words) else 2
