"""Dropout: active in training only."""

from collections.abc import Sequence
from typing import Any

from studio.core.block import NetworkBuilder, Param, Params, Port, WeightSpec
from studio.core.network import Shape


class Dropout:
    """Nothing on the kit."""

    kind = "dropout"
    title = "Dropout"
    category = "regularisation"
    help = "Blanks out a share of the values while training, so that the network does not lean on a few; nothing on the kit."
    inputs = (Port("input"),)
    params = (Param("rate", "float", 0.2, "share of the values that are blanked out", minimum=0.0, maximum=0.95),)

    def shape(self, params: Params, inputs: Sequence[Shape]) -> Shape:
        (shape,) = inputs
        return shape

    def weights(self, params: Params, inputs: Sequence[Shape]) -> tuple[WeightSpec, ...]:
        return ()

    def lower(self, params: Params, builder: NetworkBuilder, inputs: Sequence[int]) -> int:
        return inputs[0]

    def keras(self, keras: Any, params: Params, inputs: Sequence[Any], name: str) -> Any:
        return keras.layers.Dropout(params["rate"], name=name)(inputs[0])

    def summary(self, params: Params) -> str:
        return f"{params['rate']:g}"


block = Dropout()
