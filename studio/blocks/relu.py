"""ReLU activation."""

from collections.abc import Sequence
from typing import Any

from studio.core.block import NetworkBuilder, Param, Params, Port, WeightSpec
from studio.core.network import Shape


class ReLU:
    """Fused into the operator before it, where there is one."""

    kind = "relu"
    title = "ReLU"
    category = "activation"
    help = "Cuts off what is below zero; free on the kit behind a convolution, a dense layer or an add."
    inputs = (Port("input"),)
    params: tuple[Param, ...] = ()

    def shape(self, params: Params, inputs: Sequence[Shape]) -> Shape:
        (shape,) = inputs
        return shape

    def weights(self, params: Params, inputs: Sequence[Shape]) -> tuple[WeightSpec, ...]:
        return ()

    def lower(self, params: Params, builder: NetworkBuilder, inputs: Sequence[int]) -> int:
        return builder.op("relu", inputs, builder.shape(inputs[0]))

    def keras(self, keras: Any, params: Params, inputs: Sequence[Any], name: str) -> Any:
        return keras.layers.ReLU(name=name)(inputs[0])

    def summary(self, params: Params) -> str:
        return ""


block = ReLU()
