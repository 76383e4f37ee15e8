"""What a block without weights lowers to, kept so that an edit lowers only the blocks that it changed."""

from collections.abc import Mapping, Sequence
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
    names: tuple[str, ...]
    shapes: tuple[Shape, ...]
    constants: tuple[tuple[int, str], ...]
    values: Mapping[int, Any]
    ops: tuple[Op, ...]
    output: int


def lower_block(draft: Draft, block: Block, node: Node, inputs: Sequence[int]) -> int:
    """Add a block's operators to a draft; return its output, which bears the block's name."""
    draft.block = node.id
    if draft.trained:
        before = len(draft.names)
        output = block.lower(node.params, draft, inputs)
        if output >= before:
            draft.names[output] = node.id
        return output
    key = (id(block), node.id, node.recipe, *[draft.shapes[t] for t in inputs])
    return _add(draft, _FRAGMENTS[key] or _FRAGMENTS.keep(key, _fragment(draft, block, node, inputs)), inputs)


def _fragment(draft: Draft, block: Block, node: Node, inputs: Sequence[int]) -> Fragment:
    alone, count = Draft(), len(inputs)
    alone.block = node.id
    for tensor in inputs:
        alone.tensor("", draft.shapes[tensor])
    output = block.lower(node.params, alone, range(count))
    if output >= count:
        alone.names[output] = node.id
    constants = tuple(alone.constants.items())
    return Fragment(block, tuple(alone.names[count:]), tuple(alone.shapes[count:]), constants, alone.values, tuple(alone.ops), output)


def _add(draft: Draft, made: Fragment, inputs: Sequence[int]) -> int:
    first = len(draft.names)
    numbers = (*inputs, *range(first, first + len(made.names)))
    draft.names += made.names
    draft.shapes += made.shapes
    for tensor, dtype in made.constants:
        draft.constants[numbers[tensor]] = dtype
    for tensor, values in made.values.items():
        draft.values[numbers[tensor]] = values
    for op in made.ops:
        read, written = tuple([numbers[t] for t in op.inputs]), tuple([numbers[t] for t in op.outputs])
        draft.ops.append(Op(op.kind, read, written, op.options, op.block))
    return numbers[made.output]
