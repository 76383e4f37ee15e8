"""Every edit: a new project or a typed error, never a changed old one."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.blocks import registry
from studio.blocks.templates import default_graph
from studio.core.edits import (
    AddBlock,
    AnyEdit,
    Connect,
    Disconnect,
    InsertBlock,
    RemoveBlocks,
    Rename,
    SetEnergy,
    SetFrontEnd,
    SetInterval,
    SetLabels,
    SetParams,
    SetRecipe,
    SetTargets,
)
from studio.core.energy import EnergyPlan
from studio.core.errors import InputError, ParameterError, StudioError
from studio.core.frontend import FrontEnd
from studio.core.graph import infer
from studio.core.project import Project, Recipe

BLOCKS = registry()
PROJECT = Project("words", ("yes", "no"), graph=default_graph(FrontEnd().shape, 2))

ids = st.sampled_from([n.id for n in PROJECT.graph.nodes] + ["missing"])
edits = st.one_of(
    st.builds(AddBlock, st.sampled_from(["relu", "add", "conv2d", "magic"]), after=st.one_of(st.just(""), ids)),
    st.builds(InsertBlock, st.sampled_from(["relu", "max_pool", "batch_norm"]), ids, st.integers(0, 1)),
    st.builds(RemoveBlocks, st.lists(ids, min_size=1, max_size=3, unique=True).map(tuple), st.booleans()),
    st.builds(SetParams, ids, st.dictionaries(st.sampled_from(["filters", "kernel", "rate"]), st.integers(-1, 40), max_size=2)),
    st.builds(Connect, ids, ids, st.integers(0, 2)),
    st.builds(Disconnect, ids, st.integers(0, 1)),
    st.builds(
        SetFrontEnd,
        st.dictionaries(st.sampled_from(["mels", "hop", "fft", "high_hz", "kind", "colour"]), st.integers(-1, 4000), max_size=2),
    ),
    st.builds(SetLabels, st.lists(st.text(max_size=5), max_size=3).map(tuple)),
    st.builds(SetTargets, st.lists(st.text(max_size=5), max_size=2).map(tuple)),
    st.builds(SetInterval, st.floats(-10, 1e9)),
    st.builds(Rename, st.text(max_size=5)),
    st.builds(SetRecipe, st.builds(Recipe, epochs=st.integers(1, 9))),
)


@given(st.lists(edits, max_size=12))
def test_edits_give_new_projects_or_typed_errors(sequence):
    project = PROJECT
    for edit in sequence:
        before = msgspec.json.encode(project)
        assert edit.title
        try:
            after = edit.apply(project, BLOCKS)
        except StudioError as error:
            assert error.message
            after = project
        assert msgspec.json.encode(project) == before
        project = after
        infer(project.graph, BLOCKS, project.frontend.shape)


@given(edits)
def test_edits_survive_a_round_trip_through_json(edit):
    assert msgspec.json.decode(msgspec.json.encode(edit), type=AnyEdit) == edit


def test_a_block_goes_into_the_middle_of_a_wire():
    after = InsertBlock("max_pool", "relu_1").apply(PROJECT, BLOCKS)
    assert after.graph.sources["max_pool_1"] == PROJECT.graph.sources["relu_1"]
    assert after.graph.sources["relu_1"] == ("max_pool_1",)
    assert infer(after.graph, BLOCKS, after.frontend.shape).runnable
    with pytest.raises(InputError, match="input 1 of relu_1 has no wire"):
        InsertBlock("max_pool", "relu_1", 1).apply(PROJECT, BLOCKS)


def test_a_removed_block_is_bridged():
    after = RemoveBlocks(("batch_norm_2", "relu_2"), bridge=True).apply(PROJECT, BLOCKS)
    assert infer(after.graph, BLOCKS, after.frontend.shape).runnable
    assert len(after.graph.nodes) == len(PROJECT.graph.nodes) - 2
    cut = RemoveBlocks(("batch_norm_2",)).apply(PROJECT, BLOCKS)
    assert not infer(cut.graph, BLOCKS, cut.frontend.shape).runnable


def test_inserting_and_removing_computes_the_same_as_before():
    there = InsertBlock("relu6", "relu_1", id="extra").apply(PROJECT, BLOCKS)
    back = RemoveBlocks(("extra",), bridge=True).apply(there, BLOCKS)
    assert back.graph.nodes == PROJECT.graph.nodes
    assert sorted(back.graph.wires) == sorted(PROJECT.graph.wires)


def test_a_new_block_follows_the_one_it_is_put_after():
    after = AddBlock("relu", after="softmax_1", id="last").apply(PROJECT, BLOCKS)
    assert after.graph.sources["last"] == ("softmax_1",)


@pytest.mark.parametrize(
    ("changes", "words"), [({"colour": 1}, "colour"), ({"fft": 500}, "fft = 500"), ({"mels": "many"}, "mels"), ({"kind": "mfcc"}, "kind")]
)
def test_front_end_edits_are_checked(changes, words):
    with pytest.raises(InputError, match=words):
        SetFrontEnd(changes).apply(PROJECT, BLOCKS)


def test_labels_and_names_are_checked():
    for labels, words in ((("a", "a"), "twice"), (("",), "no label"), (("a\nb",), "no label"), (("x" * 65,), "no label")):
        with pytest.raises(InputError, match=words):
            SetLabels(labels).apply(PROJECT, BLOCKS)
    odd = ('say "hi"', "两个 字", "a b")
    assert SetLabels(odd).apply(PROJECT, BLOCKS).labels == odd
    with pytest.raises(InputError, match="one line without slashes"):
        Rename("a/b").apply(PROJECT, BLOCKS)
    with pytest.raises(ParameterError, match="filters"):
        SetParams("conv2d_1", {"filters": True}).apply(PROJECT, BLOCKS)


def test_energy_figures_are_kept_by_target_and_gone_when_they_are_the_boards_again():
    project = SetEnergy("pico", {"active_ma": 25.0}).apply(PROJECT, BLOCKS)
    project = SetEnergy("nrf52840dk", {"battery_mah": 1200.0, "source": "label"}).apply(project, BLOCKS)
    assert project.plan("pico") == EnergyPlan(active_ma=25.0) and project.plan("other") == EnergyPlan()
    assert SetEnergy("pico", {"active_ma": 25.0}).title == "pico: current awake 25 mA"
    assert SetEnergy("pico", {"active_ma": None}).title == "pico: current awake as on the board"
    back = SetEnergy("pico", {"active_ma": None}).apply(project, BLOCKS)
    assert list(back.energy) == ["nrf52840dk"] and project.plan("pico").active_ma == 25.0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"active_ma": -1.0}, "energy.pico.active_ma"),
        ({"efficiency_percent": 120.0}, "from 1 to 100 %"),
        ({"battery_mah": "many"}, "energy.pico"),
        ({"volts": 3.0}, "unknown field"),
        ({"source": "a\nb"}, "one line"),
    ],
)
def test_energy_figures_that_cannot_be_are_refused(changes, words):
    with pytest.raises(InputError) as caught:
        SetEnergy("pico", changes).apply(PROJECT, BLOCKS)
    assert words in f"{caught.value} {caught.value.hint}"
