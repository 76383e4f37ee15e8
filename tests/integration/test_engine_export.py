"""The exported folder as a user gets it: compiled by its own Makefile, and with hostile labels."""

import subprocess
from pathlib import Path

import pytest

from studio.core.errors import InputError, UnsupportedOperator
from studio.core.frontend import FrontEnd
from studio.deploy import oracle
from studio.dsp.tables import frontend_tables
from studio.lower.engine import program
from tests.helpers.engine_host import WARNINGS, export, gcc, golden, random_inputs
from tests.helpers.random_networks import random_network
from tests.helpers.streaming_networks import streaming_network

LABELS = ('say "yes"', "back\\slash", "two\nlines", "??/ trigraph ??)", "是", "no", "tab\t", "*/ end /*", "", "naïve 7")
KIT_ONLY = ("semihosting.c", "startup.c")


def host_sources(files):
    """The model with its self-test for this computer."""
    return [f for f in files if f.suffix == ".c" and f.parent.name not in ("kit", "demo")]


def vectors(network, count=4):
    inputs = random_inputs(network, count)
    return golden(inputs, oracle.run(network, inputs))


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


@pytest.mark.parametrize("variant", ["dsp", "plain"])
def test_the_makefile_proves_the_model(variant, tmp_path):
    network = random_network(4)
    export(network, variant, tmp_path, labels=LABELS, golden=vectors(network))
    done = run("make", "-s", "test", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "4 of 4 outputs equal" in done.stdout


def test_the_selftest_sees_a_wrong_output(tmp_path):
    network = random_network(4)
    given = vectors(network)
    wrong = golden([g.inputs for g in given], [bytes([g.outputs[0] ^ 1]) + g.outputs[1:] for g in given])
    export(network, "dsp", tmp_path, golden=wrong)
    done = run("make", "-s", "test", cwd=tmp_path)
    assert done.returncode != 0
    assert "0 of 4 outputs equal" in done.stdout


def test_labels_come_through_as_they_are(tmp_path):
    export(random_network(4), "dsp", tmp_path, labels=LABELS)
    main = '#include <stdio.h>\n#include "labels.h"\nint main(void) { for (int i = 0; i < MODEL_LABEL_COUNT; i++) printf("%s|", model_labels[i]); }\n'
    (tmp_path / "show.c").write_text(main)
    gcc(
        "-std=c11",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-I",
        tmp_path / "src",
        tmp_path / "show.c",
        tmp_path / "src" / "labels.c",
        "-o",
        tmp_path / "show",
    )
    shown = subprocess.run([tmp_path / "show"], capture_output=True, check=True).stdout.decode()
    assert shown == "".join(f"{label}|" for label in LABELS)


def test_front_end_and_all_else_compile_without_a_warning(tmp_path):
    network = random_network(4)
    fe = FrontEnd()
    tables = frontend_tables(fe, network.input.quant)
    files = export(network, "plain", tmp_path, frontend=fe, frontend_tables=tables, golden=vectors(network), labels=LABELS)
    includes = [f"-I{tmp_path / folder}" for folder in ("src", "selftest")]
    hosted = [w for w in WARNINGS if w != "-ffreestanding"]
    for source in (f for f in files if f.suffix == ".c" and f.name not in KIT_ONLY):
        gcc(*(WARNINGS if "src" in source.parts else hosted), "-O2", *includes, "-c", source, "-o", tmp_path / "one.o")
    readme = (tmp_path / "README.md").read_text()
    assert network.digest() in readme
    assert "frontend_push" in readme
    assert (tmp_path / "LICENSE").read_text() == (Path(__file__).parents[2] / "LICENSE").read_text()


def test_a_selftest_starts_from_the_first_state(tmp_path):
    """Twice the same golden vectors: the second time the state must be as it was."""
    network = streaming_network(3)
    files = export(network, "dsp", tmp_path, golden=vectors(network))
    main = "uint32_t crc; return model_selftest(&crc) + model_selftest(&crc);"
    (tmp_path / "twice.c").write_text(f'#include "selftest.h"\nint main(void) {{ {main} }}\n')
    sources = [f for f in host_sources(files) if f.name != "main.c"]
    gcc("-std=c11", "-I", tmp_path / "src", "-I", tmp_path / "selftest", *sources, tmp_path / "twice.c", "-o", tmp_path / "twice")
    assert run(str(tmp_path / "twice")).returncode == 0
    assert "model_init();" in (tmp_path / "README.md").read_text()


def test_a_network_without_weights_is_refused(tmp_path):
    from msgspec.structs import replace

    network = random_network(4)
    bare = replace(network, tensors=tuple(replace(t, data=None) if t.constant else t for t in network.tensors))
    with pytest.raises(InputError, match="no weights"):
        export(bare, "dsp", tmp_path)


def test_what_the_engine_lacks_is_said(tmp_path):
    network = random_network(4)
    assert program(network)
    with pytest.raises(UnsupportedOperator, match="no kernel for gru"):
        export(network, "dsp", tmp_path, program=None, unsupported="no kernel for gru")
