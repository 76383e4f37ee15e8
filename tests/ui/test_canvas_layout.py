"""The layout is a pure function: whatever the graph, no two cards meet and wires of a row run forward."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from studio.blocks import registry
from studio.blocks.templates import default_graph
from studio.core.graph import ModelGraph, Node
from studio.ui.canvas.layout import Spacing, arranged, completed, fit_scale, free_place, room_for

SPACING = Spacing()
BLOCKS = registry()


def overlap(a, b):
    return abs(a[0] - b[0]) < SPACING.width and abs(a[1] - b[1]) < SPACING.height


def covered(places):
    cards = list(places.values())
    return any(overlap(a, b) for n, a in enumerate(cards) for b in cards[:n])


@st.composite
def graphs(draw):
    graph = ModelGraph((Node("input", "input"),))
    for number in range(draw(st.integers(0, 14))):
        id = f"add_{number}"
        earlier = [n.id for n in graph.nodes]
        graph = graph.add(BLOCKS.get("add"), {}, id)
        for port, source in enumerate(draw(st.lists(st.sampled_from(earlier), max_size=3, unique=True))):
            graph = graph.connect(source, id, port)
    return graph


@given(graphs(), st.integers(200, 2000), st.integers(200, 1200))
def test_no_two_cards_meet(graph, width, height):
    places = arranged(graph, (width, height), SPACING)
    assert set(places) == set(graph.by_id)
    assert not covered(places)


@given(graphs(), st.data())
def test_known_places_stay_and_new_blocks_find_room(graph, data):
    pinned = data.draw(st.sets(st.sampled_from(sorted(graph.by_id)), min_size=1))
    everywhere = arranged(graph, (900, 500), SPACING)
    places = completed(graph, {i: everywhere[i] for i in pinned}, (900, 500), SPACING)
    assert all(places[i] == everywhere[i] for i in pinned)
    assert set(places) == set(graph.by_id)
    assert not covered(places)


def test_a_long_chain_folds_like_text():
    graph = default_graph((49, 40, 1), 10)
    places = arranged(graph, (729, 387), SPACING)
    inward = [places[i] for i in graph.order]
    for (x, y), (next_x, next_y) in pairwise(inward):
        assert (next_x > x and next_y == y) or (next_x == 0 and next_y > y)
    right = max(x for x, _ in inward) + SPACING.width + 2 * SPACING.margin
    bottom = max(y for _, y in inward) + SPACING.height + 2 * SPACING.margin
    assert fit_scale((right, bottom), (729, 387)) >= 1.0


def test_parallel_branches_stand_beneath_each_other():
    graph = default_graph((49, 40, 1), 10).add(BLOCKS.get("relu"), {}, "twin").connect("conv2d_1", "twin")
    places = arranged(graph, (4000, 500), SPACING)
    assert places["twin"][0] == places["batch_norm_1"][0]
    assert places["twin"][1] != places["batch_norm_1"][1]


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 500)), max_size=12), st.integers(0, 900), st.integers(0, 500))
def test_a_free_place_covers_nothing(taken, x, y):
    found = free_place((x, y), taken, SPACING)
    assert not any(overlap(found, card) for card in taken)


@given(st.integers(0, 500))
def test_room_is_made_in_the_row_only(x):
    row = {"a": (0.0, 0.0), "b": (190.0, 0.0), "c": (380.0, 0.0), "far": (190.0, 200.0)}
    place, moved = room_for((float(x), 10.0), row, SPACING)
    assert ("far" not in moved and "a" not in moved) or x == 0
    assert place[0] >= x
    assert not covered({**row, **moved, "new": place})
