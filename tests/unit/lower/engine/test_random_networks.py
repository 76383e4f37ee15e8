import pytest

from studio.deploy import oracle
from tests.helpers.engine_host import HostModel, random_inputs
from tests.helpers.random_networks import random_network, rare_network
from tests.helpers.streaming_networks import streaming_network


def outputs_equal(network, variant, folder, runs=3) -> bool:
    inputs = random_inputs(network, runs)
    model = HostModel(network, variant, folder)
    return [model.run(i) for i in inputs] == oracle.run(network, inputs)


@pytest.mark.parametrize("seed", range(60))
def test_outputs_equal_tflm(seed, tmp_path):
    assert outputs_equal(random_network(seed), ("dsp", "plain")[seed % 2], tmp_path)


@pytest.mark.parametrize("seed", range(60))
def test_outputs_of_rare_operators_equal_tflm(seed, tmp_path):
    assert outputs_equal(rare_network(seed), ("plain", "dsp")[seed % 2], tmp_path)


@pytest.mark.parametrize("seed", range(30))
def test_outputs_of_streams_equal_tflm(seed, tmp_path):
    assert outputs_equal(streaming_network(seed), ("dsp", "plain")[seed % 2], tmp_path, runs=8)


@pytest.mark.nightly
@pytest.mark.parametrize("first", range(1000, 3000, 100))
def test_many_outputs_equal_tflm(first, tmp_path):
    for seed in range(first, first + 100):
        for variant in ("dsp", "plain"):
            assert outputs_equal(random_network(seed), variant, tmp_path / f"{seed}{variant}"), (seed, variant)
        assert outputs_equal(rare_network(seed), "dsp", tmp_path / f"{seed}rare"), seed
        assert outputs_equal(streaming_network(seed), "plain", tmp_path / f"{seed}stream", runs=8), seed
