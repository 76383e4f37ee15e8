"""Where TFLM's plan puts every buffer, for drawing: what `arena` counts as its head."""

from bisect import bisect_right

from studio.core.network import Network
from studio.core.program import Buffer
from studio.estimate.tflm.kernels import Kernels
from studio.estimate.tflm.memory import Wishes, demands, fixed_offsets, placed, scopes, wishes
from studio.estimate.tflm.planner import place


def plan(network: Network, kernels: Kernels = "cmsis_nn", dsp: bool = True) -> tuple[Buffer, ...]:
    """Return the buffers of the planned part with their offsets; `first` and `last` count the operators of the first subgraph.

    What only a further subgraph uses lives during the operator that calls it, and has no `tensor`.
    """
    wanted = wishes(network, kernels, dsp)
    buffers = demands(network, wanted)
    begins = [begin for begin, _ in scopes(network)]
    return tuple(
        Buffer(name, offset, demand.size, _step(begins, demand.first), _step(begins, demand.last), tensor)
        for (name, tensor), demand, offset in zip(_named(network, wanted), buffers, place(buffers, fixed_offsets(network)), strict=True)
    )


def _named(network: Network, wanted: Wishes) -> list[tuple[str, int]]:
    """Return names and tensors in the order of `demands`."""
    first, *rest = placed(network)
    own = [(network.tensors[i].name, i) for i in first]
    further = [(graph.tensors[i].name, -1) for graph, indices in zip(network.subgraphs, rest, strict=True) for i in indices]
    scratch = [(f"scratch of operator {number}", -1) for row in wanted for number, wish in enumerate(row) for _ in wish.scratch]
    return [*own, *further, *scratch]


def _step(begins: list[int], scope: int) -> int:
    """Return the operator during which a scope lies; the first one for what lives from the start."""
    return max(bisect_right(begins, scope) - 1, 0)
