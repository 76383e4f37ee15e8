"""Models with floats at their ends, and with state, on a virtual kit: the oracle's bytes and the estimate's figures."""

import shutil

import pytest

from studio.boards import board
from studio.deploy.subject import load_subject
from studio.deploy.validate import validate
from studio.jobs import QuietContext


@pytest.mark.data
@pytest.mark.parametrize(("model", "inputs"), [("arm_ds_cnn_s_quantized", 3), ("mww_v2_hey_jarvis", 20)])
def test_kit_oracle_and_estimate_agree(model, inputs, data_folder):
    result = validate(load_subject(data_folder / "models" / f"{model}.tflite"), board("virtual-m4"), inputs, QuietContext())
    assert (result.mismatching_inputs, result.max_difference) == (0, 0)
    assert result.estimate.ram_bytes == result.ram_bytes
    assert result.estimate.flash_bytes == pytest.approx(result.flash_bytes, rel=0.03)
    assert result.estimate.instructions == pytest.approx(result.instructions, rel=0.15)
    assert result.estimate.stack_bytes >= result.stack_bytes
    assert sum(op.instructions for op in result.operators) == pytest.approx(result.instructions, rel=0.002)
    assert sum(op.cycles for op in result.operators) == pytest.approx(result.cycles_estimate, rel=0.005)
    assert sum(op.estimated_instructions for op in result.operators) == result.estimate.instructions
    assert result.run_ms == pytest.approx(result.cycles_estimate / board("virtual-m4").clock_hz * 1e3)


@pytest.mark.data
@pytest.mark.skipif(shutil.which("qemu-system-arm") is None, reason="qemu-system-arm is not installed")
def test_helium_takes_the_reference_model_in_much_less(data_folder):
    result = validate(load_subject(data_folder / "models" / "kws_ref_model.tflite"), board("virtual-m55"), 3, QuietContext())
    assert (result.mismatching_inputs, result.max_difference) == (0, 0)
    assert result.instructions < 2_000_000 < result.estimate.instructions  # the estimate is that of the DSP kernels
    assert len(result.operators) == 12
    assert sum(op.instructions for op in result.operators) == pytest.approx(result.instructions, rel=0.002)
    assert result.run_ms is None and result.stack_bytes > 0
