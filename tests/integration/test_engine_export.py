"""The exported folder as a user gets it: compiled by its own Makefile, with hostile labels, and under sanitizers."""

import subprocess

import pytest

from studio.core.errors import InputError, UnsupportedOperator
from studio.core.frontend import FrontEnd
from studio.deploy import oracle
from studio.dsp.tables import frontend_tables
from studio.lower.engine import program
from tests.helpers.engine_host import WARNINGS, export, gcc, golden, random_inputs
from tests.helpers.random_networks import random_network, rare_network
from tests.helpers.streaming_networks import streaming_network

LABELS = ('say "yes"', "back\\slash", "two\nlines", "??/ trigraph ??)", "是", "no", "tab\t", "*/ end /*", "", "naïve 7")


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
    assert "all golden outputs equal" in done.stdout


def test_the_selftest_sees_a_wrong_output(tmp_path):
    network = random_network(4)
    given = vectors(network)
    wrong = golden([g.inputs for g in given], [bytes([g.outputs[0] ^ 1]) + g.outputs[1:] for g in given])
    export(network, "dsp", tmp_path, golden=wrong)
    assert run("make", "-s", "test", cwd=tmp_path).returncode != 0


def test_labels_come_through_as_they_are(tmp_path):
    export(random_network(4), "dsp", tmp_path, labels=LABELS)
    main = '#include <stdio.h>\n#include "labels.h"\nint main(void) { for (int i = 0; i < MODEL_LABEL_COUNT; i++) printf("%s|", model_labels[i]); }\n'
    (tmp_path / "show.c").write_text(main)
    gcc("-std=c11", "-Wall", "-Wextra", "-Werror", tmp_path / "show.c", tmp_path / "labels.c", "-o", tmp_path / "show")
    shown = subprocess.run([tmp_path / "show"], capture_output=True, check=True).stdout.decode()
    assert shown == "".join(f"{label}|" for label in LABELS)


def test_front_end_and_all_else_compile_without_a_warning(tmp_path):
    network = random_network(4)
    fe = FrontEnd()
    tables = frontend_tables(fe, network.input.quant)
    files = export(network, "plain", tmp_path, frontend=fe, frontend_tables=tables, golden=vectors(network), labels=LABELS)
    includes = [f"-I{tmp_path / folder}" for folder in (".", "kernels", "frontend")]
    for source in (f for f in files if f.suffix == ".c"):
        gcc(*WARNINGS, "-O2", *includes, "-c", source, "-o", tmp_path / "one.o")
    readme = (tmp_path / "README.md").read_text()
    assert network.digest() in readme
    assert "frontend_push" in readme


@pytest.mark.parametrize("variant", ["dsp", "plain"])
@pytest.mark.parametrize("make", [random_network, rare_network, streaming_network])
@pytest.mark.parametrize("seed", [2, 7, 11, 23])
def test_no_sanitizer_complains(seed, make, variant, tmp_path):
    network = make(seed)
    files = export(network, variant, tmp_path, golden=vectors(network))
    includes = [f"-I{tmp_path / folder}" for folder in (".", "kernels")]
    sources = [f for f in files if f.suffix == ".c"]
    flags = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-DMODEL_SELFTEST_MAIN")
    gcc("-std=c11", *flags, *includes, *sources, "-o", tmp_path / "selftest")
    done = run(str(tmp_path / "selftest"))
    assert done.returncode == 0, done.stderr


def test_a_selftest_starts_from_the_first_state(tmp_path):
    """Twice the same golden vectors: the second time the state must be as it was."""
    network = streaming_network(3)
    files = export(network, "dsp", tmp_path, golden=vectors(network))
    main = '#include "golden.h"\nint main(void) { return model_selftest() + model_selftest(); }\n'
    (tmp_path / "twice.c").write_text(main)
    sources = [f for f in files if f.suffix == ".c"]
    gcc("-std=c11", "-I", tmp_path, "-I", tmp_path / "kernels", *sources, tmp_path / "twice.c", "-o", tmp_path / "twice")
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
