from hypothesis import given
from hypothesis import strategies as st

from studio.lower.engine import program
from studio.lower.engine.plan import Block, Span, place
from tests.helpers.random_networks import random_network
from tests.helpers.streaming_networks import streaming_network


@st.composite
def blocks(draw):
    made = []
    for number in range(draw(st.integers(1, 12))):
        made.append(Block(draw(st.lists(spans(number), min_size=1, max_size=3))))
    return made


@st.composite
def spans(draw, number):
    first = draw(st.integers(0, 9))
    return Span(draw(st.integers(1, 300)), first, first + draw(st.integers(0, 5)), number)


def overlaps(a, b) -> bool:
    return a.offset < b.offset + b.size and b.offset < a.offset + a.size


@given(blocks())
def test_what_lives_together_lies_apart(made):
    arena = place(made)
    for i, a in enumerate(made):
        assert a.offset % 4 == 0
        assert a.offset + a.size <= arena
        for b in made[:i]:
            for mine in a.spans:
                for theirs in b.spans:
                    apart = a.offset + mine.size <= b.offset or b.offset + theirs.size <= a.offset
                    assert apart or mine.last < theirs.first or theirs.last < mine.first
    assert arena <= sum(-(-b.size // 4) * 4 for b in made)


def test_one_after_the_other_share_memory():
    assert place([Block([Span(100, 0, 1)]), Block([Span(40, 1, 2)]), Block([Span(100, 2, 3)])]) == 140


def test_a_shrinking_block_frees_its_end():
    chain = Block([Span(100, 0, 1, 0), Span(20, 1, 3, 1)])
    assert place([chain, Block([Span(80, 2, 3, 2)])]) == 100


def test_only_a_call_that_may_runs_in_place():
    for seed in range(60):
        plan = program(random_network(seed))
        whole = {b.tensor: b for b in plan.buffers if b.tensor >= 0}
        for number, call in enumerate(plan.calls):
            out = whole[plan.network.ops[call.op].outputs[0]]
            for tensor in plan.network.ops[call.op].inputs:
                taken = whole.get(tensor)
                if taken is None or not overlaps(taken, out):
                    continue
                assert taken.last <= number, (seed, call)
                assert taken.offset == out.offset, (seed, call)
                assert "conv_2d" not in call.kernel, (seed, call)
                assert "pool" not in call.kernel, (seed, call)


def test_state_is_never_overlapped():
    for seed in range(30):
        plan = program(streaming_network(seed))
        kept = {b.offset: b for b in plan.buffers if plan.network.tensors[b.tensor].dtype == "resource" and b.tensor >= 0}
        assert len(kept) == len(plan.init)
        for state in kept.values():
            assert (state.first, state.last) == (0, len(plan.calls))
            others = [b for b in plan.buffers if b.offset != state.offset]
            assert not any(overlaps(state, b) for b in others), (seed, state)
            same = [b for b in plan.buffers if b.offset == state.offset]
            assert all((b.first, b.last, b.size) == (state.first, state.last, state.size) for b in same), (seed, state)
