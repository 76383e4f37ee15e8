"""Which variables a network has, and when their values are in use."""

from studio.core.network import Network, Op, Tensor

_RESHAPES = frozenset(["reshape", "expand_dims", "squeeze"])
_MOVED = _RESHAPES | frozenset(["var_handle", "read_variable", "assign_variable", "call_once"])


class Variables:
    """The variables of a network by the tensor of their first handle: their sizes, first values, and who uses them when."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.of: dict[int, int] = {}
        self.names: dict[str, int] = {}
        for op in network.ops:
            if op.kind == "var_handle":
                self.of[op.outputs[0]] = self.names.setdefault(op.options["shared_name"], op.outputs[0])
        self.sizes = {self.of[op.inputs[0]]: self._held(op).nbytes for op in self._users()}

    def _users(self, *kinds: str) -> list[Op]:
        wanted = kinds or ("read_variable", "assign_variable")
        return [op for op in self._network.ops if op.kind in wanted and op.inputs[0] in self.of]

    def _held(self, op: Op) -> Tensor:
        return self._network.tensors[op.outputs[0] if op.kind == "read_variable" else op.inputs[1]]

    def held(self, variable: int) -> Tensor:
        """Return a tensor of the variable's size and quantisation."""
        return next(self._held(op) for op in self._users() if self.of[op.inputs[0]] == variable)

    def reads_in_place(self, op: Op) -> bool:
        """Whether a read's tensor may be the variable itself: nothing new is stored while it is in use."""
        start = self._network.ops.index(op)
        stores = [self._network.ops.index(a) for a in self._stores(self.of[op.inputs[0]])]
        return not any(start < store <= self._last_use(op.outputs[0]) for store in stores)

    def stores_in_place(self, op: Op) -> bool:
        """Whether the tensor that is stored may be made in the variable: no one reads the old values from then on."""
        ops, tensor, variable = self._network.ops, op.inputs[1], self.of[op.inputs[0]]
        made = [number for number, other in enumerate(ops) if tensor in other.outputs]
        ends = (*self._network.inputs, *self._network.outputs)
        if not made or ops[made[0]].kind in _MOVED or tensor in ends or len(self._stores(variable)) > 1:
            return False
        if sum(1 for other in ops if other.kind == "assign_variable" and other.inputs[1] == tensor) > 1:
            return False
        reads = [other for other in self._users("read_variable") if self.of[other.inputs[0]] == variable]
        stored = ops.index(op)
        return all(self._last_use(r.outputs[0]) < made[0] or ops.index(r) > stored for r in reads)

    def _stores(self, variable: int) -> list[Op]:
        return [op for op in self._users("assign_variable") if self.of[op.inputs[0]] == variable]

    def _last_use(self, tensor: int) -> int:
        """Return the number of the last operator that uses a tensor, or what is made of the same memory."""
        last, same = -1, {tensor}
        for number, op in enumerate(self._network.ops):
            if same & set(op.inputs):
                last = number
                same |= set(op.outputs) if op.kind in _RESHAPES else set()
        return len(self._network.ops) if same & set(self._network.outputs) else last
