"""The generated C under AddressSanitizer and UndefinedBehaviorSanitizer, with gcc on this computer: the golden outputs, and no complaint."""

import subprocess

import pytest

from studio.core.frontend import FrontEnd
from studio.deploy import oracle
from studio.dsp.tables import frontend_tables
from studio.lower.tflite import read_tflite
from tests.helpers.engine_host import export, gcc, golden, kernel_objects, random_inputs
from tests.helpers.packed_networks import packed_network
from tests.helpers.random_networks import random_network, rare_network
from tests.helpers.streaming_networks import streaming_network
from tests.helpers.width_networks import nibble_networks, wide_network

SANITIZED = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
MAKERS = (random_network, rare_network, streaming_network, packed_network, wide_network)
VARIANTS = ("dsp", "plain")
MODELS = ("kws_ref_model", "ad01_int8", "ic_resnet_quant", "kws_micronet_m", "arm_ds_cnn_s_quantized")


def run_sanitized(network, variant, folder, inputs, tflite=None, alike=None):
    """Run the self-test; `alike` is a network with the same outputs that the oracle takes, where it does not take this one."""
    export(network, variant, folder, golden=golden(inputs, oracle.run(alike or network, inputs, tflite)))
    sources = [*(folder / "src").glob("*.c"), *(folder / "selftest").glob("*.c")]
    gcc("-std=c11", *SANITIZED, "-I", folder / "src", *sources, *kernel_objects(SANITIZED), "-o", folder / "program")
    done = subprocess.run([folder / "program"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("seed", range(20))
def test_random_networks(seed, tmp_path):
    network = MAKERS[seed % 5](seed)
    run_sanitized(network, VARIANTS[seed // 5 % 2], tmp_path, random_inputs(network, 2))


@pytest.mark.parametrize("seed", range(2))
def test_networks_of_4_bit_weights(seed, tmp_path):
    network, alike = nibble_networks(seed)
    run_sanitized(network, VARIANTS[seed], tmp_path, random_inputs(network, 2), alike=alike)


@pytest.mark.data
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(("model", "inputs"), [("micro_speech_quantized", 1), ("mww_v2_hey_jarvis", 5)])
def test_small_models(model, inputs, variant, data_folder, tmp_path):
    run_model(data_folder, model, inputs, variant, tmp_path)


@pytest.mark.nightly
@pytest.mark.data
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("model", MODELS)
def test_large_models(model, variant, data_folder, tmp_path):
    run_model(data_folder, model, 3, variant, tmp_path)


def run_model(data_folder, model, inputs, variant, folder):
    path = data_folder / "models" / f"{model}.tflite"
    network = read_tflite(path)
    run_sanitized(network, variant, folder, random_inputs(network, inputs), path.read_bytes())


@pytest.mark.nightly
@pytest.mark.parametrize("first", range(5000, 5500, 50))
def test_many_random_networks(first, tmp_path):
    for seed in range(first, first + 50):
        for make in MAKERS:
            network = make(seed)
            run_sanitized(network, VARIANTS[seed % 2], tmp_path / f"{seed}{make.__name__}", random_inputs(network, 3))
        network, alike = nibble_networks(seed)
        run_sanitized(network, VARIANTS[seed % 2], tmp_path / f"{seed}nibbles", random_inputs(network, 3), alike=alike)


PUSH = """
#include "model.h"
int main(void) {
  static int16_t pcm[FE_CLIP_SAMPLES];
  uint32_t noise = 1;
  for (int loudness = 0; loudness <= 16; loudness += 4) {
    for (int i = 0; i < FE_CLIP_SAMPLES; i++) pcm[i] = (int16_t)((int32_t)(noise = noise * 1664525u + 1013904223u) >> loudness >> 16);
    frontend_init();
    for (int at = 0, step = 1; at < FE_CLIP_SAMPLES; at += step, step = step * 7 % 997 + 1) {
      const int left = FE_CLIP_SAMPLES - at;
      frontend_push(pcm + at, step < left ? step : left);
    }
    frontend_features(model_input());
  }
  return 0;
}
"""


def test_the_front_end(tmp_path):
    network, fe = random_network(4), FrontEnd()
    assert network.input.nbytes >= fe.frames * fe.mels
    export(network, "plain", tmp_path, frontend=fe, frontend_tables=frontend_tables(fe, network.input.quant))
    (tmp_path / "push.c").write_text(PUSH)
    sources = [tmp_path / "push.c", *(tmp_path / "src").rglob("*.c")]
    gcc("-std=c11", *SANITIZED, "-I", tmp_path / "src", *sources, "-lm", "-o", tmp_path / "program")
    done = subprocess.run([tmp_path / "program"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
