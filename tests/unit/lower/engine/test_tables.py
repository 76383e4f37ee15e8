import numpy as np
import pytest

from studio.core.errors import UnsupportedOperator
from studio.core.network import Network, Op, Quantisation, Tensor
from studio.deploy import oracle
from studio.lower.engine import program
from tests.helpers.engine_host import HostModel

ALL = np.arange(-128, 128, dtype=np.int8)
PROBABILITY = Quantisation((1 / 256,), (-128,))
SYMMETRIC = Quantisation((1 / 128,), (0,))


def unary(kind, source, out, **options) -> Network:
    tensors = (Tensor("in", (1, 256), "int8", source), Tensor("out", (1, 256), "int8", out))
    return Network(kind, tensors, (Op(kind, (0,), (1,), options),), (0,), (1,))


def quant(rng, low=-3.0, high=0.5) -> Quantisation:
    return Quantisation((float(np.float32(10 ** rng.uniform(low, high))),), (int(rng.integers(-128, 128)),))


def _allowed(kind, source):
    """TFLM's hard swish takes no output scale below 1/128 of the input's."""
    return (np.log10(source.scale[0]) - 2, np.log10(source.scale[0]) + 0.5) if kind == "hard_swish" else (-3.0, 0.5)


@pytest.mark.parametrize("kind", ["relu", "relu6", "quantize", "logistic", "tanh", "hard_swish"])
def test_tables_are_tflms_for_every_value(kind):
    rng = np.random.default_rng(1)
    for _ in range(40):
        source = quant(rng, -3.0, 2.5)
        out = {"logistic": PROBABILITY, "tanh": SYMMETRIC, "relu6": source}.get(kind) or quant(rng, *_allowed(kind, source))
        network = unary(kind, source, out)
        assert program(network).consts[0].data == oracle.run(network, [ALL.tobytes()])[0], (source, out)


def test_tables_of_leaky_relu_are_tflms_for_every_value_and_slope():
    rng = np.random.default_rng(3)
    for alpha in (0.0, 0.01, 0.2, 0.3, 1.0, 1.5, -0.25, *rng.uniform(0, 1, 25)):
        source, out = quant(rng, -3.0, 2.5), quant(rng)
        network = unary("leaky_relu", source, out, alpha=float(np.float32(alpha)))
        assert program(network).consts[0].data == oracle.run(network, [ALL.tobytes()])[0], (alpha, source, out)


@pytest.mark.parametrize("kind", ["relu6", "logistic", "tanh"])
def test_scales_that_tflm_would_get_wrong_are_refused(kind):
    with pytest.raises(UnsupportedOperator):
        program(unary(kind, Quantisation((0.1,), (0,)), Quantisation((0.2,), (0,))))


def test_exponentials_are_tflms(tmp_path):
    """One column against a fixed one: every difference of two values is seen."""
    rng = np.random.default_rng(2)
    for number in range(6):
        tensors = (Tensor("in", (1, 2), "int8", quant(rng, -3, -0.5)), Tensor("out", (1, 2), "int8", PROBABILITY))
        network = Network("softmax", tensors, (Op("softmax", (0,), (1,), {"beta": float(rng.uniform(0.3, 2))}),), (0,), (1,))
        model = HostModel(network, "plain", tmp_path / str(number))
        pairs = [np.array([127, low], np.int8).tobytes() for low in ALL]
        assert [model.run(pair) for pair in pairs] == oracle.run(network, pairs)
