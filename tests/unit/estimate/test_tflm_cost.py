"""TFLM's code, static RAM, stack, instructions and cycles against three models in two whole builds."""

import pytest

from studio.boards import board
from studio.core.errors import UnsupportedOperator
from studio.core.network import Network, Op, Tensor
from studio.estimate.tflm import model_bytes, tflm_cost
from studio.estimate.tflm.cost import table
from studio.estimate.tflm.support import SUPPORTED, check_supported
from studio.lower.tflite import read_tflite, write_tflite

# code and constants without the model, instructions, M4 cycles, .data + .bss, stack
MEASURED = {
    ("kws_ref_model", "reference"): (41414, 43043400, 59.7e6, 560, 752),
    ("kws_ref_model", "cmsis_nn"): (53436, 7698253, 9.17e6, 560, 932),
    ("ad01_int8", "reference"): (20342, 1952232, 2.78e6, 276, 480),
    ("ad01_int8", "cmsis_nn"): (28100, 582851, 0.72e6, 276, 644),
    ("micro_speech_quantized", "reference"): (33502, 9310463, 12.3e6, 488, 692),
    ("micro_speech_quantized", "cmsis_nn"): (44240, 1495326, 2.03e6, 488, 972),
}


@pytest.mark.parametrize(("model", "kernels"), MEASURED)
def test_the_tables_give_back_the_measured_builds(data_folder, model, kernels):
    code, instructions, cycles, static, stack = MEASURED[model, kernels]
    cost = tflm_cost(read_tflite(data_folder / "models" / f"{model}.tflite"), kernels, board("virtual-m4").core)
    assert cost.runtime_bytes + cost.kernels_bytes == pytest.approx(code, rel=0.01)
    assert sum(op.instructions for op in cost.rows.ops) == pytest.approx(instructions, rel=0.01)
    assert sum(op.cycles for op in cost.rows.ops) == pytest.approx(cycles, rel=0.02)
    assert (cost.static_bytes, cost.stack_bytes) == (static, stack)


@pytest.mark.parametrize("kernels", ["reference", "cmsis_nn"])
def test_every_kind_that_has_a_cost_is_supported(kernels):
    known = set(table().kernels[kernels].ops)
    assert known - set(SUPPORTED) <= {"conv_2d_1x1", "depthwise_conv_2d_3x3"}
    assert {"conv_2d", "fully_connected", "softmax", "add", "mean", "concatenation"} <= known & SUPPORTED


def test_code_is_shared_between_kinds(data_folder):
    core = board("virtual-m4").core
    both = tflm_cost(read_tflite(data_folder / "models" / "kws_ref_model.tflite"), "cmsis_nn", core).kernels_bytes
    pieces = table().kernels["cmsis_nn"].code.pieces
    alone = sum(p.bytes for kind in ("conv_2d", "depthwise_conv_2d", "fully_connected", "softmax") for p in pieces if kind in p.kinds)
    assert both < alone


def test_a_core_without_dsp_counts_more():
    cores = [board(id).core for id in ("virtual-m33", "virtual-m3", "virtual-m0")]
    tensors = (Tensor("x", (1, 64), "int8"), Tensor("w", (10, 64), "int8", constant=True), Tensor("y", (1, 10), "int8"))
    network = Network("n", tensors, (Op("fully_connected", (0, 1), (2,), {"activation": "none"}),), (0,), (2,))
    counts = [tflm_cost(network, "cmsis_nn", core).rows.ops[0].instructions for core in cores]
    assert counts == sorted(counts)


@pytest.mark.parametrize("model", ["kws_ref_model", "ic_resnet_quant", "ad01_int8", "kws_micronet_m", "micro_speech_quantized"])
def test_the_files_size_is_close_before_there_are_weights(data_folder, model):
    full = read_tflite(data_folder / "models" / f"{model}.tflite")
    bare = Network(
        full.name,
        tuple(Tensor(t.name, t.shape, t.dtype, t.quant, t.constant) for t in full.tensors),
        full.ops,
        full.inputs,
        full.outputs,
    )
    assert not bare.has_weights
    assert model_bytes(full) == len(write_tflite(full))
    assert model_bytes(bare) == pytest.approx(model_bytes(full), rel=0.015)


def test_what_tflm_lacks_is_named():
    x = Tensor("x", (1, 4), "int8")
    with pytest.raises(UnsupportedOperator) as caught:
        check_supported(Network("n", (x, x), (Op("topk_v2", (0,), (1,), block="top"),), (0,), (1,)))
    assert (caught.value.where, "topk_v2" in caught.value.message) == ("top", True)


def test_mixed_float_and_integer_data_is_refused():
    tensors = (Tensor("x", (1, 4)), Tensor("w", (2, 4), "int8", constant=True), Tensor("y", (1, 2)))
    with pytest.raises(UnsupportedOperator, match="mixed"):
        check_supported(Network("n", tensors, (Op("fully_connected", (0, 1), (2,)),), (0,), (2,)))
