"""Programs flashed into the kit that QEMU emulates and run there: counts, calls, stack, faults in words."""

import shutil
import time

import msgspec
import numpy as np
import pytest

from studio.boards import board
from studio.core.errors import Cancelled, CheckFailed, InputError, ToolMissing
from studio.deploy.build import build
from studio.deploy.conversation import answers, clip_records, encode, tensor_records
from studio.jobs import QuietContext
from studio.plugin import load_plugins
from tests.helpers.tiny import CLIP_SAMPLES, INPUT_BYTES, OUTPUT_BYTES, tiny_features, tiny_model, tiny_output

TARGET = "virtual-m55"
needs_qemu = pytest.mark.skipif(shutil.which("qemu-system-arm") is None, reason="qemu-system-arm is not installed")


@pytest.fixture(scope="module")
def kit():
    return load_plugins().flashers.get("kit_qemu")


@pytest.fixture
def make(tmp_path, kit):
    """Build the tiny model and program it."""

    def make(toolchain="zig", frontend=False, name="sources", **parts):
        image = build(tiny_model(tmp_path / name, frontend=frontend, **parts), board(TARGET), toolchain, tmp_path / f"{name}-out", frontend)
        kit.program(image, board(TARGET), "", QuietContext())
        return image

    return make


def run(kit, image, records, timeout=20.0, **options):
    return kit.run(image, board(TARGET), "", encode(records), timeout, QuietContext(), **options)


def tensors(count):
    rng = np.random.default_rng(1)
    return [rng.integers(0, 256, INPUT_BYTES, np.uint8).tobytes() for _ in range(count)]


@needs_qemu
@pytest.mark.parametrize("toolchain", ["zig", "gcc"])
def test_outputs_features_and_counts(kit, make, toolchain):
    if toolchain == "gcc" and not shutil.which("arm-none-eabi-gcc"):
        pytest.skip("arm-none-eabi-gcc is not installed")
    image = make(toolchain, frontend=True)
    inputs = tensors(3)
    clip = np.random.default_rng(2).integers(-32768, 32768, (1, CLIP_SAMPLES)).astype(np.int16)
    records = tensor_records(inputs, INPUT_BYTES) + clip_records(clip, CLIP_SAMPLES)
    heard = run(kit, image, records, counted_passes=2)
    read = answers(heard, records, INPUT_BYTES, OUTPUT_BYTES)
    assert [a.output for a in read[:3]] == [tiny_output(t, n) for n, t in enumerate(inputs)]
    features = tiny_features([int(s) for s in clip[0]])
    assert read[3].features == features
    assert read[3].output == tiny_output(features, 3)
    assert len(heard.regions["run"]) == 2 and len(heard.regions["features"]) == 1
    assert heard.regions["run"][0] == heard.regions["run"][1] > 50  # nothing in it depends on the input
    assert heard.cycles == {}
    assert 0 < heard.stack_bytes < 300


@needs_qemu
def test_counts_grow_by_what_is_added(kit, make):
    loop = '__asm__ volatile("movs r3, #200\\n 1: subs r3, #1\\n bne 1b" ::: "r3", "cc");'
    images = make(name="plain", body='__asm__ volatile("" ::: "r3", "cc");'), make(name="longer", body=loop)
    records = tensor_records(tensors(1), INPUT_BYTES)
    counts = [run(kit, image, records).regions["run"][0] for image in images]
    assert counts[1] - counts[0] == 1 + 2 * 200


CALLS = """
#define STEP(name, n) __attribute__((noinline)) void name(void) { \
  uint32_t i = n; __asm__ volatile("1: subs %0, #1\\n bne 1b" : "+l"(i) :: "cc"); }
STEP(short_one, 100)
STEP(long_one, 1000)
__attribute__((noinline)) void deep_one(void) { short_one(); long_one(); sink++; }
"""


@needs_qemu
@pytest.mark.parametrize("last", ["short_one(); sink++;", "short_one(); return;"], ids=["a call", "a jump"])
def test_each_call_is_counted(kit, make, last):
    body = f"short_one(); long_one(); short_one(); for (volatile int i = 0; i < 3; i++) short_one(); deep_one(); if (runs) {{ {last} }}"
    heard = run(kit, make(before=CALLS, body=body), tensor_records(tensors(3), INPUT_BYTES), counted_passes=2)
    counts = [call.instructions for call in heard.calls]
    assert counts[:5] == [pytest.approx(n, abs=40) for n in (200, 2000, 200, 600, 2200)]
    assert len(counts) == 6 and 200 < counts[5] < 360
    assert 0 < heard.regions["run"][0] - sum(counts) < 40
    assert all(call.cycles is None for call in heard.calls)


@needs_qemu
def test_both_emulators_count_the_same(kit, tmp_path):
    """The code of a Cortex-M33, which both know, in the other's memory."""
    here, there = board(TARGET), board("virtual-m33")
    there = msgspec.structs.replace(there, flash=here.flash, ram=here.ram)
    image = build(tiny_model(tmp_path / "s", frontend=True), there, "zig", tmp_path / "o", True)
    records = encode(tensor_records(tensors(2), INPUT_BYTES) + clip_records(np.ones((1, CLIP_SAMPLES), np.int16), CLIP_SAMPLES))
    heard = []
    for flasher, target in ((kit, here), (load_plugins().flashers.get("kit_virtual"), there)):
        flasher.program(image, target, "", QuietContext())
        heard.append(flasher.run(image, target, "", records, 20.0, QuietContext(), counted_passes=3))
    assert heard[0].regions == heard[1].regions
    assert heard[0].output == heard[1].output and heard[0].stack_bytes == heard[1].stack_bytes


FAULTS = {
    "beyond RAM": ("sink = *(volatile uint32_t *)0x11400000;", "0x11400000; at model_run", {}),
    "undefined": ('__asm__ volatile("udf #1");', "undefined instruction; at model_run", {}),
    "not Thumb": ("((void (*)(void))0x30000000)();", "Thumb", {}),
    "division": ("volatile uint32_t none = 0; sink = 5u / none;", "division by zero; at model_run", {}),
    "sleep": ('__asm__ volatile("wfi");', "did not finish within 1 s; at model_run", {}),
    "deep": (
        "sink = deep(1000000);",
        "stack overflow: it needs more than its",
        {
            "before": "__attribute__((noinline)) uint32_t deep(uint32_t n) { volatile uint32_t a[8]; a[0] = n; return n ? deep(n - 1) + a[0] : 0; }"
        },
    ),
}


@needs_qemu
@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_said_in_words(kit, make, name):
    body, words, parts = FAULTS[name]
    records = tensor_records(tensors(2), INPUT_BYTES)
    heard = run(kit, make(body=body, **parts), records, timeout=1.0)
    assert words in heard.fault
    assert heard.exit_code != 0
    with pytest.raises(CheckFailed, match="answered 0 of 2 inputs"):
        answers(heard, records, INPUT_BYTES, OUTPUT_BYTES)


@needs_qemu
def test_endless_loop_ends_with_the_time(kit, make):
    records = tensor_records(tensors(3), INPUT_BYTES)
    image = make(body="if (runs == 6) for (;;) sink = 1;")
    started = time.monotonic()
    heard = run(kit, image, records, timeout=1.0)
    assert time.monotonic() - started < 4
    assert "did not finish within 1 s; at model_run" in heard.fault
    with pytest.raises(CheckFailed, match="answered 1 of 3"):
        answers(heard, records, INPUT_BYTES, OUTPUT_BYTES)


@needs_qemu
def test_stack_use_is_measured(kit, make):
    body = "volatile uint8_t room[2000]; room[0] = 1; room[1999] = 2; sink = room[runs % 2000];"
    records = tensor_records(tensors(1), INPUT_BYTES)
    plain = run(kit, make(name="plain"), records).stack_bytes
    assert 1950 <= run(kit, make(name="deep", body=body), records).stack_bytes - plain < 2100


@needs_qemu
def test_stops_when_told(kit, make):
    class Impatient(QuietContext):
        @property
        def cancelled(self):
            return True

    image = make(body="for (;;) sink = 1;")
    started = time.monotonic()
    with pytest.raises(Cancelled):
        kit.run(image, board(TARGET), "", b"I" + bytes(INPUT_BYTES), 30.0, Impatient())
    assert time.monotonic() - started < 3


@needs_qemu
def test_runs_only_what_was_programmed(kit, tmp_path):
    target = board(TARGET)
    image = build(tiny_model(tmp_path / "s"), target, "zig", tmp_path / "o", False)
    with pytest.raises(CheckFailed, match="empty"):
        kit.run(image, target, "", b"", 5.0, QuietContext())
    kit.program(image, target, "", QuietContext())
    build(tiny_model(tmp_path / "s", body="sink = 3;"), target, "zig", tmp_path / "o", False)
    with pytest.raises(CheckFailed, match="older program"):
        kit.run(image, target, "", b"", 5.0, QuietContext())


@needs_qemu
def test_refuses_what_is_no_program_of_its_own(kit, make):
    image = make()
    with pytest.raises(InputError, match="is not emulated here"):
        kit.program(image, board("virtual-m4"), "", QuietContext())
    with pytest.raises(InputError, match="no probe"):
        kit.program(image, board(TARGET), "usb7", QuietContext())
    image.elf.write_bytes(b"not an ELF")
    with pytest.raises(InputError, match="is no program"):
        kit.program(image, board(TARGET), "", QuietContext())
    assert not kit.supports(board("virtual-m4")) and kit.supports(board(TARGET))


def test_names_the_package_where_the_emulator_is_missing(kit, tmp_path, monkeypatch):
    image = build(tiny_model(tmp_path / "s"), board(TARGET), "zig", tmp_path / "o", False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert kit.find() == ()
    with pytest.raises(ToolMissing, match="qemu-system-arm is not on the PATH") as caught:
        kit.program(image, board(TARGET), "", QuietContext())
    assert "apt-get install qemu-system-arm" in caught.value.hint


def test_an_emulator_that_does_not_start_is_reported(kit, tmp_path, monkeypatch):
    emulator = tmp_path / "qemu-system-arm"
    emulator.write_text("#!/bin/sh\necho 'unsupported machine type' >&2\nexit 1\n")
    emulator.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    image = build(tiny_model(tmp_path / "s"), board(TARGET), "zig", tmp_path / "o", False)
    kit.program(image, board(TARGET), "", QuietContext())
    with pytest.raises(CheckFailed, match="does not start: unsupported machine type"):
        run(kit, image, [])
