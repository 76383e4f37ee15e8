"""Average pooling over windows."""

from collections.abc import Sequence
from typing import Any

from studio.blocks.common import PADDING, feature_map, kernel_param, stride_param, window_output, window_summary
from studio.core.block import NetworkBuilder, Params, Port, WeightSpec
from studio.core.network import Shape


class AveragePool:
    """The mean value of each window, channel by channel; padding does not count."""

    kind = "average_pool"
    title = "Average pooling"
    category = "pooling"
    help = "Keeps the mean value of each window: a smaller map, and less care about exact position."
    inputs = (Port("input", "a map of time, frequency and channels"),)
    params = (kernel_param((2, 2)), stride_param((2, 2)), PADDING)

    def shape(self, params: Params, inputs: Sequence[Shape]) -> Shape:
        shape = feature_map(inputs)
        return (*window_output(params, shape), shape[2])

    def weights(self, params: Params, inputs: Sequence[Shape]) -> tuple[WeightSpec, ...]:
        return ()

    def lower(self, params: Params, builder: NetworkBuilder, inputs: Sequence[int]) -> int:
        output = self.shape(params, (builder.shape(inputs[0])[1:],))
        options = {"kernel": params["kernel"], "stride": params["stride"], "padding": params["padding"], "activation": "none"}
        return builder.op("average_pool_2d", inputs, (1, *output), options)

    def keras(self, keras: Any, params: Params, inputs: Sequence[Any], name: str) -> Any:
        layer = keras.layers.AveragePooling2D(params["kernel"], strides=params["stride"], padding=params["padding"], name=name)
        return layer(inputs[0])

    def summary(self, params: Params) -> str:
        return window_summary(params)


block = AveragePool()
