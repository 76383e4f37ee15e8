"""2-D convolution in which each channel has its own filters."""

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


class DepthwiseConv2D:
    """Output channel c * multiplier + m comes from input channel c alone."""

    kind = "depthwise_conv2d"
    title = "Depthwise convolution"
    category = "convolution"
    help = "Filters each channel by itself: far fewer multiplications than a convolution, usually followed by a 1x1 convolution."
    inputs = (Port("input", "a map of time, frequency and channels"),)
    params = (
        kernel_param((3, 3)),
        stride_param((1, 1)),
        PADDING,
        DILATION,
        Param("multiplier", "int", 1, "filters for each channel", minimum=1, maximum=64),
        ACTIVATION,
        USE_BIAS,
    )

    def shape(self, params: Params, inputs: Sequence[Shape]) -> Shape:
        shape = feature_map(inputs)
        equal_strides(params)
        return (*window_output(params, shape), shape[2] * params["multiplier"])

    def weights(self, params: Params, inputs: Sequence[Shape]) -> tuple[WeightSpec, ...]:
        channels = inputs[0][2]
        kernel = WeightSpec("kernel", (*params["kernel"], channels, params["multiplier"]), "kernel")
        return (kernel, *bias_spec(params, channels * params["multiplier"]))

    def lower(self, params: Params, builder: NetworkBuilder, inputs: Sequence[int]) -> int:
        given = builder.shape(inputs[0])[1:]
        spec = self.weights(params, (given,))[0]
        count = given[2] * params["multiplier"]
        kernel = builder.weight("kernel", spec.shape, reshape=(1, *params["kernel"], count))
        options = {**window_options(params), "multiplier": params["multiplier"]}
        operands = (inputs[0], kernel, *bias_input(params, builder, count))
        return builder.op("depthwise_conv_2d", operands, (1, *self.shape(params, (given,))), options)

    def keras(self, keras: Any, params: Params, inputs: Sequence[Any], name: str) -> Any:
        return keras.layers.DepthwiseConv2D(depth_multiplier=params["multiplier"], name=name, **keras_window(params))(inputs[0])

    def summary(self, params: Params) -> str:
        return window_summary(params, f"x{params['multiplier']}" if params["multiplier"] > 1 else "")


block = DepthwiseConv2D()
