"""The fields of a window that the records of all convolutions share."""

from collections.abc import Callable, Mapping

from studio.core.network import Shape, Tensor, window_size
from studio.lower.engine.draft import Drafter
from studio.lower.engine.rows import Band, Reach, Rows

ACTIVATIONS = ("none", "relu", "relu6", "relu_n1_to_1")


def check_convolution(d: Drafter) -> None:
    """Refuse computed weights, other activations and other batches."""
    if not d.tensor(1).constant:
        d.refuse("its weights are not constant")
    check_activation(d)
    if d.tensor(0).shape[0] != 1:
        d.refuse("the batch must be 1")


def check_activation(d: Drafter) -> None:
    """Refuse a fused activation that no kernel has."""
    if d.op.options["activation"] not in ACTIVATIONS:
        d.refuse(f"activation {d.op.options['activation']} is not supported")


def window_fields(d: Drafter, source: Tensor, filters: Tensor, out: Tensor) -> tuple[dict[str, int], dict[str, int]]:
    """Return the sizes of input and output, the output's channels left out, and the window from kernel to padding."""
    (stride_h, stride_w), (dilation_h, dilation_w) = d.op.options["stride"], d.op.options["dilation"]
    kernel_h, kernel_w = filters.shape[1:3]
    _, top = window_size(source.shape[1], kernel_h, stride_h, dilation_h, d.op.options["padding"])
    _, left = window_size(source.shape[2], kernel_w, stride_w, dilation_w, d.op.options["padding"])
    sizes = {"in_height": source.shape[1], "in_width": source.shape[2], "in_channels": source.shape[3]}
    sizes |= {"out_height": out.shape[1], "out_width": out.shape[2]}
    window = {"kernel_height": kernel_h, "kernel_width": kernel_w, "stride_height": stride_h, "stride_width": stride_w}
    window |= {"dilation_height": dilation_h, "dilation_width": dilation_w, "pad_top": top, "pad_left": left}
    return sizes, window


def bias_of(d: Drafter, position: int = 2) -> Tensor | None:
    """Return the bias, which may be left out."""
    return d.tensor(position) if len(d.op.inputs) > position and d.op.inputs[position] >= 0 else None


def window_rows(
    source: Tensor, out: Tensor, window: Mapping[str, int], dims: Callable[[Band], dict[str, int]], scratch: Callable[[int], int]
) -> Rows:
    """Return the Rows of a call with this window."""
    span = (window["kernel_height"] - 1) * window["dilation_height"] + 1
    return Rows(Reach(source.shape[1], out.shape[1], span, window["stride_height"], window["pad_top"]), dims, scratch)


def of_band(tensor: Tensor, rows: int) -> Shape:
    """Return the shape of so many rows of a tensor."""
    return (1, rows, *tensor.shape[2:])
