"""Keras' layer configurations as our operators: a table of what is known; whatever is not in it is refused by name."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from studio.core.block import Params
from studio.core.errors import InputError

Config = Mapping[str, Any]
Step = tuple[str, Params]

NO_CODE = "no code from a file is run; build the layer from the studio's blocks"
_FUSED = ("relu", "relu6")
_BLOCK_ACTIVATIONS = (*_FUSED, "softmax")


class LayerConfig:
    """One layer of a file: its class, name and configuration; `rank` counts its input's axes with the batch, None if unknown."""

    def __init__(self, record: Any, rank: int | None = None) -> None:
        if not isinstance(record, Mapping) or not isinstance(record.get("config"), Mapping):
            raise InputError("a layer of the file has no configuration", hint="save the model again")
        self.cls = str(record.get("class_name"))
        self.config: Config = record["config"]
        self.name = str(self.config.get("name", record.get("name", self.cls)))
        self.rank = rank
        self._module = str(record.get("module") or "keras.layers")
        self._registered = record.get("registered_name")

    def error(self, what: str, hint: str = "") -> InputError:
        """Return an error that names this layer."""
        return InputError(
            f"layer {self.name!r} ({self.cls}) {what}", where=self.name, hint=hint or "the blocks of the studio: otolith --help"
        )

    def check_known(self) -> None:
        """Raise InputError at a layer that is not Keras' own or has no block."""
        own = self._module.split(".")[0] == "keras" and self._registered in (None, self.cls)
        if self.cls == "Lambda" or not own:
            raise self.error("holds code of its own", NO_CODE)
        if self.cls not in STEPS:
            raise self.error("has no block in the studio", "known layers: " + ", ".join(sorted(STEPS)))

    def steps(self) -> tuple[Step, ...]:
        """Return the operators that do what the layer does; none where it does nothing."""
        self.check_known()
        if self.config.get("data_format", "channels_last") != "channels_last":
            raise self.error("has its channels first", "save the model with channels last")
        return STEPS[self.cls](self)

    def activation(self, value: Any) -> str:
        """Read an activation by its name."""
        if isinstance(value, Mapping) and str(value.get("module", "")).split(".")[0] in ("builtins", "keras", "None"):
            value = value.get("config") if isinstance(value.get("config"), str) else str(value.get("class_name", "")).lower()
        if value in (None, "linear"):
            return "none"
        if value not in _BLOCK_ACTIVATIONS:
            raise self.error(f"has the activation {_short(value)}, which has no block", "known: linear, " + ", ".join(_BLOCK_ACTIVATIONS))
        return value

    def last_axis(self) -> None:
        """Raise InputError where the layer's axis is not the last one."""
        axis = self.config.get("axis", -1)
        axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
        if axis != -1 and axis != (self.rank or 4) - 1:
            raise self.error(f"works on axis {_short(axis)}", "only the last axis is supported")


def _short(value: Any) -> str:
    return repr(value)[:60]


def _pair(value: Any) -> Any:
    return (value, value) if isinstance(value, int) else value


def _with_activation(layer: LayerConfig, kind: str, params: dict[str, Any]) -> tuple[Step, ...]:
    activation = layer.activation(layer.config.get("activation"))
    fused = activation in (*_FUSED, "none")
    first = (kind, {**params, "activation": activation if fused else "none", "use_bias": layer.config.get("use_bias", True)})
    return (first,) if fused else (first, (activation, {}))


def _convolution(kind: str, names: Mapping[str, str]) -> Callable[[LayerConfig], tuple[Step, ...]]:
    def steps(layer: LayerConfig) -> tuple[Step, ...]:
        config = layer.config
        params = {ours: config[theirs] for ours, theirs in names.items() if theirs in config}
        window = {
            "kernel": _pair(config.get("kernel_size")),
            "stride": _pair(config.get("strides", 1)),
            "dilation": _pair(config.get("dilation_rate", 1)),
            "padding": config.get("padding", "valid"),
        }
        return _with_activation(layer, kind, {**params, **window})

    return steps


def _dense(layer: LayerConfig) -> tuple[Step, ...]:
    return _with_activation(layer, "dense", {"units": layer.config.get("units")})


def _pool(kind: str) -> Callable[[LayerConfig], tuple[Step, ...]]:
    def steps(layer: LayerConfig) -> tuple[Step, ...]:
        kernel = _pair(layer.config.get("pool_size", 2))
        stride = _pair(layer.config.get("strides"))
        return (
            (kind, {"kernel": kernel, "stride": kernel if stride is None else stride, "padding": layer.config.get("padding", "valid")}),
        )

    return steps


def _global_pool(kind: str) -> Callable[[LayerConfig], tuple[Step, ...]]:
    def steps(layer: LayerConfig) -> tuple[Step, ...]:
        return ((kind, {}), ("reshape", {"shape": (1, 1, -1)})) if layer.config.get("keepdims") else ((kind, {}),)

    return steps


def _batch_norm(layer: LayerConfig) -> tuple[Step, ...]:
    layer.last_axis()
    config = layer.config
    if config.get("renorm"):
        raise layer.error("renormalises batches, which has no block")
    return (("batch_norm", {"epsilon": config.get("epsilon", 1e-3), "momentum": config.get("momentum", 0.99)}),)


def _relu(layer: LayerConfig) -> tuple[Step, ...]:
    config = layer.config
    if config.get("negative_slope") or config.get("threshold"):
        raise layer.error("has a slope or a threshold, which no block has")
    if config.get("max_value") not in (None, 6):
        raise layer.error(f"is cut off at {_short(config['max_value'])}", "only 6 or no limit is supported")
    return (("relu" if config.get("max_value") is None else "relu6", {}),)


def _activation(layer: LayerConfig) -> tuple[Step, ...]:
    name = layer.activation(layer.config.get("activation"))
    return () if name == "none" else ((name, {}),)


def _softmax(layer: LayerConfig) -> tuple[Step, ...]:
    layer.last_axis()
    return (("softmax", {}),)


def _concatenate(layer: LayerConfig) -> tuple[Step, ...]:
    rank, axis = layer.rank or 4, layer.config.get("axis", -1)
    if not isinstance(axis, int) or not -rank < axis < rank or axis % rank == 0:
        raise layer.error(f"joins along axis {_short(axis)}")
    names = (*("time", "frequency")[: rank - 2], "channel")
    return (("concatenate", {"axis": names[axis % rank - 1]}),)


def _plain(kind: str) -> Callable[[LayerConfig], tuple[Step, ...]]:
    return lambda layer: ((kind, {}),)


STEPS: Mapping[str, Callable[[LayerConfig], tuple[Step, ...]]] = MappingProxyType(
    {
        "Conv2D": _convolution("conv2d", {"filters": "filters", "groups": "groups"}),
        "DepthwiseConv2D": _convolution("depthwise_conv2d", {"multiplier": "depth_multiplier"}),
        "SeparableConv2D": _convolution("separable_conv2d", {"filters": "filters", "multiplier": "depth_multiplier"}),
        "Dense": _dense,
        "MaxPooling2D": _pool("max_pool"),
        "AveragePooling2D": _pool("average_pool"),
        "GlobalAveragePooling2D": _global_pool("global_average_pool"),
        "GlobalMaxPooling2D": _global_pool("global_max_pool"),
        "BatchNormalization": _batch_norm,
        "ReLU": _relu,
        "Relu": _plain("relu"),
        "Relu6": _plain("relu6"),
        "Activation": _activation,
        "Softmax": _softmax,
        "Add": _plain("add"),
        "Concatenate": _concatenate,
        "Flatten": _plain("flatten"),
        "Reshape": lambda layer: (("reshape", {"shape": layer.config.get("target_shape", layer.config.get("newshape"))}),),
        "Dropout": lambda layer: (("dropout", {"rate": layer.config.get("rate")}),),
    }
)
