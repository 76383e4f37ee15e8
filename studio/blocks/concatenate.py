"""Maps joined along one axis."""

from collections.abc import Sequence
from typing import Any

from studio.blocks.common import describe
from studio.core.block import NetworkBuilder, Param, Params, Port, WeightSpec
from studio.core.errors import ShapeError
from studio.core.network import Shape


class Concatenate:
    """All axes but the joined one agree."""

    kind = "concatenate"
    title = "Concatenate"
    category = "merge"
    help = "Joins two or more maps: by channel to let several views stand side by side, or along time or frequency."
    inputs = (Port("first"), Port("more", "one or more that agree with the first in all other axes", variadic=True))
    params = (Param("axis", "choice", "channel", "the axis that grows", choices=("channel", "time", "frequency")),)

    def shape(self, params: Params, inputs: Sequence[Shape]) -> Shape:
        axis = _axis(params, inputs[0])
        if len({(*s[:axis], *s[axis + 1 :]) for s in inputs}) != 1 or len({len(s) for s in inputs}) != 1:
            shapes = ", ".join(describe(s) for s in inputs)
            raise ShapeError(f"its inputs differ in more than {params['axis']}: {shapes}", hint="let them agree in all other axes")
        return (*inputs[0][:axis], sum(s[axis] for s in inputs), *inputs[0][axis + 1 :])

    def weights(self, params: Params, inputs: Sequence[Shape]) -> tuple[WeightSpec, ...]:
        return ()

    def lower(self, params: Params, builder: NetworkBuilder, inputs: Sequence[int]) -> int:
        shapes = [builder.shape(i)[1:] for i in inputs]
        options = {"axis": _axis(params, shapes[0]) + 1, "activation": "none"}
        return builder.op("concatenation", inputs, (1, *self.shape(params, shapes)), options)

    def keras(self, keras: Any, params: Params, inputs: Sequence[Any], name: str) -> Any:
        axis = _axis(params, inputs[0].shape[1:]) + 1
        return keras.layers.Concatenate(axis=axis, name=name)(list(inputs))

    def summary(self, params: Params) -> str:
        return params["axis"]


def _axis(params: Params, shape: Sequence[Any]) -> int:
    axis = {"time": 0, "frequency": 1, "channel": len(shape) - 1}[params["axis"]]
    if params["axis"] != "channel" and axis >= len(shape) - 1:
        raise ShapeError(f"{describe(tuple(shape))} has no axis {params['axis']}", hint='set the axis to "channel"')
    return axis


block = Concatenate()
