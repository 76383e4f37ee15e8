"""The planned part of the arena against tflite-micro itself, for designs of our own operators."""

import re
import subprocess
import sys

import msgspec
import pytest

from studio.blocks import registry
from studio.core.graph import ModelGraph, Node
from studio.core.network import Network
from studio.estimate.tflm import arena
from studio.lower.graph import lower_graph
from studio.lower.quantise import quantised_types
from studio.lower.randomise import randomise
from studio.lower.tflite import read_tflite, write_tflite
from tests.helpers.random_networks import rare_network
from tests.helpers.width_networks import nibble_networks, wide_network

BLOCKS = registry()
ASK = """
import sys
import numpy as np
from tflite_micro.python.tflite_micro import runtime
kit = runtime.Interpreter.from_file(sys.argv[1], arena_size=1 << 22)
details = kit.get_input_details(0)
kit.set_input(np.zeros(details["shape"], details["dtype"]), 0)
kit.invoke()
kit.print_allocations()
"""
DESIGNS = {
    "residual": [
        ("c1", "conv2d", {"filters": 16}, ["x"]),
        ("r1", "relu", {}, ["c1"]),
        ("c2", "conv2d", {"filters": 16}, ["r1"]),
        ("a", "add", {}, ["c2", "r1"]),
        ("g", "global_average_pool", {}, ["a"]),
        ("d", "dense", {"units": 5}, ["g"]),
        ("s", "softmax", {}, ["d"]),
    ],
    "branches": [
        ("c1", "conv2d", {"filters": 8, "stride": (2, 2)}, ["x"]),
        ("c2", "conv2d", {"filters": 12, "stride": (2, 2)}, ["x"]),
        ("k", "concatenate", {}, ["c1", "c2"]),
        ("r", "relu6", {}, ["k"]),
        ("m", "max_pool", {}, ["r"]),
        ("w", "depthwise_conv2d", {"kernel": (5, 3)}, ["m"]),
        ("f", "flatten", {}, ["w"]),
        ("d", "dense", {"units": 7}, ["f"]),
    ],
    "separable": [
        ("c1", "conv2d", {"filters": 8}, ["x"]),
        ("p", "average_pool", {}, ["c1"]),
        ("q", "separable_conv2d", {"filters": 20}, ["p"]),
        ("g", "global_max_pool", {}, ["q"]),
        ("d", "dense", {"units": 4}, ["g"]),
    ],
}


def typed(design: str) -> Network:
    graph = msgspec.structs.replace(ModelGraph(), nodes=(Node("x", "input"),))
    for id, kind, params, sources in DESIGNS[design]:
        graph = graph.add(BLOCKS.get(kind), params, id)
        for port, source in enumerate(sources):
            graph = graph.connect(source, id, port, BLOCKS.get(kind))
    return quantised_types(lower_graph(graph, BLOCKS, (49, 40, 1)))


@pytest.mark.parametrize("design", DESIGNS)
def test_head_is_that_of_tflite_micro(design, tmp_path):
    assert_head_equals(randomise(typed(design), 1), tmp_path / "model.tflite")


MADE = {"int16": lambda: wide_network(1), "4-bit weights": lambda: nibble_networks(1)[0], "transposed": lambda: rare_network(2)}


@pytest.mark.parametrize("kind", MADE)
def test_head_of_other_data_types_is_that_of_tflite_micro(kind, tmp_path):
    assert_head_equals(MADE[kind](), tmp_path / "model.tflite")


def assert_head_equals(network, path):
    pytest.importorskip("tflite_micro")
    path.write_bytes(write_tflite(network))
    said = subprocess.run([sys.executable, "-c", ASK, str(path)], capture_output=True, text=True, check=True)
    heads = re.findall(r"Arena allocation head (\d+) bytes", said.stdout + said.stderr)
    assert [arena(read_tflite(path), "reference").head] == [int(h) for h in heads]


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("kernels", ["reference", "cmsis_nn"])
def test_an_untrained_design_has_the_arena_of_its_file(design, kernels):
    network = typed(design)
    assert arena(network, kernels) == arena(read_tflite(write_tflite(randomise(network, 1))), kernels)
