"""Batch normalisation over the channels."""

from collections.abc import Sequence
from typing import Any

from studio.core.block import NetworkBuilder, Param, Params, Port, WeightSpec
from studio.core.network import Shape


class BatchNorm:
    """Folded into the convolution before it, where there is one; it then costs nothing on the kit."""

    kind = "batch_norm"
    title = "Batch normalisation"
    category = "normalisation"
    help = "Keeps each channel in a steady range, so that training is fast and sure; free on the kit behind a convolution."
    inputs = (Port("input"),)
    params = (
        Param("epsilon", "float", 1e-3, "added to the variance", minimum=1e-7, maximum=1.0),
        Param("momentum", "float", 0.9, "how slowly the running mean and variance follow the batches", minimum=0.0, maximum=0.9999),
    )

    def shape(self, params: Params, inputs: Sequence[Shape]) -> Shape:
        (shape,) = inputs
        return shape

    def weights(self, params: Params, inputs: Sequence[Shape]) -> tuple[WeightSpec, ...]:
        channels = inputs[0][-1:]
        return (
            WeightSpec("gamma", channels, "gamma"),
            WeightSpec("beta", channels, "beta"),
            WeightSpec("moving_mean", channels, "mean", trainable=False),
            WeightSpec("moving_variance", channels, "variance", trainable=False),
        )

    def lower(self, params: Params, builder: NetworkBuilder, inputs: Sequence[int]) -> int:
        shape = builder.shape(inputs[0])
        statistics = [builder.weight(spec.name, spec.shape) for spec in self.weights(params, (shape[1:],))]
        return builder.op("batch_norm", (inputs[0], *statistics), shape, {"epsilon": params["epsilon"]})

    def keras(self, keras: Any, params: Params, inputs: Sequence[Any], name: str) -> Any:
        return keras.layers.BatchNormalization(epsilon=params["epsilon"], momentum=params["momentum"], name=name)(inputs[0])

    def summary(self, params: Params) -> str:
        return ""


block = BatchNorm()
