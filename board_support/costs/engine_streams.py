"""Programs in which every chain of calls is a stream, on which the streams' own code is measured."""

from collections.abc import Iterator

import numpy as np
from engine_operators import mean_network
from engine_sweep import fitted_network, held_out_networks

from studio.core.network import Network
from studio.core.program import Program
from studio.lower.engine.build import Space, assemble, draft
from studio.lower.engine.stream import ranges, stream

STREAMED, MEANS = 14, 4


def streamed_program(network: Network, variant: str, seed: int) -> Program:
    """Stream every chain, as long as can be, some rows at a time."""
    rng = np.random.default_rng(seed)
    drafter = draft(network, variant)
    space, drafts, call = Space(drafter), list(drafter.drafts), 0
    while call < len(drafts):
        last = max((r[1] for r in ranges(drafts, call, space.whole) if r[0] == call), default=call)
        if last > call:
            drafts[call : last + 1] = [stream(drafts[call : last + 1], space.size_of, int(rng.integers(1, 5)))]
        call += 1
    return assemble(drafter, drafts)


def streams(variant: str) -> Iterator[Program]:
    """Return the programs that are fitted."""
    for seed in range(STREAMED):
        yield streamed_program(fitted_network(seed), variant, seed)
    for seed, network in enumerate([*held_out_networks().values(), *map(mean_network, range(MEANS))]):
        yield streamed_program(network, variant, seed)
