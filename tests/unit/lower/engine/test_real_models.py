import pytest

from studio.deploy import oracle
from studio.lower.tflite import read_tflite
from tests.helpers.engine_host import HostModel, random_inputs

MODELS = (
    "kws_ref_model",
    "micro_speech_quantized",
    "ad01_int8",
    "ic_resnet_quant",
    "kws_micronet_m",
    "arm_ds_cnn_s_quantized",
    "mww_v2_hey_jarvis",
)


@pytest.mark.data
@pytest.mark.parametrize("variant", ["dsp", "plain"])
@pytest.mark.parametrize("model", MODELS)
def test_outputs_equal_tflm(model, variant, data_folder, tmp_path):
    path = data_folder / "models" / f"{model}.tflite"
    network = read_tflite(path)
    inputs = random_inputs(network, {"kws_ref_model": 100, "ad01_int8": 200, "mww_v2_hey_jarvis": 40}.get(model, 10))
    wanted = oracle.run(network, inputs, path.read_bytes())
    compiled = HostModel(network, variant, tmp_path)
    assert [compiled.run(data) for data in inputs] == wanted
