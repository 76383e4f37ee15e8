"""A plugin's operator takes part in a design like a built-in one."""

import numpy as np
import pytest

from studio.blocks import registry
from studio.core.errors import PluginFailed
from studio.core.graph import INPUT_KIND, ModelGraph, Node, infer
from studio.lower.execute import run_float
from studio.lower.graph import lower_graph
from studio.plugin import load_plugins
from studio.plugin.discovery import Source
from studio.testing.check_plugin import check_plugin

MANIFEST = """\
schema = 1
[plugin]
id = "leak"
name = "Leak"
version = "1"
api = ">=1.0,<2"
[[contributions]]
kind = "block"
id = "clip"
object = "leak.block:CLIP"
"""

BLOCK = """\
from studio.api import Param, Port


class Clip:
    kind = "clip"
    title = "Clip"
    category = "activation"
    help = "Clips to 0 and 6."
    inputs = (Port("input"),)
    params = (Param("note", "int", 1, "Not used.", minimum=0, maximum=9),)

    def shape(self, params, inputs):
        if params["note"] == 9:
            raise RuntimeError("nine")
        return inputs[0]

    def weights(self, params, inputs):
        return ()

    def lower(self, params, builder, inputs):
        return builder.op("relu6", [inputs[0]], builder.shape(inputs[0]))

    def keras(self, keras, params, inputs, name):
        return keras.layers.ReLU(6, name=name)(inputs[0])

    def summary(self, params):
        return "0 to 6"


CLIP = Clip()
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "plugin.toml").write_text(MANIFEST)
    (tmp_path / "block.py").write_text(BLOCK)
    return tmp_path


def graph_with(blocks, note=1):
    graph = ModelGraph((Node(INPUT_KIND, INPUT_KIND),))
    return graph.add(blocks.get("clip"), {"note": note}, "clip_1").connect(INPUT_KIND, "clip_1")


def test_design_with_a_plugin_block(folder):
    plugins = load_plugins([Source(folder, "path")], blocks=registry())
    assert {"clip", "conv2d"} <= set(plugins.blocks) and plugins.blocks.owner("clip") == "leak"
    graph = graph_with(plugins.blocks)
    assert infer(graph, plugins.blocks, (3,)).shapes["clip_1"] == (3,)
    network = lower_graph(graph, plugins.blocks, (3,))
    assert run_float(network, np.float32([[-1, 2, 9]])).tolist() == [[0, 2, 6]]


def test_block_that_raises_is_an_issue_of_its_own_and_switched_off(folder):
    plugins = load_plugins([Source(folder, "path")], blocks=registry())
    inference = infer(graph_with(plugins.blocks, note=9), plugins.blocks, (3,))
    (issue,) = [i for i in inference.issues if i.where == "clip_1"]
    assert "the plugin leak failed: RuntimeError: nine" in issue.message
    assert plugins.record("leak").state == "disabled"
    with pytest.raises(PluginFailed, match="switched off"):
        plugins.blocks.get("clip").summary({})


def test_it_keeps_the_rules(folder):
    assert [str(f) for f in check_plugin(folder)] == []
