import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.blocks import registry
from studio.blocks.templates import default_graph
from studio.core.errors import CycleError, GraphError, InputError, ParameterError, StudioError, UnknownBlock
from studio.core.graph import INPUT_KIND, ModelGraph, Node
from studio.storage.graph_file import graph_json, read_graph

BLOCKS = registry()
KINDS = st.sampled_from([k for k in BLOCKS.names() if k != "concatenate"])


@st.composite
def graphs(draw):
    """Draw a graph of any shape: chains, branches, merges, loose ends."""
    graph = ModelGraph((Node(INPUT_KIND, INPUT_KIND),))
    for kind in draw(st.lists(KINDS | st.just("concatenate"), max_size=12)):
        id = f"{kind}_{draw(st.integers(1, 99))}"
        if id in graph.by_id:
            continue
        block = BLOCKS.get(kind)
        sources = draw(st.lists(st.sampled_from(list(graph.by_id)), max_size=len(block.inputs) + (2 if block.inputs[-1].variadic else 0)))
        graph = graph.add(block, {}, id)
        for port, source in enumerate(sources):
            if draw(st.booleans()):
                graph = graph.connect(source, id, port, block)
    return graph


def _read(path, text):
    path.write_text(text, encoding="utf-8")
    return read_graph(path, BLOCKS)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(graphs(), graphs())
def test_any_graph_comes_back_equal_also_over_an_old_file(tmp_path_factory, first, second):
    path = tmp_path_factory.mktemp("g") / "model.json"
    text = graph_json(first)
    assert _read(path, text) == ModelGraph(first.nodes, tuple(sorted(first.wires)))
    again = _read(path, graph_json(second, text))
    assert again == ModelGraph(second.nodes, tuple(sorted(second.wires)))
    assert again.order == second.order


def test_one_block_a_line_sorted_and_few_lines_change():
    graph = default_graph((49, 40, 1), 10)
    text = graph_json(graph)
    ids = [json.loads(line.rstrip(","))["id"] for line in text.splitlines()[1:-1]]
    assert ids == sorted(graph.by_id)
    assert graph_json(graph, text) == text
    edited = graph.with_params(BLOCKS.get("conv2d"), "conv2d_1", {"filters": 16}).remove(("dropout_1",)).add(BLOCKS.get("relu"))
    changed = set(graph_json(edited, text).splitlines()) ^ set(text.splitlines())
    assert {json.loads(line.rstrip(","))["id"] for line in changed} == {"conv2d_1", "dropout_1", "dense_1", "relu_6"}


def _block(id, kind="relu", inputs=("input",), **params):
    return {"id": id, "kind": kind, "n": 2, "params": params, "inputs": list(inputs)}


INPUT = {"id": "input", "kind": "input", "n": 1, "params": {}, "inputs": []}


@pytest.mark.parametrize(
    ("blocks", "error", "words", "hint"),
    [
        ([_block("a", inputs=["inputt"])], GraphError, "'inputt', which is not there", "'input'"),
        ([_block("a", inputs=["b"]), _block("b", inputs=["a"])], CycleError, "loop", "remove"),
        ([_block("a"), _block("a")], GraphError, "two blocks have this id", "another id"),
        ([_block("a b")], GraphError, "no block id", "letters"),
        ([_block("a", "rellu")], UnknownBlock, "'rellu'", "'relu'"),
        ([_block("a", "conv2d", filters=-1)], ParameterError, "filters = -1", "filters takes"),
        ([_block("a", "conv2d", filtres=1)], ParameterError, "filtres", "filters"),
        ([_block("a", inputs=["input", "input"])], GraphError, "no input 1", "it has 1"),
        ([{**INPUT, "id": "in2", "inputs": ["input"]}], GraphError, "takes no wire", "inputs"),
        ([{**INPUT, "id": "in2", "params": {"x": 1}}], GraphError, "no parameters", "remove"),
    ],
)
def test_broken_graphs_name_the_block(tmp_path, blocks, error, words, hint):
    with pytest.raises(error) as caught:
        _read(tmp_path / "model.json", json.dumps({"schema": 1, "blocks": [INPUT, *blocks]}))
    assert words in caught.value.message
    assert f"model.json: block {blocks[0]['id']}" in caught.value.where
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"schema": 1, "blocks": [\n{"id": "a",,}\n]}', "line 2"),
        ("[]", "does not begin"),
        ("", "not JSON"),
        ('{"schema": 9, "blocks": []}', "newer studio"),
        ('{"schema": 1, "schema": 1, "blocks": []}', "stands twice"),
        ('{"schema": 1, "bloks": []}', "unknown key 'bloks'"),
        ('{"schema": 1, "blocks": [{"id": "a", "knd": "relu", "n": 1}]}', "unknown key 'knd'"),
        ('{"schema": 1, "blocks": [{"id": "a", "n": 1}]}', "kind"),
        ('{"schema": 1, "blocks": [3]}', "object"),
        ('{"schema": 1, "blocks": 3}', "array"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_broken_files_name_the_line_or_key(tmp_path, text, words):
    with pytest.raises(InputError) as caught:
        _read(tmp_path / "model.json", text)
    assert words in caught.value.message
    assert "model.json" in caught.value.where


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c), max_leaves=12
    )
)
def test_whatever_stands_in_the_file_the_complaint_is_typed(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("g") / "model.json"
    for data in (content, {"schema": 1, "blocks": content}, {"schema": 1, "blocks": [INPUT, {**_block("a", "conv2d"), "params": content}]}):
        try:
            _read(path, json.dumps(data))
        except StudioError:
            continue
