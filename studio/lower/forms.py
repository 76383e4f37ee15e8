"""Operators apart from their names and numbers: what is asked of one is worked out once for all of its form."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

from studio.core.network import Network, Op, Tensor
from studio.core.remember import Memory, remembered

T = TypeVar("T")
Pattern = tuple[tuple[int, ...], tuple[int, ...]]

_FORMS = Memory(4096)
_STRUCTURES = Memory(4096)
# The longest constant whose values can decide a size, such as axes, begins or paddings.
_LONGEST = 64
_WEIGHTED = frozenset(["conv_2d", "depthwise_conv_2d", "fully_connected", "transpose_conv"])


class Form:
    """An operator as it stands in a block; `where` is the block, else the output's name.

    `network` holds this operator alone: its tensors numbered in the order of first use, without names and without the values of
    weights; `whole` says that it has none of these. `facts` are shared by all operators of this structure, `count` is this block's own.
    """

    __slots__ = ("_alive", "count", "facts", "network", "where", "whole")

    def __init__(self, network: Network, facts: dict[Any, Any], where: str, whole: bool, alive: Any) -> None:
        self.network, self.facts, self.where, self.whole = network, facts, where, whole
        self.count: Any = None
        self._alive = alive

    def fact(self, work: Callable[..., T], *args: Any) -> T:
        """Return work(network, op, *args) of the operator alone, worked out once."""
        key = (work, *args) if args else work
        if key not in self.facts:
            self.facts[key] = work(self.network, self.network.ops[0], *args)
        return self.facts[key]


def forms(network: Network) -> tuple[Form, ...]:
    """Return the form of every operator; one that stands as it stood before an edit has the very form that it had."""
    return remembered(_forms, network)


def each(network: Network, key: Hashable, work: Callable[[Form], T]) -> list[T]:
    """Return work(form) of every operator, which is never empty; worked out once for all of its form, under a key that names the work."""
    return [form.facts.get(key) or form.facts.setdefault(key, work(form)) for form in forms(network)]


def numbers(network: Network) -> tuple[tuple[int, ...], ...]:
    """Return for every operator the numbers that its form's tensors have in the network."""
    return remembered(_numbers, network)


def _numbers(network: Network) -> tuple[tuple[int, ...], ...]:
    return tuple([_tensors_of(op) for op in network.ops])


def _tensors_of(op: Op) -> tuple[int, ...]:
    """Return an operator's tensors, each once, in the order of use."""
    used = dict.fromkeys(op.inputs + op.outputs)
    used.pop(-1, None)
    return tuple(used)


def _forms(network: Network) -> tuple[Form, ...]:
    everything, made = network.tensors, []
    for op, used in zip(network.ops, numbers(network), strict=True):
        tensors = [everything[i] for i in used]
        pattern = len(op.inputs) if len(used) == len(op.inputs) + len(op.outputs) else _pattern(op, used)
        key = (op.kind, id(op.options), op.block, pattern, *map(id, tensors))
        made.append(_FORMS[key] or _form(key, op, used, tensors))
    return tuple(made)


def _pattern(op: Op, used: Sequence[int]) -> Pattern:
    place = {-1: -1, **{number: i for i, number in enumerate(used)}}
    return tuple(place[i] for i in op.inputs), tuple(place[i] for i in op.outputs)


def _form(key: Any, op: Op, used: Sequence[int], tensors: Sequence[Tensor]) -> Form:
    bare = tuple(_bare(op, t) for t in tensors)
    pattern = _pattern(op, used)
    same = (op.kind, repr(op.options), pattern, *((t.shape, t.dtype, t.quant, t.constant, t.variable, t.data) for t in bare))
    alone, facts = _STRUCTURES[same] or _STRUCTURES.keep(same, (_alone(op, bare, pattern), {}))
    where = op.block or (tensors[used.index(op.outputs[0])].name if op.outputs else op.kind)
    whole = all(t.data is b.data for t, b in zip(tensors, bare, strict=True))
    form = Form(alone, facts, where, whole, (op.options, tensors))
    return _FORMS.keep(key, form) if whole else form  # trained weights are not kept alive here


def _bare(op: Op, tensor: Tensor) -> Tensor:
    kept = tensor.data if op.kind not in _WEIGHTED and tensor.nbytes <= _LONGEST else None
    return Tensor("", tensor.shape, tensor.dtype, tensor.quant, tensor.constant, kept, tensor.variable)


def _alone(op: Op, tensors: tuple[Tensor, ...], pattern: Pattern) -> Network:
    return Network("", tensors, (Op(op.kind, *pattern, op.options),), (), pattern[1])
