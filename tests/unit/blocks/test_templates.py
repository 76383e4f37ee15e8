"""The graphs to start from: they work out for every sensible front end, and are as small as they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.blocks import registry
from studio.blocks.templates import TEMPLATES, chain
from studio.core.graph import infer
from studio.estimate.counts import figures
from studio.lower.graph import lower_graph

BLOCKS = registry()


@pytest.mark.parametrize("name", TEMPLATES)
@given(frames=st.integers(1, 200), mels=st.integers(1, 128), classes=st.integers(2, 40))
def test_a_template_works_out_for_any_features(name, frames, mels, classes):
    shape = (frames, mels, 1)
    inference = infer(TEMPLATES[name](shape, classes), BLOCKS, shape)
    assert inference.runnable, inference.issues
    assert inference.shapes[inference.output] == (classes,)


@pytest.mark.parametrize(("name", "parameters", "macs"), [("default", (10_000, 40_000), (1e6, 3e6)), ("tiny", (2_000, 4_000), (1e5, 6e5))])
def test_a_template_is_as_small_as_it_says(name, parameters, macs):
    shape = (49, 40, 1)
    found = figures(lower_graph(TEMPLATES[name](shape, 10), BLOCKS, shape))
    assert parameters[0] <= found.parameters <= parameters[1]
    assert macs[0] <= found.macs <= macs[1]


def test_a_chain_wires_each_block_to_the_next():
    graph = chain((("relu", {}), ("relu", {}), ("flatten", {})))
    assert graph.sources == {"input": (), "relu_1": ("input",), "relu_2": ("relu_1",), "flatten_1": ("relu_2",)}
