"""Global max pooling: one number a channel."""

from collections.abc import Sequence
from typing import Any

from studio.blocks.common import feature_map, lower_reshape
from studio.core.block import NetworkBuilder, Param, Params, Port, WeightSpec
from studio.core.network import Shape


class GlobalMaxPool:
    """The largest value of the whole map, channel by channel."""

    kind = "global_max_pool"
    title = "Global max pooling"
    category = "pooling"
    help = "Keeps the largest value of each channel, wherever in the clip it stood."
    inputs = (Port("input", "a map of time, frequency and channels"),)
    params: tuple[Param, ...] = ()

    def shape(self, params: Params, inputs: Sequence[Shape]) -> Shape:
        return (feature_map(inputs)[2],)

    def weights(self, params: Params, inputs: Sequence[Shape]) -> tuple[WeightSpec, ...]:
        return ()

    def lower(self, params: Params, builder: NetworkBuilder, inputs: Sequence[int]) -> int:
        _, height, width, channels = builder.shape(inputs[0])
        whole = {"kernel": (height, width), "stride": (height, width), "padding": "valid", "activation": "none"}
        pooled = builder.op("max_pool_2d", inputs, (1, 1, 1, channels), whole)
        return lower_reshape(builder, pooled, (channels,))

    def keras(self, keras: Any, params: Params, inputs: Sequence[Any], name: str) -> Any:
        return keras.layers.GlobalMaxPooling2D(name=name)(inputs[0])

    def summary(self, params: Params) -> str:
        return ""


block = GlobalMaxPool()
