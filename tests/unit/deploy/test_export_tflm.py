"""What export_tflm writes compiles, holds the very bytes, and keeps labels whole.

TFLM's own headers are not at hand: the C++ is compiled against a stub that declares the resolver's methods.
"""

import subprocess
from shutil import which

import msgspec
import pytest

from studio.core.errors import InputError, UnsupportedOperator
from studio.core.network import Op
from studio.core.places import shipped
from studio.deploy import oracle
from studio.jobs import QuietContext
from studio.lower.tflite import read_tflite
from studio.plugin import load_plugins
from studio.plugin.isolation import import_object
from studio.testing.check_exporter import LABELS, tiny_job

STUB = """\
#pragma once
namespace tflite {
template <unsigned int tOpCount> class MicroMutableOpResolver {
 public:
  int count = 0;
METHODS
};
}
"""
# As micro_mutable_op_resolver.h spells them.
METHODS = (
    "AddAveragePool2D AddConv2D AddDepthwiseConv2D AddFullyConnected AddSoftmax AddReshape AddMean AddMaxPool2D AddAdd AddRelu6 AddPadV2"
)

PRINTER = """\
#include <cstdint>
#include <cstdio>
#include "gen_micro_mutable_op_resolver.h"
#include "golden_vectors.h"
#include "tiny_model_data.h"
static_assert(kTensorArenaSize > 0 && kTensorArenaSize % 16 == 0, "arena");
int main() {
  if (reinterpret_cast<std::uintptr_t>(g_tiny_model_data) % 16) return 2;
  if (get_resolver().count != kNumberOperators) return 3;
  std::fwrite(g_tiny_model_data, 1, g_tiny_model_data_size, stdout);
  std::fwrite(kGoldenInputs, 1, sizeof(unsigned char[kGoldenCount][kInputBytes]), stdout);
  std::fwrite(kGoldenOutputs, 1, sizeof(unsigned char[kGoldenCount][kOutputBytes]), stdout);
  for (int i = 0; i < kLabelCount; i++) std::printf("%s%c", kLabels[i], 0);
}
"""


@pytest.fixture(scope="module")
def job():
    return tiny_job()


@pytest.fixture(scope="module")
def exported(job, tmp_path_factory):
    out = tmp_path_factory.mktemp("tflm")
    load_plugins().exporters.get("export_tflm").export(job, out, QuietContext())
    return out


@pytest.fixture(scope="module")
def resolver():
    return import_object("export_tflm", shipped("plugins") / "export_tflm", "export_tflm.resolver:method")


@pytest.mark.skipif(which("g++") is None, reason="no host C++ compiler")
def test_compiles_and_holds_the_very_bytes(exported, job, tmp_path):
    stub = tmp_path / "tensorflow" / "lite" / "micro" / "micro_mutable_op_resolver.h"
    stub.parent.mkdir(parents=True)
    stub.write_text(STUB.replace("METHODS", "\n".join(f"  void {m}() {{ count++; }}" for m in METHODS.split())))
    (tmp_path / "main.cc").write_text(PRINTER)
    program = tmp_path / "printer"
    flags = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-pedantic", f"-I{exported}", f"-I{tmp_path}"]
    subprocess.run(["g++", *flags, tmp_path / "main.cc", *sorted(exported.glob("*.cc")), "-o", program], check=True)
    golden = b"".join(g.inputs for g in job.golden) + b"".join(g.outputs for g in job.golden)
    labels = b"".join(label.encode() + b"\0" for label in LABELS)
    assert subprocess.run([program], capture_output=True, check=True).stdout == job.tflite + golden + labels


@pytest.mark.skipif(which("gcc") is None, reason="no host C compiler")
def test_front_end_compiles_beside_it(exported, tmp_path):
    sources = sorted((exported / "frontend").glob("*.c"))
    assert {s.name for s in sources} == {"frontend.c", "frontend_float32.c", "frontend_tables.c"}
    for source in sources:
        subprocess.run(["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-c", source, "-o", tmp_path / "x.o"], check=True)


def test_front_end_tables_are_the_studio_s(exported, job):
    from studio.core.ctext import frontend_config, frontend_source

    assert (exported / "frontend" / "frontend_config.h").read_text() == frontend_config(job.frontend_tables)
    assert (exported / "frontend" / "frontend_tables.c").read_text() == frontend_source(job.frontend_tables)


@pytest.mark.skipif(not oracle.available(), reason="no oracle here")
def test_model_file_runs_in_the_arena_that_is_stated(exported, job):
    network = read_tflite(exported / "model.tflite")
    inputs = [g.inputs for g in job.golden]
    assert oracle.run(network, inputs, (exported / "model.tflite").read_bytes()) == [g.outputs for g in job.golden]
    assert f"kTensorArenaSize = {job.arena_required};" in (exported / "model_settings.h").read_text()


def test_readme_says_that_the_weights_are_random(exported, job, tmp_path):
    assert "weights are random" in (exported / "README.md").read_text()
    load_plugins().exporters.get("export_tflm").export(msgspec.structs.replace(job, trained=True), tmp_path, QuietContext())
    assert "weights are random" not in (tmp_path / "README.md").read_text()


@pytest.mark.parametrize("name", ["你好", "", "9 lives", 'a"b\n*/', "*/"])
def test_any_project_name(job, tmp_path, name):
    load_plugins().exporters.get("export_tflm").export(msgspec.structs.replace(job, name=name), tmp_path, QuietContext())
    (header,) = tmp_path.glob("*_model_data.h")
    assert header.name.isascii() and header.stem.isidentifier()
    assert all(p.read_bytes().isascii() for p in tmp_path.rglob("*") if p.suffix in (".h", ".cc", ".c"))


def test_every_real_model(data_folder, tmp_path):
    from studio.boards import board
    from studio.deploy.export import assemble
    from studio.deploy.subject import load_subject

    exporter = load_plugins().exporters.get("export_tflm")
    for path in sorted((data_folder / "models").glob("*.tflite")):
        out = tmp_path / path.stem
        out.mkdir()
        exporter.export(assemble(load_subject(path), board("virtual-m4"), QuietContext(), golden=0), out, QuietContext())
        assert (out / "model.tflite").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        ("conv_2d", "AddConv2D"),
        ("depthwise_conv_2d", "AddDepthwiseConv2D"),
        ("fully_connected", "AddFullyConnected"),
        ("padv2", "AddPadV2"),
        ("split_v", "AddSplitV"),
        ("unidirectional_sequence_lstm", "AddUnidirectionalSequenceLSTM"),
        ("l2_pool_2d", "AddL2Pool2D"),
        ("relu6", "AddRelu6"),
        ("cumsum", "AddCumSum"),
        ("batch_to_space_nd", "AddBatchToSpaceNd"),
        ("select_v2", "AddSelectV2"),
        ("l2_normalization", "AddL2Normalization"),
    ],
)
def test_resolver_methods_are_spelt_as_tflm_does(resolver, kind, method):
    assert resolver(kind) == method


def test_operator_that_tflm_lacks(job, tmp_path):
    odd = msgspec.structs.replace(job.network, ops=(*job.network.ops, Op("atan2", (0, 0), (1,))))
    with pytest.raises(UnsupportedOperator, match="no operator atan2"):
        load_plugins().exporters.get("export_tflm").export(msgspec.structs.replace(job, network=odd), tmp_path, QuietContext())
    assert list(tmp_path.iterdir()) == []


def test_labels_must_fit_the_outputs(job, tmp_path):
    with pytest.raises(InputError, match="8 outputs for 2 labels"):
        load_plugins().exporters.get("export_tflm").export(msgspec.structs.replace(job, labels=("a", "b")), tmp_path, QuietContext())
