"""check_block must fail where a block is wrong: each lie of a block is found and named."""

import pytest

from studio.blocks.conv2d import Conv2D
from studio.blocks.relu import ReLU
from studio.core.block import Param, WeightSpec
from studio.core.errors import CheckFailed
from studio.testing import check_block


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


class Honest(ReLU):
    kind = "honest"

    def lower(self, params, builder, inputs):
        return builder.op("relu", inputs, builder.shape(inputs[0]))


class WrongShape(Honest):
    def shape(self, params, inputs):
        return (*inputs[0][:-1], inputs[0][-1] + 1)


class WrongLowering(Honest):
    def lower(self, params, builder, inputs):
        return builder.op("relu6", inputs, builder.shape(inputs[0]))


class NoHelp(Honest):
    help = ""


class TwiceTheParameter(Honest):
    params = (Param("a", "int", 1, "help"), Param("a", "int", 1, "help"))


class TurnedKernel(Conv2D):
    kind = "turned"

    def lower(self, params, builder, inputs):
        class Turned:
            shape, constant, op = builder.shape, builder.constant, builder.op

            @staticmethod
            def weight(name, shape, permute=(), reshape=()):
                return builder.weight(name, shape, (3, 1, 0, 2) if permute else (), reshape)

        return super().lower(params, Turned, inputs)


class ForgottenBias(Conv2D):
    kind = "forgotten"

    def weights(self, params, inputs):
        return super().weights(params, inputs)[:1]


class MisnamedWeight(Conv2D):
    kind = "misnamed"

    def weights(self, params, inputs):
        kernel, bias = super().weights(params, inputs)
        return kernel, WeightSpec("offset", bias.shape, "bias")


def test_an_honest_block_passes(keras):
    check_block(Honest(), keras)


@pytest.mark.parametrize(
    ("block", "words"),
    [
        (WrongShape(), "shape"),
        (WrongLowering(), "lowering differs from Keras by"),
        (NoHelp(), "no title or help"),
        (TwiceTheParameter(), "occur twice"),
        (TurnedKernel(), "lowering differs from Keras by"),
        (ForgottenBias(), "weights are"),
        (MisnamedWeight(), "weights are"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_a_lie_is_found(block, words, keras):
    with pytest.raises(CheckFailed, match=words):
        check_block(block, keras, inputs=((12, 10, 9),))
