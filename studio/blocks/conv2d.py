"""2-D convolution over time and frequency."""

from collections.abc import Sequence
from typing import Any

from studio.blocks.common import (
    ACTIVATION,
    DILATION,
    PADDING,
    USE_BIAS,
    bias_input,
    bias_spec,
    feature_map,
    keras_window,
    kernel_param,
    stride_param,
    window_options,
    window_output,
    window_summary,
)
from studio.core.block import NetworkBuilder, Param, Params, Port, WeightSpec
from studio.core.errors import ShapeError
from studio.core.network import Shape


class Conv2D:
    """Every filter sees all channels of its group."""

    kind = "conv2d"
    title = "Convolution"
    category = "convolution"
    help = "Slides filters over time and frequency; each one looks for a pattern across all channels."
    inputs = (Port("input", "a map of time, frequency and channels"),)
    params = (
        Param("filters", "int", 16, "number of patterns, the channels of the output", minimum=1, maximum=4096),
        kernel_param((3, 3)),
        stride_param((1, 1)),
        PADDING,
        DILATION,
        Param("groups", "int", 1, "channels are split into so many groups that do not see each other", minimum=1, maximum=4096),
        ACTIVATION,
        USE_BIAS,
    )

    def shape(self, params: Params, inputs: Sequence[Shape]) -> Shape:
        shape = feature_map(inputs)
        channels, filters, groups = shape[2], params["filters"], params["groups"]
        if channels % groups or filters % groups:
            raise ShapeError(
                f"{groups} groups do not divide {channels} channels and {filters} filters evenly", hint="change groups or filters"
            )
        return (*window_output(params, shape), filters)

    def weights(self, params: Params, inputs: Sequence[Shape]) -> tuple[WeightSpec, ...]:
        depth = inputs[0][2] // params["groups"]
        return (WeightSpec("kernel", (*params["kernel"], depth, params["filters"]), "kernel"), *bias_spec(params, params["filters"]))

    def lower(self, params: Params, builder: NetworkBuilder, inputs: Sequence[int]) -> int:
        given = builder.shape(inputs[0])[1:]
        kernel = builder.weight("kernel", self.weights(params, (given,))[0].shape, permute=(3, 0, 1, 2))
        bias = bias_input(params, builder, params["filters"])
        return builder.op("conv_2d", (inputs[0], kernel, *bias), (1, *self.shape(params, (given,))), window_options(params))

    def keras(self, keras: Any, params: Params, inputs: Sequence[Any], name: str) -> Any:
        return keras.layers.Conv2D(params["filters"], groups=params["groups"], name=name, **keras_window(params))(inputs[0])

    def summary(self, params: Params) -> str:
        return window_summary(params, f"{params['filters']}")


block = Conv2D()
