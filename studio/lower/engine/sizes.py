"""Operators on sizes: converters write them where a model was made for batches of any size. All is known beforehand; no call is made."""

from collections.abc import Callable

from studio.core.network import Op
from studio.lower.engine.draft import Drafter

_WHOLE = frozenset(["int32", "int64"])
_ON_SIZES = frozenset(["shape", "strided_slice", "pack"])


def known(d: Drafter) -> None:
    """No call: what is made of sizes serves other such operators, or says a shape that the file gives too."""
    made = d.op.outputs[0]
    takers = [op for op in d.network.ops if made in op.inputs]
    if d.out.dtype not in _WHOLE or made in d.network.outputs or not takers:
        d.refuse("there is no kernel for it")
    for op in takers:
        if not _takes_sizes(op, made):
            d.refuse(f"there is no kernel for it where {op.kind} takes what it makes")


def _takes_sizes(op: Op, tensor: int) -> bool:
    if op.kind == "reshape":
        return tensor not in op.inputs[:1]
    return op.kind in _ON_SIZES or (op.kind == "transpose_conv" and tensor not in op.inputs[1:])


def of_sizes_or(rule: Callable[[Drafter], None]) -> Callable[[Drafter], None]:
    """Return a rule that leaves whole numbers to `known` and the rest to another rule."""

    def draft(d: Drafter) -> None:
        known(d) if d.out.dtype in _WHOLE else rule(d)

    return draft
