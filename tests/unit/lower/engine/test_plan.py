from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from studio.lower.engine import program
from studio.lower.engine.plan import Block, Span, arrange, place, plan
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
    arena, full = place(made)
    for i, a in enumerate(made):
        assert a.offset % 4 == 0
        assert a.offset + a.size <= arena
        for b in made[:i]:
            for mine in a.spans:
                for theirs in b.spans:
                    apart = a.offset + mine.size <= b.offset or b.offset + theirs.size <= a.offset
                    assert apart or mine.last < theirs.first or theirs.last < mine.first
    assert arena <= sum(-(-b.size // 4) * 4 for b in made)
    if full:
        steps = range(max(span.last for b in made for span in b.spans) + 1)
        alive = [sum(max((s.size for s in b.spans if s.first <= step <= s.last), default=0) for b in made) for step in steps]
        assert arena < max(alive) + 4 * len(made) + 4


def test_one_after_the_other_share_memory():
    assert place([Block([Span(100, 0, 1)]), Block([Span(40, 1, 2)]), Block([Span(100, 2, 3)])]) == (140, True)


def test_a_shrinking_block_frees_its_end():
    chain = Block([Span(100, 0, 1, 0), Span(20, 1, 3, 1)])
    assert place([chain, Block([Span(80, 2, 3, 2)])]) == (100, True)


def test_another_order_is_tried_where_the_largest_first_leaves_a_gap():
    """The largest would take the bottom, and the chain that shrinks by then would lie above it for all its life."""
    lives = (((0, 0, 1, -1), (1, 1, 2, 0)), ((2, 2, 3, -1),))
    sizes = {0: 95, 1: 20, 2: 100}
    assert place(arrange(lives, sizes.__getitem__, [])[0]) == (196, False)
    assert plan(lives, sizes.__getitem__, [])[1] == 120


def test_a_growing_tensor_ends_where_it_may_lie_over_its_source_and_only_where_that_spares():
    lives = (((0, 0, 1, -1), (1, 1, 2, 0)), ((2, 2, 3, -1),))
    (source, grown), arena = lying(lives, {0: 90, 1: 100, 2: 4})
    assert (grown, source, arena) == (0, 12, 104)
    (source, grown), arena = lying(lives, {0: 90, 1: 100, 2: 200})
    assert arena == 300
    assert abs(grown - source) >= 90


def lying(lives, sizes):
    made, arena = plan(lives, sizes.__getitem__, [])
    at = {span.tensor: block.offset + span.at for block in made for span in block.spans}
    return (at[0], at[1]), arena


@st.composite
def groups(draw):
    """Chains of tensors, each of which may lie over the one before; those of a chain meet in one call."""
    lives, sizes = [], {}
    for _ in range(draw(st.integers(1, 6))):
        call, group = draw(st.integers(0, 6)), []
        for _ in range(draw(st.integers(1, 5))):
            last, tensor = call + draw(st.integers(0, 2)), len(sizes)
            group.append((tensor, call, last, tensor - 1 if group else -1))
            sizes[tensor], call = draw(st.integers(1, 200)), last
        lives.append(tuple(group))
    return tuple(lives), sizes


@given(groups())
def test_only_what_may_lies_over_another_and_never_beyond_its_end(made):
    lives, sizes = made
    blocks, arena = plan(lives, sizes.__getitem__, [])
    at = {span.tensor: block.offset + span.at for block in blocks for span in block.spans}
    spans = {life[0]: life for group in lives for life in group}
    assert all(start % 4 == 0 and start >= 0 and start + sizes[t] <= arena for t, start in at.items())
    for one, other in combinations(spans, 2):
        (_, first, last, _), (_, begins, ends, over) = spans[one], spans[other]
        if last < begins or ends < first or at[one] + sizes[one] <= at[other] or at[other] + sizes[other] <= at[one]:
            continue
        related = over == one or (last == begins and first <= begins)
        assert related
        if over == one and sizes[other] > sizes[one]:
            assert at[one] - at[other] >= sizes[other] - sizes[one]
        elif over == one:
            assert at[one] == at[other]


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
                if out.size > taken.size:
                    assert "pointwise" in call.kernel, (seed, call)
                    assert taken.offset >= out.offset + out.size - taken.size, (seed, call)
                else:
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
