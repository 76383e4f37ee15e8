"""The exporter "export_c": a folder of C sources that need nothing else."""

from collections.abc import Iterator
from pathlib import Path

from studio.api import ExportJob, JobContext, Program, UnsupportedOperator, frontend_config, frontend_source, require_weights

from . import extras, model


class ExportC:
    """Writes the engine's program, the front end, labels and golden vectors as C."""

    id = "export_c"
    title = "C source"

    def export(self, job: ExportJob, out: Path, context: JobContext) -> tuple[Path, ...]:
        """Write the folder and return its files; raise UnsupportedOperator where the engine cannot run the network."""
        if job.program is None:
            raise UnsupportedOperator(job.unsupported or "runtime c cannot run this network", where=job.name, hint="use export_tflm")
        require_weights(job.network)
        context.progress(0.1, "writing C")
        written = []
        for name, text in self._files(job, job.program):
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            written.append(path)
            context.artifact("source", path)
        return tuple(written)

    def _files(self, job: ExportJob, program: Program) -> Iterator[tuple[str, str]]:
        yield "model.h", model.header(job, program)
        yield "model.c", model.source(job, program)
        yield "labels.h", extras.labels_header(job)
        yield "labels.c", extras.labels_source(job)
        if job.golden:
            yield "golden.h", extras.golden_header(job)
            yield "golden.c", extras.golden_source(job)
            yield "selftest.c", extras.SELFTEST
        sources = program.sources
        if job.frontend_tables:
            yield "frontend_config.h", frontend_config(job.frontend_tables)
            yield "frontend_tables.c", frontend_source(job.frontend_tables)
            sources = (*sources, *job.frontend_tables.sources)
        for name in sources:
            yield name, (job.runtime.folder / name).read_text(encoding="utf-8")
        if job.golden:
            yield "Makefile", extras.makefile(job)
        yield "README.md", extras.readme(job, program)


EXPORTER = ExportC()
