"""The oracle is TFLM itself: it must take real models, keep state in order, and refuse in words."""

import numpy as np
import pytest

from studio.core.errors import InputError, ToolMissing
from studio.deploy import oracle
from studio.lower.tflite import read_tflite

pytestmark = pytest.mark.skipif(not oracle.available(), reason="tflite-micro has wheels for Linux on x86-64 only")


def random_inputs(network, count, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 256, network.input.nbytes, np.uint8).tobytes() for _ in range(count)]


def test_reads_back_what_the_wheel_gives(data_folder):
    from tflite_micro import runtime

    path = data_folder / "models" / "kws_ref_model.tflite"
    network = read_tflite(path)
    inputs = random_inputs(network, 3)
    plain = runtime.Interpreter.from_file(str(path), arena_size=1 << 20)
    expected = []
    for given in inputs:
        plain.set_input(np.frombuffer(given, np.int8).reshape(network.input.shape), 0)
        plain.invoke()
        expected.append(plain.get_output(0).tobytes())
    assert oracle.run(network, inputs, path.read_bytes()) == expected
    assert len(set(expected)) == 3


def test_network_written_by_us_gives_the_same(data_folder):
    path = data_folder / "models" / "micro_speech_quantized.tflite"
    network = read_tflite(path)
    inputs = random_inputs(network, 10)
    assert oracle.run(network, inputs) == oracle.run(network, inputs, path.read_bytes())


def test_state_is_kept_in_order_and_starts_anew(data_folder):
    path = data_folder / "models" / "mww_v2_hey_jarvis.tflite"
    network, tflite = read_tflite(path), path.read_bytes()
    loud = [bytes([127] * network.input.nbytes)] * 30
    outputs = oracle.run(network, loud, tflite)
    assert len(set(outputs)) > 3  # the same input each time: only the state can make them differ
    assert outputs == oracle.run(network, loud, tflite)


def test_wrong_size_is_refused(data_folder):
    network = read_tflite(data_folder / "models" / "ad01_int8.tflite")
    with pytest.raises(InputError, match="input 1 has 639 bytes"):
        oracle.run(network, [bytes(640), bytes(639)])


@pytest.mark.parametrize("kind", ["tile", "sin"])  # one fails when tensors are allocated, one when it is invoked
def test_operator_that_tflm_lacks_is_refused(data_folder, kind):
    import msgspec

    network = read_tflite(data_folder / "models" / "ad01_int8.tflite")
    odd = msgspec.structs.replace(network.ops[0], kind=kind, options={}, inputs=network.ops[0].inputs[:1])
    with pytest.raises(InputError, match="does not take this network"):
        oracle.run(msgspec.structs.replace(network, ops=(odd, *network.ops[1:])), [bytes(640)])


def test_missing_wheel_is_a_missing_tool(monkeypatch):
    monkeypatch.setattr(oracle, "_MODULE", "no_such_wheel")
    assert not oracle.available()
    with pytest.raises(ToolMissing, match="tflite-micro"):
        oracle.require()
