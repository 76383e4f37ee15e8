"""A program flashed by pyOCD's own algorithms into an emulated STM32L475, through a probe that exists only in memory."""

import os
from pathlib import Path

import msgspec
import numpy as np
import pytest
from pyocd.probe import aggregator

from studio.boards import board
from studio.core.errors import Cancelled, CheckFailed, InputError, ToolMissing
from studio.deploy import oracle
from studio.deploy.build import build
from studio.deploy.conversation import answers, clip_records, encode, tensor_records
from studio.deploy.export import generate
from studio.deploy.subject import load_subject, with_random_weights
from studio.jobs import QuietContext
from studio.plugin import load_plugins
from studio.storage.folder import ProjectFolder
from tests.helpers.tiny import CLIP_SAMPLES, INPUT_BYTES, OUTPUT_BYTES, tiny_features, tiny_model, tiny_output
from tests.helpers.virtual_probe import FLASH, VirtualProbe

BOARD = "b-l475e-iot01a"


@pytest.fixture(scope="module")
def flasher():
    return load_plugins().flashers.get("flash_pyocd")


@pytest.fixture
def probe(monkeypatch):
    """The only probe that is plugged in."""
    probe = VirtualProbe()
    monkeypatch.setattr(VirtualProbe, "plugged", [probe])
    monkeypatch.setattr(aggregator, "PROBE_CLASSES", {"virtual": VirtualProbe})
    return probe


@pytest.fixture
def make(tmp_path, flasher):
    def make(target=BOARD, frontend=False, program=True, **parts):
        image = build(tiny_model(tmp_path / "sources", frontend=frontend, **parts), board(target), "zig", tmp_path / "out", frontend)
        if program:
            flasher.program(image, board(target), "", QuietContext())
        return image

    return make


def inputs(count):
    rng = np.random.default_rng(5)
    return [rng.integers(0, 256, INPUT_BYTES, np.uint8).tobytes() for _ in range(count)]


def test_flash_then_run_gives_the_right_words(flasher, probe, make):
    folder = Path.cwd()
    image = make(frontend=True)
    held = image.elf.read_bytes()
    assert probe.chip.erased_pages > 0
    assert bytes(probe.chip.uc.mem_read(FLASH + 64, 256)) in held
    tensors = inputs(3)
    clip = np.random.default_rng(6).integers(-32768, 32768, (1, CLIP_SAMPLES)).astype(np.int16)
    records = tensor_records(tensors, INPUT_BYTES) + clip_records(clip, CLIP_SAMPLES)
    heard = flasher.run(image, board(BOARD), "VIRTUAL0", encode(records), 30.0, QuietContext(), counted_passes=2)
    read = answers(heard, records, INPUT_BYTES, OUTPUT_BYTES)
    assert [a.output for a in read[:3]] == [tiny_output(t, n) for n, t in enumerate(tensors)]
    assert read[3].features == tiny_features([int(s) for s in clip[0]])
    assert 0 < heard.stack_bytes < 300
    assert heard.regions == {}
    assert len(heard.cycles["run"]) == 2 and len(heard.cycles["features"]) == 1
    assert heard.cycles["run"][0] == heard.cycles["run"][1] > 50
    assert Path.cwd() == folder and not probe.is_open


def test_a_whole_network_answers_as_the_oracle(flasher, probe, tmp_path):
    pytest.importorskip("tflite_micro", reason="the oracle has no wheel here")
    project = ProjectFolder.copy_sample("keywords", tmp_path / "words")
    subject = with_random_weights(load_subject(project.path), 3)
    target = board(BOARD)
    generate(subject, "export_c", tmp_path / "sources", target, QuietContext())
    image = build(tmp_path / "sources", target, "zig", tmp_path / "out", frontend=True)
    size = subject.network.input.nbytes
    tensors = [np.random.default_rng(n).integers(0, 256, size, np.uint8).tobytes() for n in range(2)]
    records = tensor_records(tensors, size)
    flasher.program(image, target, "", QuietContext())
    heard = flasher.run(image, target, "", encode(records), 120.0, QuietContext(), counted_passes=0)
    read = answers(heard, records, size, subject.network.output.nbytes)
    assert [a.output for a in read] == oracle.run(subject.network, tensors)


def test_a_program_behind_a_boot_loader_starts(flasher, probe, tmp_path):
    plain = board(BOARD)
    target = msgspec.structs.replace(plain, flash=msgspec.structs.replace(plain.flash, reserved=0x10000))
    image = build(tiny_model(tmp_path / "s"), target, "zig", tmp_path / "o", False)
    flasher.program(image, target, "", QuietContext())
    assert bytes(probe.chip.uc.mem_read(FLASH, 16)) == b"\xff" * 16
    records = tensor_records(inputs(1), INPUT_BYTES)
    heard = flasher.run(image, target, "", encode(records), 20.0, QuietContext())
    assert answers(heard, records, INPUT_BYTES, OUTPUT_BYTES)[0].output == tiny_output(records[0].payload, 0)


def test_programming_says_how_far_it_is(flasher, probe, make):
    class Listening(QuietContext):
        def __init__(self):
            self.said = []

        def progress(self, fraction, message, seconds_left=None):
            self.said.append(fraction)

    context = Listening()
    flasher.program(make(program=False), board(BOARD), "", context)
    assert context.said == sorted(context.said) and context.said[-1] == 1.0 and len(context.said) > 2


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("*(volatile uint32_t *)0x30000000 = 1;", "bus error at 0x30000000; at model_run"),
        ('__asm__ volatile("udf #1");', "undefined instruction; at model_run"),
        ('__asm__ volatile("bkpt 3");', "the core stopped; at model_run"),
    ],
)
def test_faults_are_said_in_words(flasher, probe, make, body, words):
    heard = flasher.run(make(body=body), board(BOARD), "", b"I" + bytes(INPUT_BYTES), 10.0, QuietContext())
    assert words in heard.fault
    assert heard.exit_code != 0


def test_endless_loop_ends_with_the_time(flasher, probe, make):
    heard = flasher.run(make(body="for (;;) sink = 1;"), board(BOARD), "", b"I" + bytes(INPUT_BYTES), 0.5, QuietContext())
    assert "did not finish within 0.5 s; at model_run" in heard.fault


@pytest.mark.parametrize("after", [3, 40, 400])
def test_a_pulled_cable_while_programming(flasher, probe, make, after):
    image = make(program=False)
    probe.transfers_left = after
    with pytest.raises(CheckFailed, match="the probe went away") as caught:
        flasher.program(image, board(BOARD), "", QuietContext())
    assert "cable" in caught.value.hint


def test_a_pulled_cable_while_running(flasher, probe, make):
    image = make(body="sink = 1;")
    probe.transfers_left = 700
    with pytest.raises(CheckFailed, match="the probe went away"):
        flasher.run(image, board(BOARD), "", b"".join(b"I" + t for t in inputs(100)), 30.0, QuietContext())


def test_stops_when_told(flasher, probe, make):
    class Impatient(QuietContext):
        @property
        def cancelled(self):
            return True

    image = make()
    with pytest.raises(Cancelled):
        flasher.program(image, board(BOARD), "", Impatient())
    with pytest.raises(Cancelled):
        flasher.run(image, board(BOARD), "", b"I" + bytes(INPUT_BYTES), 30.0, Impatient())
    assert not probe.is_open


def test_which_probe(flasher, probe, make, monkeypatch):
    image = make(program=False)
    assert [p.id for p in flasher.find()] == ["VIRTUAL0"]
    with pytest.raises(InputError, match="no probe 'OTHER'"):
        flasher.program(image, board(BOARD), "OTHER", QuietContext())
    monkeypatch.setattr(VirtualProbe, "plugged", [probe, VirtualProbe(1)])
    with pytest.raises(InputError, match="several") as caught:
        flasher.program(image, board(BOARD), "", QuietContext())
    assert "VIRTUAL1" in caught.value.hint
    monkeypatch.setattr(VirtualProbe, "plugged", [])
    with pytest.raises(ToolMissing, match="no debug probe"):
        flasher.program(image, board(BOARD), "", QuietContext())


def test_a_target_that_needs_a_pack(flasher, probe, make):
    target = board("nucleo-u575zi-q")
    image = make("nucleo-u575zi-q", program=False)
    with pytest.raises(ToolMissing, match="without a pack") as caught:
        flasher.program(image, target, "", QuietContext())
    assert "pyocd pack install" in caught.value.hint


def test_a_script_that_lies_about_is_not_run(flasher, probe, make, tmp_path, monkeypatch):
    image = make(program=False)
    (tmp_path / "pyocd_user.py").write_text(f"open({os.fspath(tmp_path / 'ran')!r}, 'w')")
    monkeypatch.chdir(tmp_path)
    flasher.program(image, board(BOARD), "", QuietContext())
    assert not (tmp_path / "ran").exists()


def test_flash_that_does_not_hold_what_was_written(flasher, probe, make, monkeypatch):
    image = make(program=False)
    read = probe.chip.uc.mem_read
    worn = probe.chip.uc

    class Worn:
        def __getattr__(self, name):
            return getattr(worn, name)

        def mem_read(self, address, count):
            data = read(address, count)
            if address == FLASH + 0x40:
                data[0] ^= 1
            return data

    probe.chip.uc = Worn()
    with pytest.raises(CheckFailed, match="reads back other bytes"):
        flasher.program(image, board(BOARD), "", QuietContext())
