"""The graph as a value: whatever edits come, it stays whole; what cannot be is refused with a typed error."""

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.blocks import KINDS, registry
from studio.core.errors import CycleError, GraphError, ParameterError, PortTaken, StudioError, UnknownBlock
from studio.core.graph import INPUT_KIND, ModelGraph, Node, Wire, infer

BLOCKS = registry()
START = ModelGraph((Node(INPUT_KIND, INPUT_KIND),))
SHAPE = (49, 40, 1)


def chain(*kinds: str) -> ModelGraph:
    graph, last = START, INPUT_KIND
    for kind in kinds:
        id = graph.fresh_id(kind)
        graph, last = graph.add(BLOCKS.get(kind), {}, id).connect(last, id), id
    return graph


steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sampled_from(KINDS)),
        st.tuples(st.just("connect"), st.integers(0, 12), st.integers(0, 12), st.integers(0, 3)),
        st.tuples(st.just("disconnect"), st.integers(0, 12), st.integers(0, 3)),
        st.tuples(st.just("remove"), st.integers(0, 12)),
    ),
    max_size=30,
)


def apply(graph: ModelGraph, step: tuple) -> ModelGraph:
    def id_at(number: int) -> str:
        return graph.nodes[number % len(graph.nodes)].id if graph.nodes else "nothing"

    match step:
        case ("add", kind):
            return graph.add(BLOCKS.get(kind))
        case ("connect", source, target, port):
            node = graph.node(id_at(target))
            return graph.connect(id_at(source), node.id, port, BLOCKS.get(node.kind) if node.kind != INPUT_KIND else None)
        case ("disconnect", target, port):
            return graph.disconnect(id_at(target), port)
        case ("remove", block):
            return graph.remove((id_at(block),))


@given(steps)
def test_any_edits_leave_a_whole_graph(sequence):
    graph = START
    for step in sequence:
        before = (graph.nodes, graph.wires)
        try:
            after = apply(graph, step)
        except StudioError as error:
            assert isinstance(error, GraphError)
            assert str(error)
            after = graph
        assert (graph.nodes, graph.wires) == before
        graph = after
        ids = [n.id for n in graph.nodes]
        assert len(set(ids)) == len(ids)
        assert len({(w.target, w.port) for w in graph.wires}) == len(graph.wires)
        assert {w.source for w in graph.wires} | {w.target for w in graph.wires} <= set(ids)
        assert nx.is_directed_acyclic_graph(graph.view)
        assert sorted(graph.order) == sorted(ids)
        place = {id: i for i, id in enumerate(graph.order)}
        created = {id: i for i, id in enumerate(ids)}
        assert graph.order == tuple(nx.lexicographical_topological_sort(graph.view, key=created.__getitem__))
        assert all(graph.reaches(a, b) == nx.has_path(graph.view, a, b) for a in ids for b in ids)
        assert all(place[w.source] < place[w.target] for w in graph.wires)
        inference = infer(graph, BLOCKS, SHAPE)
        assert set(inference.shapes) <= set(ids)
        assert all(i.where in ("", *ids) for i in inference.issues)


@given(steps, st.sampled_from(KINDS))
def test_adding_and_removing_gives_the_same_value_back(sequence, kind):
    graph = START
    for step in sequence:
        try:
            graph = apply(graph, step)
        except StudioError:
            continue
    assert graph.add(BLOCKS.get(kind), id="extra").remove(("extra",)) == graph


def test_what_did_not_change_is_shared():
    before = chain("conv2d", "relu", "flatten", "dense")
    after = before.with_params(BLOCKS.get("conv2d"), "conv2d_1", {"filters": 9})
    assert after.node("conv2d_1").params["filters"] == 9
    assert before.node("conv2d_1").params["filters"] == 16
    assert after.node("relu_1") is before.node("relu_1")
    assert after.wires is before.wires


def test_order_is_that_of_creation_among_equals():
    graph = START
    for kind in ("relu", "conv2d", "max_pool"):
        graph = graph.add(BLOCKS.get(kind)).connect(INPUT_KIND, f"{kind}_1")
    assert graph.order == (INPUT_KIND, "relu_1", "conv2d_1", "max_pool_1")


def test_ids_are_stable_and_never_taken_twice():
    graph = chain("relu", "relu")
    assert [n.id for n in graph.nodes] == [INPUT_KIND, "relu_1", "relu_2"]
    assert graph.remove(("relu_1",)).fresh_id("relu") == "relu_1"
    with pytest.raises(GraphError, match="there already"):
        graph.add(BLOCKS.get("relu"), id="relu_2")
    for bad in ("two words", "1st", "ähre", "a-b"):
        with pytest.raises(GraphError, match="no block id"):
            graph.add(BLOCKS.get("relu"), id=bad)


def test_each_refused_wire_has_its_error():
    graph = chain("relu", "relu6")
    with pytest.raises(PortTaken, match="already has a wire"):
        graph.connect(INPUT_KIND, "relu_1")
    with pytest.raises(CycleError, match="loop"):
        graph.disconnect("relu_1").connect("relu6_1", "relu_1")
    with pytest.raises(CycleError):
        graph.disconnect("relu_1").connect("relu_1", "relu_1")
    with pytest.raises(UnknownBlock, match="nowhere"):
        graph.connect("nowhere", "relu_1")
    with pytest.raises(GraphError, match="no input 1"):
        graph.connect(INPUT_KIND, "relu6_1", 1, BLOCKS.get("relu6"))
    with pytest.raises(GraphError, match="input block takes no wire"):
        graph.connect("relu_1", INPUT_KIND)
    with pytest.raises(GraphError, match="has no wire"):
        graph.disconnect("relu_1", 3)


def test_a_variadic_port_takes_any_number_of_wires():
    graph = START.add(BLOCKS.get("add"))
    for port in range(5):
        graph = graph.connect(INPUT_KIND, "add_1", port, BLOCKS.get("add"))
    assert graph.sources["add_1"] == (INPUT_KIND,) * 5
    assert infer(graph, BLOCKS, SHAPE).shapes["add_1"] == SHAPE


def test_parameters_are_checked_and_completed():
    with pytest.raises(ParameterError, match="no parameter 'size'") as caught:
        START.add(BLOCKS.get("conv2d"), {"size": 3})
    assert "filters" in caught.value.hint
    with pytest.raises(ParameterError, match="filters = 0"):
        START.add(BLOCKS.get("conv2d"), {"filters": 0})
    node = START.add(BLOCKS.get("conv2d"), {"kernel": [5, 3]}).node("conv2d_1")
    assert node.params["kernel"] == (5, 3)
    assert set(node.params) == {p.name for p in BLOCKS.get("conv2d").params}


def test_inference_names_the_block_that_is_wrong_and_goes_on():
    graph = chain("conv2d", "dense", "softmax").add(BLOCKS.get("relu")).connect("conv2d_1", "relu_1")
    inference = infer(graph, BLOCKS, SHAPE)
    assert not inference.runnable
    assert inference.output is None
    errors = {i.where: i.message for i in inference.issues}
    assert "vector" in errors["dense_1"]
    assert "flatten" in errors["dense_1"]
    assert inference.shapes["relu_1"] == (49, 40, 16)
    assert "softmax_1" not in inference.shapes


@pytest.mark.parametrize(
    ("graph", "words"),
    [
        (ModelGraph(), "0 input blocks"),
        (START, "must end in one block"),
        (START.add(BLOCKS.get("relu")), "no wire"),
        (chain("relu").add(BLOCKS.get("relu")).connect(INPUT_KIND, "relu_2"), "ends now: relu_1, relu_2"),
        (ModelGraph((Node("a", INPUT_KIND), Node("b", INPUT_KIND))), "2 input blocks"),
        (ModelGraph((Node(INPUT_KIND, INPUT_KIND), Node("x", "magic")), (Wire("x", 0, INPUT_KIND),)), "no block 'magic'"),
    ],
)
def test_unfinished_graphs_are_told_apart(graph, words):
    inference = infer(graph, BLOCKS, SHAPE)
    assert not inference.runnable
    assert any(words in i.message for i in inference.issues)
