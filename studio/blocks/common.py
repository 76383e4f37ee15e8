"""What several operators share: parameters, checks of shapes, short descriptions."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from studio.core.block import NetworkBuilder, Param, Params, WeightSpec
from studio.core.errors import ShapeError
from studio.core.network import Shape, window_size

ACTIVATION = Param(
    "activation", "choice", "none", "what is applied to the sum; it costs nothing on the kit", choices=("none", "relu", "relu6")
)
USE_BIAS = Param("use_bias", "bool", True, "add a trained number to each output; switch it off before a batch normalisation")
PADDING = Param(
    "padding", "choice", "same", "same: pad with zeros so that no frame is lost; valid: only whole windows", choices=("same", "valid")
)
DILATION = Param("dilation", "pair", (1, 1), "spacing of the kernel's taps in time and frequency", minimum=1, maximum=64)


def kernel_param(default: tuple[int, int]) -> Param:
    """Describe the window of a convolution or a pooling."""
    return Param("kernel", "pair", default, "window in frames and mel bins", minimum=1, maximum=256)


def stride_param(default: tuple[int, int]) -> Param:
    """Describe the step of a window."""
    return Param("stride", "pair", default, "step of the window in time and frequency", minimum=1, maximum=64)


@lru_cache(maxsize=1024)
def describe(shape: Shape) -> str:
    """Write a shape as people read it: "49x40x1"."""
    return "x".join(map(str, shape))


def feature_map(inputs: Sequence[Shape]) -> tuple[int, int, int]:
    """Return the one input as (time, frequency, channels) or raise ShapeError."""
    (shape,) = inputs
    if len(shape) != 3:
        raise ShapeError(
            f"it needs a map of time, frequency and channels, and gets {describe(shape)}",
            hint="put it before the flatten or the global pooling",
        )
    return shape[0], shape[1], shape[2]


def window_output(params: Params, shape: Shape) -> tuple[int, int]:
    """Size of the map behind a window that moves over it; raise ShapeError where the window does not fit."""
    dilation = params.get("dilation", (1, 1))
    if max(params["stride"]) > 1 and max(dilation) > 1:
        raise ShapeError("a stride and a dilation above 1 exclude each other", hint="set one of them to 1")
    height, width = (
        window_size(shape[axis], params["kernel"][axis], params["stride"][axis], dilation[axis], params["padding"])[0] for axis in (0, 1)
    )
    if height < 1 or width < 1:
        reach = tuple((k - 1) * d + 1 for k, d in zip(params["kernel"], dilation, strict=True))
        raise ShapeError(
            f"a window of {describe(reach)} does not fit into a map of {describe(shape[:2])}",
            hint='make the kernel smaller or the padding "same"',
        )
    return height, width


def equal_strides(params: Params) -> None:
    """Refuse a depthwise stride that differs between the axes: TensorFlow has no kernel to train it."""
    if params["stride"][0] != params["stride"][1]:
        raise ShapeError(
            f"a depthwise stride is the same in time and frequency, not {describe(params['stride'])}",
            hint="put the uneven stride on a convolution or a pooling",
        )


def window_options(params: Params, activation: bool = True) -> dict[str, Any]:
    """Collect a convolution's options as the Network names them."""
    return {
        "stride": params["stride"],
        "dilation": params["dilation"],
        "padding": params["padding"],
        "activation": params["activation"] if activation else "none",
    }


def keras_window(params: Params) -> dict[str, Any]:
    """Collect a convolution's arguments as Keras names them."""
    return {
        "kernel_size": params["kernel"],
        "strides": params["stride"],
        "padding": params["padding"],
        "dilation_rate": params["dilation"],
        "use_bias": params["use_bias"],
        "activation": keras_activation(params),
    }


def keras_activation(params: Params) -> str | None:
    """Return the activation as Keras names it."""
    return None if params["activation"] == "none" else params["activation"]


def bias_spec(params: Params, count: int) -> tuple[WeightSpec, ...]:
    """List the bias, where there is one."""
    return (WeightSpec("bias", (count,), "bias"),) if params["use_bias"] else ()


def bias_input(params: Params, builder: NetworkBuilder, count: int) -> tuple[int, ...]:
    """Add the bias to the builder, where there is one."""
    return (builder.weight("bias", (count,)),) if params["use_bias"] else ()


def lower_reshape(builder: NetworkBuilder, tensor: int, shape: Shape) -> int:
    """Add a reshape to this shape (batch left out)."""
    full = (1, *shape)
    return builder.op("reshape", (tensor, builder.constant("shape", (len(full),), full)), full)


def window_summary(params: Mapping[str, Any], first: str = "") -> str:
    """Write "24 · 5x5 · stride 2 · relu", leaving out what is at rest."""
    words = [first] if first else []
    words.append(describe(params["kernel"]))
    words += _unless_one("stride", params["stride"]) + _unless_one("dilation", params.get("dilation", (1, 1)))
    words += [params["activation"]] if params.get("activation", "none") != "none" else []
    return " · ".join(words)


def _unless_one(word: str, pair: tuple[int, int]) -> list[str]:
    if tuple(pair) == (1, 1):
        return []
    return [f"{word} {pair[0]}" if pair[0] == pair[1] else f"{word} {describe(pair)}"]
