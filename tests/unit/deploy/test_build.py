"""Compiling and linking: what is kept, what is said when it fails, and that sizes are the ELF's."""

import os
import shutil
import subprocess

import msgspec
import pytest

from studio.boards import board, load_boards
from studio.core.errors import InputError, StudioError, ToolMissing
from studio.core.linker_script import STACK_LEAST, linker_script
from studio.core.target import MemoryRegion
from studio.deploy import build as module
from studio.deploy import objects, toolchain
from studio.deploy.build import build, read_image
from tests.helpers.tiny import ARENA_BYTES, tiny_model

needs_gcc = pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="arm-none-eabi-gcc is not installed")
TOOLCHAINS = ["zig", pytest.param("gcc", marks=needs_gcc)]


def with_memory(target, flash=None, ram=None):
    regions = {"flash": target.flash if flash is None else msgspec.structs.replace(target.flash, size=flash)}
    regions["ram"] = target.ram if ram is None else msgspec.structs.replace(target.ram, size=ram)
    return msgspec.structs.replace(target, **regions)


@pytest.fixture
def compiled(monkeypatch):
    """The names of the C files that a compiler is started for."""
    names = []
    run = module.run

    def watch(command, *args):
        if "-c" in command:
            names.append(command[command.index("-c") + 1].rpartition("/")[2])
        return run(command, *args)

    monkeypatch.setattr(module, "run", watch)
    return names


@pytest.mark.parametrize("name", TOOLCHAINS)
def test_sizes_are_those_of_the_file(name, tmp_path):
    target = board("virtual-m4")
    image = build(tiny_model(tmp_path / "s"), target, name, tmp_path / "o", False)
    loaded = [image.sections[s] for s in (".vectors", ".text", ".rodata", ".data")]
    assert image.flash_bytes == sum(loaded)
    assert image.ram_bytes == image.sections[".data"] + image.sections[".bss"] == ARENA_BYTES + 4
    assert image.stack_top == target.ram.origin + target.ram.size
    assert target.ram.origin + image.ram_bytes <= image.stack_limit < target.ram.origin + image.ram_bytes + 8
    assert image.compiler.startswith("zig 0." if name == "zig" else "arm-none-eabi-gcc ")
    assert image.symbols["vectors"] == target.flash.origin
    assert image.symbols["mark_run_begin"] % 2 == 0


def test_folders_with_spaces_and_other_scripts(tmp_path):
    image = build(tiny_model(tmp_path / "моя модель 语音"), board("virtual-m4"), "zig", tmp_path / "out put é", False)
    assert image.elf.is_file()


def test_only_what_changed_is_compiled(tmp_path, compiled, monkeypatch):
    monkeypatch.setenv("OTOLITH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "link", lambda objects, *args: objects)
    target = board("virtual-m4")
    first = build(tiny_model(tmp_path / "s"), target, "zig", tmp_path / "o", False)
    assert sorted(compiled) == ["harness.c", "model.c", "semihosting.c", "startup.c"]
    compiled.clear()
    assert build(tiny_model(tmp_path / "elsewhere"), target, "zig", tmp_path / "o", False) == first
    assert compiled == []
    build(tiny_model(tmp_path / "s", body="sink = 9;"), target, "zig", tmp_path / "o", False)
    assert compiled == ["model.c"]
    compiled.clear()
    header = tmp_path / "s" / "model.h"
    header.write_text(header.read_text() + "/* more */\n")
    build(tmp_path / "s", target, "zig", tmp_path / "o", False)
    assert sorted(compiled) == ["harness.c", "model.c"]
    compiled.clear()
    build(tmp_path / "s", board("virtual-m7"), "zig", tmp_path / "o", False)
    assert len(compiled) == 4


def test_a_compiler_error_names_file_and_line(tmp_path, monkeypatch):
    monkeypatch.setenv("OTOLITH_CACHE", str(tmp_path / "cache"))
    with pytest.raises(StudioError, match=r"does not compile: .*undeclared") as caught:
        build(tiny_model(tmp_path / "s", body="nonsense = 1;"), board("virtual-m4"), "zig", tmp_path / "o", False)
    assert caught.value.where.startswith("model.c line ")
    log = tmp_path / "cache" / "build.log"
    assert str(log) in caught.value.hint and "nonsense" in log.read_text()


@pytest.mark.parametrize("name", TOOLCHAINS)
def test_a_missing_function_is_named(name, tmp_path):
    folder = tiny_model(tmp_path / "s", before="int elsewhere(void);", body="sink = (uint32_t)elsewhere();")
    with pytest.raises(StudioError, match=r"does not link: .*undefined.*elsewhere"):
        build(folder, board("virtual-m4"), name, tmp_path / "o", False)


@pytest.mark.parametrize("name", TOOLCHAINS)
def test_too_large_says_by_how_much(name, tmp_path):
    target = board("virtual-m4")
    image = build(tiny_model(tmp_path / "s"), target, name, tmp_path / "o", False)
    with pytest.raises(InputError, match=rf"flash: {image.flash_bytes - 256} B too much on Virtual kit") as caught:
        build(tmp_path / "s", with_memory(target, flash=256), name, tmp_path / "o", False)
    assert "256 B flash" in caught.value.hint
    ram = STACK_LEAST + 64
    with pytest.raises(InputError, match=f"RAM: {image.ram_bytes - 64} B too much"):
        build(tmp_path / "s", with_memory(target, ram=ram), name, tmp_path / "o", False)


def test_what_the_base_firmware_keeps_stays_free(tmp_path):
    target = board("virtual-m4")
    target = msgspec.structs.replace(target, flash=MemoryRegion(0, 1 << 20, 0x26000), ram=MemoryRegion(0x2000_0000, 1 << 18, 0x2000))
    script = linker_script(target)
    assert "ORIGIN = 0x26000, LENGTH = 0xda000" in script and "ORIGIN = 0x20002000" in script
    image = build(tiny_model(tmp_path / "s"), target, "zig", tmp_path / "o", False)
    assert image.symbols["vectors"] == 0x26000 and image.flash_bytes < 2000
    assert image.symbols["__data_start"] == 0x2000_2000 and image.ram_bytes < 200


@pytest.mark.parametrize("name", sorted(id for id, b in load_boards().items() if b.core.tabled))
def test_every_board_links(name, tmp_path):
    target = board(name)
    image = build(tiny_model(tmp_path / "s", frontend=True), target, "zig", tmp_path / "o", True)
    assert target.flash.origin <= image.symbols["Reset_Handler"] < target.flash.origin + target.flash.size


@pytest.mark.parametrize("name", ["zig", "gcc"])
def test_a_core_that_the_studio_does_not_compile_for_says_what_to_do(name, tmp_path):
    with pytest.raises(ToolMissing, match="does not compile for") as caught:
        build(tiny_model(tmp_path / "s"), board("esp32-s3-devkitc-1"), name, tmp_path / "o", False)
    assert "export" in caught.value.hint


def test_missing_compilers_say_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing, match="not on the PATH") as caught:
        build(tiny_model(tmp_path / "s"), board("virtual-m4"), "gcc", tmp_path / "o", False)
    assert "apt-get install gcc-arm-none-eabi" in caught.value.hint and caught.value.exit_code == 3
    monkeypatch.setattr(toolchain, "find_spec", lambda name: None)
    with pytest.raises(ToolMissing, match="zig is not installed") as caught:
        build(tmp_path / "s", board("virtual-m4"), "zig", tmp_path / "o", False)
    assert "pip install ziglang" in caught.value.hint
    with pytest.raises(InputError, match="no tool chain 'iar'"):
        build(tmp_path / "s", board("virtual-m4"), "iar", tmp_path / "o", False)


def test_an_empty_folder_and_a_foreign_file_are_refused(tmp_path):
    with pytest.raises(InputError, match="no C files"):
        build(tmp_path, board("virtual-m4"), "zig", tmp_path / "o", False)
    (tmp_path / "x.elf").write_bytes(b"MZ")
    with pytest.raises(InputError, match="no program that the studio linked"):
        read_image(tmp_path / "x.elf", board("virtual-m4"), "")
    with pytest.raises(InputError, match="no program"):
        read_image(tmp_path / "absent.elf", board("virtual-m4"), "")


@needs_gcc
def test_the_runtime_is_clean_under_both_compilers(tmp_path):
    app = module.shipped("board_support") / "runtime" / "app"
    tiny_model(tmp_path / "s", frontend=True)
    for name in toolchain.TOOLCHAINS:
        for core in ("virtual-m0", "virtual-m33"):
            tools = toolchain.find_toolchain(name, board(core).core)
            for source in sorted(app.glob("*.c")):
                flags = (*tools.compile_flags, "-Werror", "-Wpedantic", "-DHARNESS_FRONTEND")
                folders = (f"-I{tmp_path / 's'}", f"-I{tmp_path / 's' / 'frontend'}", f"-I{app}")
                command = [*tools.command, *flags, *folders, "-c", str(source), "-o", str(tmp_path / "x.o")]
                done = subprocess.run(command, capture_output=True, text=True)
                assert done.returncode == 0, done.stderr


def test_the_cache_is_pruned_while_others_prune_it(tmp_path, monkeypatch):
    monkeypatch.setattr(objects, "KEPT", 1)
    (tmp_path / "00").mkdir()
    for name in ("old.o", "linked.o"):
        (tmp_path / "00" / name).write_bytes(b"")
        os.utime(tmp_path / "00" / name, (0, 0))
    (tmp_path / "00" / "gone.o").symlink_to(tmp_path / "taken away")
    assert objects.in_use(tmp_path / "00" / "linked.o")
    assert not objects.in_use(tmp_path / "00" / "gone.o")
    with objects.compiled(tmp_path / "00" / "new.o") as fresh:
        fresh.write_bytes(b"object")
    assert sorted(p.name for p in (tmp_path / "00").iterdir()) == ["linked.o", "new.o"]
