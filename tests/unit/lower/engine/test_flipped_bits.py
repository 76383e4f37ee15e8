"""The comparison with the oracle notices a single flipped bit in any constant that a network runs with."""

import ctypes

import numpy as np
import pytest

from studio.blocks import registry
from studio.blocks.templates import tiny_graph
from studio.deploy import oracle
from studio.lower.engine import program
from studio.lower.graph import lower_graph
from studio.lower.randomise import randomise
from tests.helpers.engine_host import HostModel, random_inputs

SHAPE = (12, 10, 1)
FLIPS = 12
# Bits that a correct value may well live without are left alone: a weight's lowest bit is rounded away more often than not.
BITS = {"int8_t": 6, "int16_t": 13, "int32_t": 29}


@pytest.fixture(scope="module", params=["dsp", "plain"])
def model(request, tmp_path_factory):
    """A network, its C with writable constants, inputs, and what the oracle makes of them."""
    network = randomise(lower_graph(tiny_graph(SHAPE, 4), registry(), SHAPE), 1)
    inputs = random_inputs(network, 40)
    built = HostModel(network, request.param, tmp_path_factory.mktemp("model"), open_constants=True)
    return program(network, request.param).consts, built, inputs, oracle.run(network, inputs)


def test_without_a_flip_all_is_equal(model):
    _, built, inputs, wanted = model
    assert [built.run(data) for data in inputs] == wanted


def test_a_flipped_bit_in_each_array_is_noticed(model):
    consts, built, inputs, wanted = model
    rng = np.random.default_rng(2)
    noticed, tried = {}, 0
    for const in consts:
        if const.name.endswith("_shift"):
            continue  # shifting by too much is undefined
        bytes_ = (ctypes.c_uint8 * const.nbytes).in_dll(built.code, const.name)
        places = rng.permutation(const.count)[:FLIPS]
        for place in places:
            byte, bit = divmod(BITS[const.ctype], 8)
            at = int(place) * const.item_bytes + byte
            bytes_[at] ^= 1 << bit
            noticed[const.name] = noticed.get(const.name, 0) + ([built.run(data) for data in inputs] != wanted)
            bytes_[at] ^= 1 << bit
            tried += 1
    assert all(noticed.values()), noticed
    assert sum(noticed.values()) >= 0.75 * tried, noticed
    assert [built.run(data) for data in inputs] == wanted
