"""ReLU6 activation."""

from collections.abc import Sequence
from typing import Any

from studio.core.block import NetworkBuilder, Param, Params, Port, WeightSpec
from studio.core.network import Shape


class ReLU6:
    """Fused into the operator before it, where there is one."""

    kind = "relu6"
    title = "ReLU6"
    category = "activation"
    help = "Cuts off what is below zero and above six; free on the kit behind a convolution, a dense layer or an add."
    inputs = (Port("input"),)
    params: tuple[Param, ...] = ()

    def shape(self, params: Params, inputs: Sequence[Shape]) -> Shape:
        (shape,) = inputs
        return shape

    def weights(self, params: Params, inputs: Sequence[Shape]) -> tuple[WeightSpec, ...]:
        return ()

    def lower(self, params: Params, builder: NetworkBuilder, inputs: Sequence[int]) -> int:
        return builder.op("relu6", inputs, builder.shape(inputs[0]))

    def keras(self, keras: Any, params: Params, inputs: Sequence[Any], name: str) -> Any:
        return keras.layers.ReLU(max_value=6.0, name=name)(inputs[0])

    def summary(self, params: Params) -> str:
        return ""


block = ReLU6()
