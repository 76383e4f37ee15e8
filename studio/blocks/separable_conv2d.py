"""Depthwise convolution followed by a 1x1 convolution, as one block."""

from collections.abc import Sequence
from typing import Any

from studio.blocks.common import (
    ACTIVATION,
    DILATION,
    PADDING,
    USE_BIAS,
    bias_input,
    bias_spec,
    equal_strides,
    feature_map,
    keras_window,
    kernel_param,
    stride_param,
    window_options,
    window_output,
    window_summary,
)
from studio.core.block import NetworkBuilder, Param, Params, Port, WeightSpec
from studio.core.network import Shape


class SeparableConv2D:
    """The depthwise half has neither bias nor activation; the 1x1 half has both."""

    kind = "separable_conv2d"
    title = "Separable convolution"
    category = "convolution"
    help = "A depthwise convolution and a 1x1 convolution in one: nearly a convolution's power for a fraction of its work."
    inputs = (Port("input", "a map of time, frequency and channels"),)
    params = (
        Param("filters", "int", 16, "channels of the output", minimum=1, maximum=4096),
        kernel_param((3, 3)),
        stride_param((1, 1)),
        PADDING,
        DILATION,
        Param("multiplier", "int", 1, "depthwise filters for each channel", minimum=1, maximum=64),
        ACTIVATION,
        USE_BIAS,
    )

    def shape(self, params: Params, inputs: Sequence[Shape]) -> Shape:
        shape = feature_map(inputs)
        equal_strides(params)
        return (*window_output(params, shape), params["filters"])

    def weights(self, params: Params, inputs: Sequence[Shape]) -> tuple[WeightSpec, ...]:
        channels, multiplier, filters = inputs[0][2], params["multiplier"], params["filters"]
        return (
            WeightSpec("depthwise_kernel", (*params["kernel"], channels, multiplier), "kernel"),
            WeightSpec("pointwise_kernel", (1, 1, channels * multiplier, filters), "kernel"),
            *bias_spec(params, filters),
        )

    def lower(self, params: Params, builder: NetworkBuilder, inputs: Sequence[int]) -> int:
        given = builder.shape(inputs[0])[1:]
        specs = self.weights(params, (given,))
        count = given[2] * params["multiplier"]
        height, width, filters = self.shape(params, (given,))
        kernel = builder.weight(specs[0].name, specs[0].shape, reshape=(1, *params["kernel"], count))
        options = {**window_options(params, activation=False), "multiplier": params["multiplier"]}
        between = builder.op("depthwise_conv_2d", (inputs[0], kernel), (1, height, width, count), options)
        pointwise = builder.weight(specs[1].name, specs[1].shape, permute=(3, 0, 1, 2))
        operands = (between, pointwise, *bias_input(params, builder, filters))
        unit = {"stride": (1, 1), "dilation": (1, 1), "padding": "valid", "activation": params["activation"]}
        return builder.op("conv_2d", operands, (1, height, width, filters), unit)

    def keras(self, keras: Any, params: Params, inputs: Sequence[Any], name: str) -> Any:
        layer = keras.layers.SeparableConv2D(params["filters"], depth_multiplier=params["multiplier"], name=name, **keras_window(params))
        return layer(inputs[0])

    def summary(self, params: Params) -> str:
        return window_summary(params, f"{params['filters']}")


block = SeparableConv2D()
