"""Fully connected layer."""

from collections.abc import Sequence
from typing import Any

from studio.blocks.common import ACTIVATION, USE_BIAS, bias_input, bias_spec, describe, keras_activation
from studio.core.block import NetworkBuilder, Param, Params, Port, WeightSpec
from studio.core.errors import ShapeError
from studio.core.network import Shape


class Dense:
    """Every output sees every input."""

    kind = "dense"
    title = "Dense"
    category = "dense"
    help = "Weighs every input for every output; the last one has as many units as there are labels."
    inputs = (Port("input", "a vector"),)
    params = (Param("units", "int", 10, "number of outputs", minimum=1, maximum=65536), ACTIVATION, USE_BIAS)

    def shape(self, params: Params, inputs: Sequence[Shape]) -> Shape:
        (shape,) = inputs
        if len(shape) != 1:
            raise ShapeError(f"it needs a vector, and gets {describe(shape)}", hint="put a flatten or a global pooling before it")
        return (params["units"],)

    def weights(self, params: Params, inputs: Sequence[Shape]) -> tuple[WeightSpec, ...]:
        return (WeightSpec("kernel", (inputs[0][0], params["units"]), "kernel"), *bias_spec(params, params["units"]))

    def lower(self, params: Params, builder: NetworkBuilder, inputs: Sequence[int]) -> int:
        units = params["units"]
        kernel = builder.weight("kernel", (builder.shape(inputs[0])[1], units), permute=(1, 0))
        options = {"activation": params["activation"], "keep_dims": False}
        return builder.op("fully_connected", (inputs[0], kernel, *bias_input(params, builder, units)), (1, units), options)

    def keras(self, keras: Any, params: Params, inputs: Sequence[Any], name: str) -> Any:
        layer = keras.layers.Dense(params["units"], activation=keras_activation(params), use_bias=params["use_bias"], name=name)
        return layer(inputs[0])

    def summary(self, params: Params) -> str:
        return f"{params['units']}" + ("" if params["activation"] == "none" else f" · {params['activation']}")


block = Dense()
