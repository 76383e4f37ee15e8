"""Models made for batches of any size work out the sizes of what they reshape: shape, strided_slice, pack, reshape."""

import numpy as np
import pytest

from studio.core.errors import UnsupportedOperator
from studio.core.network import Network, Op, Quantisation, Tensor
from studio.deploy import oracle
from studio.lower.engine import program, sketch
from tests.helpers.engine_host import HostModel, random_inputs

MASKS = {"begin_mask": 0, "end_mask": 0, "ellipsis_mask": 0, "new_axis_mask": 0, "shrink_axis_mask": 1, "offset": False}
POOL = {"kernel": (2, 2), "stride": (2, 2), "padding": "valid", "activation": "none"}


def flattening(dtype: str = "int8") -> Network:
    """Pool, then flatten as Keras does where the batch is open."""
    quant = Quantisation((0.5,), (0,))
    shapes = [(1, 4, 6, 3), (1, 2, 3, 3), (4,), (), (2,), (1, 18), (1,), (1,), (1,), ()]
    kinds = [dtype, dtype, "int32", "int32", "int32", dtype, "int32", "int32", "int32", "int32"]
    given = {6: [0], 7: [1], 8: [1], 9: 18}
    tensors = [
        Tensor(
            f"t{i}",
            shape,
            kind,
            None if kind == "int32" else quant,
            i in given,
            np.asarray(given[i], "<i4").tobytes() if i in given else None,
        )
        for i, (shape, kind) in enumerate(zip(shapes, kinds, strict=True))
    ]
    ops = [
        Op("average_pool_2d", (0,), (1,), POOL),
        Op("shape", (1,), (2,), {"out_type": "int32"}),
        Op("strided_slice", (2, 6, 7, 8), (3,), MASKS),
        Op("pack", (3, 9), (4,), {"values_count": 2, "axis": 0}),
        Op("reshape", (1, 4), (5,)),
    ]
    return Network("flattening", tuple(tensors), tuple(ops), (0,), (5,))


@pytest.mark.parametrize("dtype", ["int8", "int16"])
def test_outputs_equal_tflm_and_sizes_take_no_memory(dtype, tmp_path):
    network = flattening(dtype)
    inputs = random_inputs(network, 4)
    model = HostModel(network, "dsp", tmp_path)
    assert [model.run(i) for i in inputs] == oracle.run(network, inputs)
    plan = program(network)
    assert [call.op for call in plan.calls] == [0]
    assert sketch(network, "dsp").arena_bytes == plan.arena_bytes
    assert not {2, 3, 4} & {b.tensor for b in plan.buffers}


@pytest.mark.parametrize("making", [program, lambda network: sketch(network, "dsp")])
def test_sizes_that_something_else_takes_are_refused(making):
    network = flattening()
    shown = Network("n", network.tensors, network.ops[:4], (0,), (4,))
    added = Op("mean", (1, 2), (5,), {"keep_dims": False})
    for wrong in (shown, Network("n", network.tensors, (*network.ops[:2], added), (0,), (5,))):
        with pytest.raises(UnsupportedOperator, match=r"runtime c cannot run (pack|shape)"):
            making(wrong)
