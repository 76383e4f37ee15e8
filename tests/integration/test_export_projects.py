"""The exported folder as its README tells to use it: Makefile, CMake, Arduino, the demo; on this computer and on the kit."""

import re
import shutil
import subprocess
import wave
import zlib

import numpy as np
import pytest

from studio.blocks import registry
from studio.blocks.templates import tiny_graph
from studio.boards import board
from studio.core.frontend import FrontEnd
from studio.core.network import Network
from studio.core.protocols import KitRun
from studio.deploy import oracle
from studio.deploy.build import read_image
from studio.deploy.flash import flasher_for
from studio.deploy.validate import host_features
from studio.dsp.tables import frontend_tables
from studio.lower.engine import variant_for
from studio.lower.graph import lower_graph
from studio.lower.randomise import randomise
from tests.helpers.engine_host import CONTEXT, export, gcc, golden, random_inputs
from tests.helpers.random_networks import random_network
from tests.helpers.streaming_networks import streaming_network

CROSS = "arm-none-eabi-gcc"
LABELS = ("yes", 'say "no"', "two\nlines")
FRONTEND = FrontEnd(clip_samples=4000)
needs_cross = pytest.mark.skipif(shutil.which(CROSS) is None, reason="arm-none-eabi-gcc is not installed")
needs_qemu = pytest.mark.skipif(shutil.which("qemu-system-arm") is None, reason="qemu-system-arm is not installed")
needs_cmake = pytest.mark.skipif(shutil.which("cmake") is None, reason="cmake is not installed")


def project(network: Network, folder, kit="virtual-m4", **changes) -> str:
    """Export and return the CRC-32 that the oracle's outputs have."""
    inputs = random_inputs(network, 3)
    outputs = oracle.run(network, inputs)
    target = board(kit)
    export(network, variant_for(target.core), folder, golden=golden(inputs, outputs), target=target, **changes)
    return f"{zlib.crc32(b''.join(outputs)):08x}"


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A folder with a front end, and the CRC-32."""
    folder = tmp_path_factory.mktemp("sound")
    network = randomise(lower_graph(tiny_graph(FRONTEND.shape, len(LABELS)), registry(), FRONTEND.shape), 1)
    tables = frontend_tables(FRONTEND, network.input.quant)
    crc = project(network, folder, name='words "of"\nmine', labels=LABELS, frontend=FRONTEND, frontend_tables=tables)
    return folder, network, crc


def run(*command, cwd, code=0):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, cwd=cwd)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def run_on_kit(elf, kit) -> KitRun:
    """Program the kit with the self-test and run it."""
    image = read_image(elf, board(kit), "gcc")
    flasher = flasher_for(board(kit))
    flasher.program(image, board(kit), "", CONTEXT)
    return flasher.run(image, board(kit), "", b"", 60.0, CONTEXT)


def on_kit(elf, kit) -> str:
    """Return what the self-test says, if it found nothing wrong."""
    heard = run_on_kit(elf, kit)
    assert (heard.fault, heard.exit_code) == ("", 0), heard
    return heard.output.decode()


def test_make_on_this_computer(sound):
    folder, _, crc = sound
    said = run("make", "-s", "test", cwd=folder)
    assert said.endswith(f"3 of 3 outputs equal, CRC-32 {crc}, golden {crc}\n")
    assert "warning" not in run("make", "-s", "-B", "all", cwd=folder)


@needs_cross
@pytest.mark.parametrize(
    ("kit", "make"),
    [("virtual-m4", random_network), ("virtual-m0", streaming_network), pytest.param("virtual-m55", random_network, marks=needs_qemu)],
)
def test_make_for_the_kit(kit, make, tmp_path):
    crc = project(make(3), tmp_path, kit)
    assert run("make", "-s", "kit", cwd=tmp_path) == ""
    assert on_kit(tmp_path / "build" / "selftest.elf", kit) == f"all outputs equal, CRC-32 {crc}, golden {crc}\n"


@needs_cross
def test_a_flipped_bit_on_the_kit_is_noticed(sound, tmp_path):
    folder = tmp_path / "flipped"
    shutil.copytree(sound[0], folder, ignore=shutil.ignore_patterns("build"))
    source = folder / "src" / "model.c"
    text = source.read_text()
    *_, last = re.finditer(r"const int32_t \w+_bias\[\d+\] = \{\n  (-?\d+)", text)
    source.write_text(text[: last.start(1)] + str(int(last[1]) ^ 1 << 12) + text[last.end(1) :])
    run("make", "-s", "kit", cwd=folder)
    heard = run_on_kit(folder / "build" / "selftest.elf", "virtual-m4")
    assert heard.exit_code == 1
    assert re.fullmatch(rf"outputs differ, CRC-32 (?!{sound[2]})[0-9a-f]{{8}}, golden {sound[2]}\n", heard.output.decode())


@needs_cmake
def test_cmake_on_this_computer(sound):
    folder, _, crc = sound
    run("cmake", "-S", ".", "-B", "native", cwd=folder)
    assert "warning" not in run("cmake", "--build", "native", cwd=folder)
    assert crc in run("ctest", "--test-dir", "native", "-V", cwd=folder)
    assert (folder / "native" / "demo").is_file()


@needs_cross
@needs_cmake
def test_cmake_for_the_kit(sound):
    folder, _, crc = sound
    run("cmake", "-S", ".", "-B", "cross", "-DCMAKE_TOOLCHAIN_FILE=kit/arm-none-eabi.cmake", cwd=folder)
    assert "warning" not in run("cmake", "--build", "cross", cwd=folder)
    assert crc in on_kit(folder / "cross" / "selftest.elf", "virtual-m4")


@needs_cmake
def test_cmake_as_a_part_of_another_project(sound, tmp_path):
    (tmp_path / "main.c").write_text('#include "model.h"\nint main(void) { return model_score(0) > 1e9f; }\n')
    lines = ("project(mine C)", f"add_subdirectory({sound[0]} model)", "add_executable(mine main.c)", "target_link_libraries(mine model)")
    (tmp_path / "CMakeLists.txt").write_text("\n".join(("cmake_minimum_required(VERSION 3.16)", *lines)))
    run("cmake", "-B", "out", cwd=tmp_path)
    run("cmake", "--build", "out", cwd=tmp_path)
    run("./out/mine", cwd=tmp_path)
    assert not (tmp_path / "out" / "model" / "demo").exists()


ARDUINO = """
#include <stddef.h>
#include <stdint.h>
template <class A, class B> A min(A a, B b) { return a < b ? a : b; }
struct Port {
  void begin(long);
  template <class T> void print(T);
  template <class T> void println(T);
};
extern Port Serial;
unsigned long micros();
void delay(unsigned long);
void setup();
void loop();
"""
MICROPHONE = """
struct Microphone {
  void onReceive(void (*)());
  int begin(int, int);
  int available();
  int read(void *, size_t);
};
extern Microphone PDM;
"""


def compile_sketch(sketch, library, folder):
    """As the Arduino IDE does: Arduino.h before the sketch, which becomes C++; only src/ is on the include path."""
    (folder / "Arduino.h").write_text(ARDUINO)
    source = folder / "sketch.cpp"
    source.write_text(f"#include <Arduino.h>\n{sketch.read_text()}")
    gcc("-x", "c++", "-std=gnu++17", "-Wall", "-Wextra", "-Werror", "-I", folder, "-I", library / "src", "-fsyntax-only", source)


@pytest.mark.parametrize("microphone", [False, True])
def test_the_arduino_sketch_of_a_front_end(sound, microphone, tmp_path):
    if microphone:
        (tmp_path / "PDM.h").write_text(MICROPHONE)
    compile_sketch(sound[0] / "examples" / "KeywordSpotting" / "KeywordSpotting.ino", sound[0], tmp_path)


def test_the_arduino_sketch_of_a_bare_model(tmp_path):
    project(random_network(4), tmp_path / "p")
    compile_sketch(tmp_path / "p" / "examples" / "RunModel" / "RunModel.ino", tmp_path / "p", tmp_path)
    properties = dict(line.split("=", 1) for line in (tmp_path / "p" / "library.properties").read_text().splitlines())
    assert properties["includes"] == "model.h"


def test_the_librarys_properties_are_of_one_line_each(sound):
    properties = dict(line.split("=", 1) for line in (sound[0] / "library.properties").read_text().splitlines())
    assert {"name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url", "architectures"} <= set(properties)
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,62}", properties["name"])


@needs_cross
def test_the_library_compiles_as_arduino_does(sound, tmp_path):
    """Each file by itself, with nothing but src/ on the include path."""
    flags = board("virtual-m4").core.gcc_flags
    for source in sorted((sound[0] / "src").rglob("*.c")):
        run(
            CROSS,
            *flags,
            "-std=gnu11",
            "-Os",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-I",
            "src",
            "-c",
            source,
            "-o",
            tmp_path / "o.o",
            cwd=sound[0],
        )


def write_wav(path, channels, rate=16000, width=2):
    """A clip of noise, int16; both channels of a stereo file differ."""
    rng = np.random.default_rng(5)
    pcm = rng.integers(-8000, 8000, (FRONTEND.clip_samples, channels)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(pcm.tobytes() if width == 2 else pcm.astype("i1").tobytes())
    return np.trunc(pcm.astype(int).sum(axis=1) / channels).astype(np.int16)


@pytest.fixture(scope="module")
def demo(sound):
    run("make", "-s", "build/demo", cwd=sound[0])
    return sound[0] / "build" / "demo"


@pytest.mark.parametrize("channels", [1, 2])
def test_the_demo_hears_what_the_studio_hears(demo, sound, channels, tmp_path):
    network = sound[1]
    pcm = write_wav(tmp_path / "clip.wav", channels)
    said = run(demo, tmp_path / "clip.wav", cwd=tmp_path)
    scores = [float(x) for x in re.findall(r"^ {10}(\d\.\d{3})  ", said, re.M)]
    features = host_features(FRONTEND, network, pcm[None])
    (output,) = oracle.run(network, [features.astype(np.int8).tobytes()])
    quant = network.output.quant
    expected = (oracle.values(output, network.output).astype(int) - quant.zero_point[0]) * quant.scale[0]
    assert scores == pytest.approx(list(expected), abs=0.0006)
    assert said.splitlines()[0].split("s", 1)[1].strip() == LABELS[int(np.argmax(expected))].split("\n")[0]


def test_the_demo_says_what_is_wrong_with_a_file(demo, tmp_path):
    wav = tmp_path / "clip.wav"
    write_wav(wav, 1, rate=44100)
    assert "44100 samples a second, the model takes 16000" in run(demo, wav, cwd=tmp_path, code=1)
    write_wav(wav, 1, width=1)
    assert "16 bits" in run(demo, wav, cwd=tmp_path, code=1)
    write_wav(wav, 3)
    assert "more than two channels" in run(demo, wav, cwd=tmp_path, code=1)
    write_wav(wav, 1)
    whole = wav.read_bytes()
    for data, words in (
        (whole[:30], "cut short"),
        (whole[:40], "cut short"),
        (whole[:4] + b"\0\0\0\0AVI " + whole[12:], "no WAV file"),
        (whole[:20] + b"\x03" + whole[21:], "16-bit PCM"),
        (whole[:40] + b"\0\0\0\0", "no sound"),
        (b"", "no WAV file"),
    ):
        wav.write_bytes(data)
        assert words in run(demo, wav, cwd=tmp_path, code=1)
    assert "cannot be opened" in run(demo, tmp_path / "none.wav", cwd=tmp_path, code=1)
    assert "usage" in run(demo, cwd=tmp_path, code=2)


def test_the_demo_reads_past_other_chunks_and_to_the_end_of_a_stream(demo, tmp_path):
    wav = tmp_path / "clip.wav"
    write_wav(wav, 1)
    plain = run(demo, wav, cwd=tmp_path)
    whole = wav.read_bytes()
    extensible = whole[12:16] + b"\x28\0\0\0" + b"\xfe\xff" + whole[22:36] + b"\x16\0\x10\0\x04\0\0\0\x01\0" + bytes(14)
    wav.write_bytes(whole[:12] + b"LIST\x03\0\0\0abc\0" + extensible + b"data\xff\xff\xff\xff" + whole[44:])
    assert run(demo, wav, cwd=tmp_path) == plain


def test_the_files_say_what_made_them(sound):
    folder, network, _ = sound
    from studio import __version__

    for name in ("src/model.h", "src/model.c", "README.md"):
        text = (folder / name).read_text()
        assert f"Otolith Studio {__version__}" in text and network.digest() in text, name
    assert re.search(r"labels  yes, say .no., two lines", (folder / "src" / "model.h").read_text())
