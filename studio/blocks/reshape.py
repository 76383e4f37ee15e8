"""The same numbers in another shape."""

from collections.abc import Sequence
from math import prod
from typing import Any

from studio.blocks.common import describe, lower_reshape
from studio.core.block import NetworkBuilder, Param, Params, Port, WeightSpec
from studio.core.errors import ShapeError
from studio.core.network import Shape


class Reshape:
    """Row-major order; one number may be -1, which stands for what is left."""

    kind = "reshape"
    title = "Reshape"
    category = "shape"
    help = "Gives the same numbers another shape, as time, frequency and channels; one of them may be -1 for what is left."
    inputs = (Port("input"),)
    params = (Param("shape", "shape", (-1,), "the new shape without the batch; -1 once for what is left", minimum=-1, maximum=2**20),)

    def shape(self, params: Params, inputs: Sequence[Shape]) -> Shape:
        wanted, count = params["shape"], prod(inputs[0])
        if 0 in wanted or wanted.count(-1) > 1:
            raise ShapeError(f"{describe(wanted)} is no shape", hint="positive numbers, and -1 at most once")
        known = prod(n for n in wanted if n > 0)
        shape = tuple(count // known if n == -1 else n for n in wanted)
        if prod(shape) != count:
            raise ShapeError(
                f"{describe(inputs[0])} holds {count} numbers and does not fit into {describe(wanted)}", hint="change the shape"
            )
        return shape

    def weights(self, params: Params, inputs: Sequence[Shape]) -> tuple[WeightSpec, ...]:
        return ()

    def lower(self, params: Params, builder: NetworkBuilder, inputs: Sequence[int]) -> int:
        return lower_reshape(builder, inputs[0], self.shape(params, (builder.shape(inputs[0])[1:],)))

    def keras(self, keras: Any, params: Params, inputs: Sequence[Any], name: str) -> Any:
        return keras.layers.Reshape(params["shape"], name=name)(inputs[0])

    def summary(self, params: Params) -> str:
        return describe(params["shape"])


block = Reshape()
