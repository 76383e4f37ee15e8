"""X-CUBE-AI: plans and programs that people published, what it refuses, and what is said to be unverified."""

import msgspec
import pytest

from studio.boards import board, load_boards
from studio.core.network import Network, Op, Tensor
from studio.estimate.counts import figures, unverified_macc
from studio.estimate.report import RUNTIMES, report, runtimes_for
from studio.estimate.tflm import arena
from studio.estimate.xcubeai import activation_bytes
from studio.estimate.xcubeai.cost import law_bytes, library_bytes, table
from studio.estimate.xcubeai.layers import layers
from studio.lower.int8 import quantised_types
from studio.lower.tflite import read_tflite
from tests.unit.estimate.test_conventions import chain, published_cnn

CONV = {"padding": "valid", "activation": "relu"}
POOL = {"kernel": (2, 2), "stride": (2, 2), "padding": "valid"}
HOME = board("nucleo-l4r5zi")


def per_channel(network: Network) -> Network:
    """Give dense layers a scale for each output, as newer converters do."""

    def spread(tensor: Tensor) -> Tensor:
        quant = msgspec.structs.replace(tensor.quant, scale=tensor.quant.scale[:1] * tensor.shape[0], zero_point=(0,) * tensor.shape[0])
        return msgspec.structs.replace(tensor, quant=quant)

    dense = {op.inputs[1] for op in network.ops if op.kind == "fully_connected"}
    return msgspec.structs.replace(network, tensors=tuple(spread(t) if i in dense else t for i, t in enumerate(network.tensors)))


def fingers() -> Network:
    """github.com/clarobit/fingercount_ai: ST Edge AI Core 2.2.0, balanced, int8."""
    convs = [(kind, params) for f in (16, 32, 64) for kind, params in (("conv2d", {"filters": f, **CONV}), ("max_pool", POOL))]
    dense = [("flatten", {}), ("dense", {"units": 64, "activation": "relu"}), ("dense", {"units": 6}), ("softmax", {})]
    return per_channel(quantised_types(chain((96, 96, 1), *convs, *dense)))


def digits() -> Network:
    """github.com/mayssajr/STM32_digit_recognition: ST Edge AI Core 2.2.0, balanced, float32."""
    dense = [("flatten", {}), ("dense", {"units": 64, "activation": "relu"}), ("dense", {"units": 10}), ("softmax", {})]
    return chain((28, 28, 1), ("conv2d", {"filters": 8, **CONV}), ("conv2d", {"filters": 16, **CONV}), ("max_pool", POOL), *dense)


def words() -> Network:
    """github.com/CoolBot2/DIY-Alexa-Projekt: ST Edge AI Core 2.2.0, balanced, float32; its first layers, which decide."""
    return chain(
        (48, 10, 1),
        ("conv2d", {"filters": 64, "kernel": (10, 4), "stride": (2, 2), **CONV}),
        ("depthwise_conv2d", {"kernel": (3, 3), "padding": "valid"}),
        ("conv2d", {"filters": 8, "kernel": (1, 1), **CONV}),
        ("average_pool", {**POOL}),
        ("flatten", {}),
        ("dense", {"units": 30}),
    )


def radar() -> Network:
    """github.com/Gitae-18/SmartLED_Wisun_default: ST Edge AI Core 2.0.0, balanced, int8; its input lies apart."""
    conv = {"kernel": (1, 3), **CONV}
    dense = [("flatten", {}), ("dense", {"units": 64, "activation": "relu"}), ("dense", {"units": 4}), ("softmax", {})]
    return quantised_types(chain((1, 13, 9), ("conv2d", {"filters": 32, **conv}), ("conv2d", {"filters": 64, **conv}), *dense))


def yamnet() -> Network:
    """The first layers of YAMNet, which decide: conv 3x3/2 of 32, then depthwise and pointwise to 64 and, by stride 2, to 128."""
    conv = {"activation": "relu"}
    return quantised_types(
        chain(
            (64, 96, 1),
            ("conv2d", {"filters": 32, "stride": (2, 2), **conv}),
            ("depthwise_conv2d", {**conv}),
            ("conv2d", {"filters": 64, "kernel": (1, 1), **conv}),
            ("depthwise_conv2d", {"stride": (2, 2), **conv}),
            ("conv2d", {"filters": 128, "kernel": (1, 1), **conv}),
            ("global_average_pool", {}),
            ("dense", {"units": 10}),
        )
    )


@pytest.mark.parametrize(
    ("network", "published"),
    [(fingers, 45_072), (digits, 25_760), (words, 22_560), (radar, 7_328)],
)
def test_published_plans_are_met_to_the_byte(network, published):
    assert activation_bytes(network()) == published


def test_model_zoo_plans_are_far_below_tflm_s_and_near_ours():
    """STM32 model zoo, X-CUBE-AI 10.0.0: YAMNet-256 takes 109.57 KiB of activations."""
    network = yamnet()
    made, head = activation_bytes(network), arena(network).head
    assert made == pytest.approx(109.57 * 1024, rel=0.06)
    assert 0.56 <= made / head <= 0.77


@pytest.mark.parametrize("program", table().programs, ids=lambda p: p.source[:30])
def test_the_laws_meet_every_published_program(program):
    laws = {
        name: law_bytes(law, program.layers, program.tensors, program.channels) for name, law in table().network.items() if name != "rodata"
    }
    laws["rodata"] = law_bytes(table().network["rodata"], program.layers, program.tensors, program.channels)
    library = library_bytes(program.dtype, frozenset(program.kinds), program.fused)
    assert laws["data"] + laws["bss"] == pytest.approx(program.ram, rel=0.06)
    assert library + laws["text"] + laws["rodata"] + laws["data"] == pytest.approx(program.flash, rel=0.12)
    assert program.source and program.version.startswith("10.")


@pytest.mark.parametrize("target", load_boards().values(), ids=lambda t: t.id)
def test_it_is_for_stm32_only_and_says_so(target):
    network = quantised_types(published_cnn())
    made = report(network, target, "x-cube-ai")
    refused = [i.message for i in made.issues if i.id == "runtime.unsupported"]
    assert bool(refused) == ("x-cube-ai" not in runtimes_for(target)) == (not target.id.startswith(("nucleo", "stm32", "b-", "sensortile")))
    assert all("STM32 only" in words and target.vendor in words for words in refused)


def test_what_no_report_confirms_is_said():
    plain = report(quantised_types(published_cnn()), HOME, "x-cube-ai")
    assert not [i for i in plain.issues if i.id == "runtime.unverified"]
    (joined,) = [i for i in report(yamnet(), HOME, "x-cube-ai").issues if i.id == "runtime.unverified"]
    assert joined.severity == "advice" and "average_pool_2d" in joined.message
    (floating,) = [i for i in report(published_cnn(), HOME, "x-cube-ai").issues if i.id == "runtime.unverified"]
    assert "time of a float network" in floating.message
    assert unverified_macc(yamnet()) == ("average_pool_2d",)


@pytest.mark.parametrize("dtype", ["int16", "int4"])
def test_other_data_types_are_refused(dtype):
    x, w, y = Tensor("x", (1, 8), dtype), Tensor("w", (4, 8), "int8", constant=True), Tensor("y", (1, 4), dtype)
    network = Network("n", (x, w, y), (Op("fully_connected", (0, 1), (2,)),), (0,), (2,))
    made = report(network, HOME, "x-cube-ai")
    assert not made.fits and dtype in made.limits and "convert to int8" in made.limits


def test_float_without_a_floating_point_unit_is_refused():
    made = report(published_cnn(), board("nucleo-g0b1re"), "x-cube-ai")
    assert not made.fits and "no time of a float network" in made.limits
    assert report(quantised_types(published_cnn()), board("nucleo-g0b1re"), "x-cube-ai").latency_ms.value > 0


def test_parts_and_sources():
    network = quantised_types(published_cnn())
    made = report(network, HOME, "x-cube-ai")
    assert set(made.ram.parts) == {"activations", "runtime", "application"}
    assert made.flash.parts["weights"] == figures(network).weights_bytes
    assert "X-CUBE-AI 10.2" in made.runtime_version and made.provenance == "estimated"
    assert "published plans" in made.sources["memory"] and "stack is not published" in made.sources["memory"]
    assert "X-CUBE-AI" in made.sources["latency band"]
    assert "x-cube-ai" in RUNTIMES


def test_float_time_is_that_of_the_published_board():
    """Stride-DS-24 took 81.6 ms at 80 MHz, 12.1 cycles a MAC; ours is counted so on the same core."""
    from tests.unit.estimate.test_conventions import strided

    made = report(strided(24), board("nucleo-l476rg"), "x-cube-ai").latency_ms
    assert made.low < 81.6 < made.high and made.high > 3 * made.low


def test_pooling_and_activation_are_fused_and_reshapes_are_views():
    made = layers(fingers())
    assert [layer.kind for layer in made] == ["conv_2d", "conv_2d", "conv_2d", "fully_connected", "fully_connected", "softmax"]
    assert [layer.fused for layer in made] == [True] * 3 + [False] * 3
    assert [layer.fused for layer in layers(quantised_types(published_cnn()))] == [False] * 7


def test_real_models_have_a_plan(data_folder):
    for path in sorted((data_folder / "models").glob("*.tflite")):
        network = read_tflite(path)
        made = report(network, HOME, "x-cube-ai")
        if "mww" in path.name:
            assert not made.fits and "X-CUBE-AI is not known to import" in made.limits
            continue
        most = max(network.tensors[i].nbytes for op in network.ops for i in op.outputs)
        assert most <= activation_bytes(network) == made.ram.parts["activations"]
        assert activation_bytes(network) != arena(network).head
