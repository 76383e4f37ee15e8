"""The C front end as a shared library of the host."""

import ctypes
import shutil
import subprocess

import numpy as np
import pytest

from studio.core.ctext import frontend_config, frontend_source
from studio.core.places import shipped
from studio.dsp.tables import frontend_tables

STRICT = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-ffreestanding"]


class CompiledFrontEnd:
    """The C form of one front end, called through ctypes."""

    def __init__(self, fe, library):
        self.fe, self.library, self._lib = fe, library, ctypes.CDLL(str(library))

    def init(self):
        self._lib.frontend_init()

    def push(self, pcm):
        pcm = np.ascontiguousarray(pcm, np.int16)
        return self._lib.frontend_push(pcm.ctypes.data_as(ctypes.c_void_p), ctypes.c_int(pcm.size))

    def features(self):
        out = np.empty(self.fe.shape, np.int8)
        self._lib.frontend_features(out.ctypes.data_as(ctypes.c_void_p))
        return out


@pytest.fixture
def compile_frontend(tmp_path):
    """Compile the runtime's C with a front end's tables: (fe, quant, extra flags) -> CompiledFrontEnd."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("gcc is not installed")
    made = []

    def build(fe, quant, *flags):
        folder = tmp_path / f"frontend{len(made)}"
        folder.mkdir()
        made.append(folder)
        tables = frontend_tables(fe, quant)
        (folder / "frontend_config.h").write_text(frontend_config(tables))
        (folder / "frontend_tables.c").write_text(frontend_source(tables))
        runtime = shipped("board_support") / "runtime"
        sources = [str(runtime / name) for name in tables.sources if name.endswith(".c")] + [str(folder / "frontend_tables.c")]
        library = folder / "frontend.so"
        includes = [f"-I{folder}", f"-I{runtime / 'frontend'}"]
        subprocess.run([compiler, *STRICT, *flags, "-shared", "-fPIC", *includes, *sources, "-o", str(library)], check=True)
        return CompiledFrontEnd(fe, library)

    return build
