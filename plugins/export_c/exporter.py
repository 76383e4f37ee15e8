"""The exporter "export_c": a folder of C sources that need nothing else."""

from collections.abc import Iterator
from pathlib import Path

from studio.api import ExportJob, JobContext, Program, UnsupportedOperator, frontend_config, frontend_source, require_weights

from . import golden, labels, model, projects, readme, templates


class ExportC:
    """Writes the engine's program, the front end, labels, golden vectors and what builds them, as a project in C."""

    id = "export_c"
    title = "C source"

    def export(self, job: ExportJob, out: Path, context: JobContext) -> tuple[Path, ...]:
        """Write the folder and return its files; raise UnsupportedOperator where the engine cannot run the network."""
        if job.program is None:
            raise UnsupportedOperator(job.unsupported or "runtime c cannot run this network", where=job.name, hint="use export_tflm")
        require_weights(job.network)
        context.progress(0.1, "writing C")
        files = dict(_files(job, job.program))
        files |= projects.project_files(job, tuple(files))
        files["README.md"] = readme.readme(job, job.program)
        files["LICENSE"] = templates.text("LICENSE")
        written = []
        for name, text in files.items():
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            written.append(path)
            context.artifact("source", path)
        return tuple(written)


def _files(job: ExportJob, program: Program) -> Iterator[tuple[str, str]]:
    yield "src/model.h", model.header(job, program)
    yield "src/model.c", model.source(job, program)
    yield "src/labels.h", labels.labels_header(job)
    yield "src/labels.c", labels.labels_source(job)
    sources = program.sources
    if job.frontend_tables:
        yield "src/frontend/frontend_config.h", frontend_config(job.frontend_tables)
        yield "src/frontend/frontend_tables.c", frontend_source(job.frontend_tables)
        sources = (*sources, *job.frontend_tables.sources)
    for name in sources:
        yield f"src/{name}", (job.runtime.folder / name).read_text(encoding="utf-8")
    if job.golden:
        yield from golden.golden_files(job)
    if job.frontend_tables:
        for name, template in (("main.c", "demo_main.c"), ("wav.c", "wav.c"), ("wav.h", "wav.h")):
            yield f"demo/{name}", templates.text(template)


EXPORTER = ExportC()
