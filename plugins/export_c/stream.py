"""The tables of the streams: how each chain of kernels goes through the rows of its tensors."""

from studio.api import Call, StreamLayer


def table(call: Call) -> str:
    """Write the table that a stream's driver takes."""
    rows = "".join(f"  {{{', '.join(_fields(layer))}}},\n" for layer in call.layers)
    return f"static const ot_stream_layer {call.stream}[] = {{\n{rows}}};\n"


def _fields(layer: StreamLayer) -> list[str]:
    numbers = {
        "in_row": layer.in_row,
        "out_row": layer.out_row,
        "in_height": layer.in_height,
        "out_height": layer.out_height,
        "span": layer.span,
        "stride": layer.stride,
        "pad_top": layer.pad_top,
        "owner": layer.owner,
        "keeper": layer.keeper,
    }
    places = {"run": layer.adapter, "sizes": layer.sizes, "in": layer.input, "out": layer.output, "scratch": layer.scratch}
    return [f".{name} = {value}" for name, value in (places | numbers).items()]
