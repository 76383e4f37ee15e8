"""What a block without weights lowers to, kept so that an edit lowers only the blocks that it changed."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from studio.core.block import Block
from studio.core.graph import Node
from studio.core.network import Op, Shape
from studio.core.remember import Memory
from studio.lower.build import Draft

_FRAGMENTS = Memory(4096)


class Fragment(NamedTuple):
    """Tensors and operators that a block adds to a draft; the block's inputs are the tensors 0, 1 and so on, its own follow."""

    block: Block
    inputs: list[Shape]
    names: list[str]
    shapes: list[Shape]
    dtypes: list[str | None]
    values: tuple[tuple[int, Any], ...]
    ops: tuple[Op, ...]
    output: int


def lower_block(draft: Draft, block: Block, node: Node, inputs: Sequence[int]) -> int:
    """Add a block's operators to a draft; return its output, which bears the block's name."""
    if draft.trained:
        draft.block = node.id
        before = len(draft.names)
        output = block.lower(node.params, draft, inputs)
        if output >= before:
            draft.names[output] = node.id
        return output
    shapes = [draft.shapes[tensor] for tensor in inputs]
    kept: Fragment | None = node.__dict__.get("fragment")
    if kept is None or kept.block is not block or kept.inputs != shapes:
        key = (id(block), node.id, node.recipe, *shapes)
        kept = node.__dict__["fragment"] = _FRAGMENTS[key] or _FRAGMENTS.keep(key, _fragment(block, node, shapes))
    return _add(draft, kept, inputs)


def _fragment(block: Block, node: Node, shapes: list[Shape]) -> Fragment:
    alone, count = Draft(), len(shapes)
    alone.block = node.id
    for shape in shapes:
        alone.tensor("", shape)
    output = block.lower(node.params, alone, range(count))
    if output >= count:
        alone.names[output] = node.id
    made = (alone.names[count:], alone.shapes[count:], alone.dtypes[count:], tuple(alone.values.items()), tuple(alone.ops), output)
    return Fragment(block, shapes, *made)


def _add(draft: Draft, made: Fragment, inputs: Sequence[int]) -> int:
    _, _, names, shapes, dtypes, every, ops, output = made
    first = len(draft.names)
    numbers = (*inputs, *range(first, first + len(names)))
    draft.names += names
    draft.shapes += shapes
    draft.dtypes += dtypes
    for tensor, values in every:
        draft.values[numbers[tensor]] = values
    of = numbers.__getitem__
    draft.ops += [Op(op.kind, tuple(map(of, op.inputs)), tuple(map(of, op.outputs)), op.options, op.block) for op in ops]
    return numbers[output]
