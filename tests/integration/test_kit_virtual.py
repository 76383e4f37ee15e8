"""Programs built by both compilers, flashed into the virtual kits and run there."""

import shutil
import sys
import time

import numpy as np
import pytest

from studio.boards import board
from studio.core.errors import Cancelled, CheckFailed, InputError
from studio.deploy.build import build
from studio.deploy.conversation import answers, clip_records, encode, tensor_records
from studio.jobs import QuietContext
from studio.plugin import load_plugins
from tests.helpers.tiny import CLIP_SAMPLES, INPUT_BYTES, OUTPUT_BYTES, tiny_features, tiny_model, tiny_output

KITS = ("virtual-m0", "virtual-m3", "virtual-m4", "virtual-m7", "virtual-m33")


@pytest.fixture(scope="module")
def kit():
    return load_plugins().flashers.get("kit_virtual")


@pytest.fixture
def make(tmp_path, kit):
    """Build the tiny model and program it."""

    def make(target="virtual-m4", toolchain="zig", frontend=False, name="sources", **parts):
        image = build(tiny_model(tmp_path / name, frontend=frontend, **parts), board(target), toolchain, tmp_path / f"{name}-out", frontend)
        kit.program(image, board(target), "", QuietContext())
        return image

    return make


def run(kit, image, target, records, timeout=20.0, **options):
    return kit.run(image, board(target), "", encode(records), timeout, QuietContext(), **options)


def tensors(count):
    rng = np.random.default_rng(1)
    return [rng.integers(0, 256, INPUT_BYTES, np.uint8).tobytes() for _ in range(count)]


@pytest.mark.parametrize("target", KITS)
@pytest.mark.parametrize("toolchain", ["zig", "gcc"])
def test_outputs_and_features_on_every_core(kit, make, target, toolchain):
    if toolchain == "gcc" and not shutil.which("arm-none-eabi-gcc"):
        pytest.skip("arm-none-eabi-gcc is not installed")
    image = make(target, toolchain, frontend=True)
    inputs = tensors(3)
    clip = np.random.default_rng(2).integers(-32768, 32768, (1, CLIP_SAMPLES)).astype(np.int16)
    records = tensor_records(inputs, INPUT_BYTES) + clip_records(clip, CLIP_SAMPLES)
    heard = run(kit, image, target, records, counted_passes=2)
    read = answers(heard, records, INPUT_BYTES, OUTPUT_BYTES)
    assert [a.output for a in read[:3]] == [tiny_output(t, n) for n, t in enumerate(inputs)]
    features = tiny_features([int(s) for s in clip[0]])
    assert read[3].features == features
    assert read[3].output == tiny_output(features, 3)
    assert len(heard.regions["run"]) == 2 and len(heard.regions["features"]) == 1
    assert heard.cycles["run"][0] > heard.regions["run"][0] * 0.6
    assert 0 < heard.stack_bytes < 300


def test_counts_are_the_same_each_time(kit, make):
    image = make()
    records = tensor_records(tensors(4), INPUT_BYTES)
    first, second = (run(kit, image, "virtual-m4", records, counted_passes=4) for _ in range(2))
    assert first.regions == second.regions and first.cycles == second.cycles
    assert len(set(first.regions["run"])) == 1  # nothing in it depends on the input
    assert first.stack_bytes == second.stack_bytes


def test_counts_grow_by_what_is_added(kit, make):
    loop = '__asm__ volatile("movs r3, #200\\n 1: subs r3, #1\\n bne 1b" ::: "r3", "cc");'
    plain = make("virtual-m0", name="plain", body='__asm__ volatile("" ::: "r3", "cc");')
    longer = make("virtual-m0", name="longer", body=loop)
    records = tensor_records(tensors(1), INPUT_BYTES)
    counts = [run(kit, image, "virtual-m0", records).regions["run"][0] for image in (plain, longer)]
    assert counts[1] - counts[0] == 1 + 2 * 200


def test_instructions_that_a_condition_skips_count(kit, make):
    body = '__asm__ volatile("movs r3, #0\\n cmp r3, #1\\n ittt eq\\n moveq r3, #1\\n moveq r3, #2\\n moveq r3, #3" ::: "r3", "cc");'
    records = tensor_records(tensors(1), INPUT_BYTES)
    plain = make(name="plain", body='__asm__ volatile("" ::: "r3", "cc");')
    skipping = make(name="skipping", body=body)
    counts = [run(kit, image, "virtual-m4", records).regions["run"][0] for image in (plain, skipping)]
    assert counts[1] - counts[0] == 6


def test_a_division_by_something_is_none_of_the_kits_business(kit, make):
    image = make(body='volatile uint32_t two = 2; sink = 6u / two; __asm__ volatile("sdiv r3, %0, %1" :: "r"(sink), "r"(two) : "r3");')
    assert run(kit, image, "virtual-m4", tensor_records(tensors(1), INPUT_BYTES)).fault == ""


CALLS = """
#define STEP(name, n) __attribute__((noinline)) void name(void) { \
  uint32_t i = n; __asm__ volatile("1: subs %0, #1\\n bne 1b" : "+l"(i) :: "cc"); }
STEP(short_one, 100)
STEP(long_one, 1000)
__attribute__((noinline)) void deep_one(void) { short_one(); long_one(); sink++; }
"""


def test_each_call_is_counted(kit, make):
    """short, long, short from another place, a call in a loop, one that calls others, and the last one."""
    body = "short_one(); long_one(); short_one(); for (volatile int i = 0; i < 3; i++) short_one(); deep_one(); short_one(); sink++;"
    image = make(before=CALLS, body=body)
    heard = run(kit, image, "virtual-m4", tensor_records(tensors(3), INPUT_BYTES), counted_passes=2)
    counts = [call.instructions for call in heard.calls]
    # The last call takes what stands behind it, here the output's loop.
    assert counts == [pytest.approx(n, abs=40) for n in (200, 2000, 200, 600, 2200, 310)]
    assert 0 < heard.regions["run"][0] - sum(counts) < 40
    assert all(call.cycles > call.instructions for call in heard.calls)


def test_the_total_does_not_depend_on_telling_calls_apart(kit, make, monkeypatch):
    image = make(before=CALLS, body="short_one(); long_one();")
    records = tensor_records(tensors(2), INPUT_BYTES)
    told = run(kit, image, "virtual-m4", records)
    monkeypatch.setattr(sys.modules["studio_plugins.kit_virtual.flasher"], "_extent", lambda *_: [0, 0])
    plain = run(kit, image, "virtual-m4", records)
    assert told.calls and plain.calls == ()
    assert plain.regions == told.regions and plain.cycles == told.cycles


@pytest.mark.parametrize("library", ["none", "broken"])
def test_counting_without_a_compiler_gives_the_same(kit, make, monkeypatch, tmp_path, library):
    (tmp_path / "broken").write_bytes(b"no library")
    image = make(frontend=True)
    records = tensor_records(tensors(2), INPUT_BYTES) + clip_records(np.ones((1, CLIP_SAMPLES), np.int16), CLIP_SAMPLES)
    native = run(kit, image, "virtual-m4", records, counted_passes=2)
    monkeypatch.setattr(
        sys.modules["studio_plugins.kit_virtual.watcher"], "library", lambda: None if library == "none" else tmp_path / "broken"
    )
    plain = run(kit, image, "virtual-m4", records, counted_passes=2)
    assert native.regions == plain.regions and native.cycles == plain.cycles and native.calls == plain.calls
    assert native.output == plain.output


def test_an_emulator_that_breaks_down_is_reported(kit, make, monkeypatch, tmp_path):
    image = make()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "__main__.py").write_text("import os; os.abort()")
    monkeypatch.setattr(sys.modules["studio_plugins.kit_virtual.flasher"], "_EMULATOR", tmp_path / "broken")
    with pytest.raises(CheckFailed, match="the emulator broke down"):
        run(kit, image, "virtual-m4", [])


def test_uncounted_passes_are_faster(kit, make, monkeypatch):
    body = '__asm__ volatile("1: subs %0, #1\\n bne 1b" :: "r"(80000) : "cc");'
    image = make(body=body)
    monkeypatch.setattr(sys.modules["studio_plugins.kit_virtual.watcher"], "library", lambda: None)
    records = tensor_records(tensors(12), INPUT_BYTES)
    counted = run(kit, image, "virtual-m4", records, counted_passes=12)
    free = run(kit, image, "virtual-m4", records, counted_passes=1)
    assert free.output == counted.output
    assert free.regions["run"] == counted.regions["run"][:1]
    assert free.seconds < 0.5 * counted.seconds


FAULTS = {
    "null write": ("*(volatile uint32_t *)0 = 1;", "writing to flash at 0x00000000; at model_run", {}),
    "beyond RAM": ("sink = *(volatile uint32_t *)0x30000000;", "bus error reading 0x30000000; at model_run", {}),
    "peripheral": ("*(volatile uint32_t *)0x40000010 = 1;", "bus error writing 0x40000010; at model_run", {}),
    "undefined": ('__asm__ volatile("udf #1");', "undefined instruction; at model_run", {}),
    "not Thumb": ("((void (*)(void))0x20000000)();", "not Thumb code", {}),
    "wild call": ("((void (*)(void))0x60000001)();", "fetching an instruction from 0x60000000", {}),
    "division": (
        "volatile uint32_t none = 0; sink = 5u / none;",
        "division by zero; at model_run",
        {},
    ),
    "sleep": ('__asm__ volatile("wfi");', "sleeps", {}),
    "deep": (
        "sink = deep(1000000);",
        "stack overflow: it needs more than its",
        {
            "before": "__attribute__((noinline)) uint32_t deep(uint32_t n) { volatile uint32_t a[8]; a[0] = n; return n ? deep(n - 1) + a[0] : 0; }"
        },
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_said_in_words(kit, make, name):
    body, words, parts = FAULTS[name]
    image = make(body=body, **parts)
    records = tensor_records(tensors(2), INPUT_BYTES)
    heard = run(kit, image, "virtual-m4", records)
    assert words in heard.fault
    assert heard.exit_code != 0
    with pytest.raises(CheckFailed, match="answered 0 of 2 inputs"):
        answers(heard, records, INPUT_BYTES, OUTPUT_BYTES)


def test_unaligned_access_faults_where_the_core_has_none(kit, make):
    body = 'uint32_t word; __asm__ volatile("ldr %0, [%1]" : "=l"(word) : "l"(arena + 1) : "memory"); sink = word;'
    records = tensor_records(tensors(1), INPUT_BYTES)
    assert "unaligned access to 0x20000" in run(kit, make("virtual-m0", body=body, name="m0"), "virtual-m0", records).fault
    assert run(kit, make("virtual-m4", body=body, name="m4"), "virtual-m4", records).fault == ""


def test_endless_loop_ends_with_the_time(kit, make):
    image = make(body="if (runs == 6) for (;;) sink = 1;")
    records = tensor_records(tensors(3), INPUT_BYTES)
    started = time.monotonic()
    heard = run(kit, image, "virtual-m4", records, timeout=1.0)
    assert time.monotonic() - started < 4
    assert "did not finish within 1 s; at model_run" in heard.fault
    with pytest.raises(CheckFailed, match="answered 1 of 3"):
        answers(heard, records, INPUT_BYTES, OUTPUT_BYTES)


def test_stack_use_is_measured(kit, make):
    body = "volatile uint8_t room[2000]; room[0] = 1; room[1999] = 2; sink = room[runs % 2000];"
    records = tensor_records(tensors(1), INPUT_BYTES)
    plain = run(kit, make(name="plain"), "virtual-m4", records).stack_bytes
    assert 1950 <= run(kit, make(name="deep", body=body), "virtual-m4", records).stack_bytes - plain < 2100


def test_stops_when_told(kit, make):
    class Impatient(QuietContext):
        @property
        def cancelled(self):
            return True

    image = make(body="for (;;) sink = 1;")
    started = time.monotonic()
    with pytest.raises(Cancelled):
        kit.run(image, board("virtual-m4"), "", b"I" + bytes(INPUT_BYTES), 30.0, Impatient())
    assert time.monotonic() - started < 3


def test_runs_only_what_was_programmed(kit, make, tmp_path):
    target = board("virtual-m4")
    image = build(tiny_model(tmp_path / "s"), target, "zig", tmp_path / "o", False)
    with pytest.raises(CheckFailed, match="empty"):
        kit.run(image, target, "", b"", 5.0, QuietContext())
    kit.program(image, target, "", QuietContext())
    build(tiny_model(tmp_path / "s", body="sink = 3;"), target, "zig", tmp_path / "o", False)
    with pytest.raises(CheckFailed, match="older program"):
        kit.run(image, target, "", b"", 5.0, QuietContext())


def test_refuses_what_is_no_program_of_its_own(kit, make, tmp_path):
    image = make("virtual-m4")
    with pytest.raises(InputError, match="not in the flash"):
        kit.program(image, board("b-l475e-iot01a"), "", QuietContext())
    with pytest.raises(InputError, match="no probe"):
        kit.program(image, board("virtual-m4"), "usb7", QuietContext())
    image.elf.write_bytes(b"not an ELF")
    with pytest.raises(InputError, match="no 32-bit ELF"):
        kit.program(image, board("virtual-m4"), "", QuietContext())
    assert not kit.supports(board("b-l475e-iot01a")) and kit.supports(board("virtual-m0"))


def test_a_wrong_record_ends_with_a_hint(kit, make):
    image = make()
    records = clip_records(np.zeros((1, 40), np.int16), 40)
    with pytest.raises(CheckFailed, match="left with code 2") as caught:
        answers(run(kit, image, "virtual-m4", records), records, INPUT_BYTES, OUTPUT_BYTES)
    assert "front end" in caught.value.hint
