"""What the services work on: a project as it stands, or a bare model file, as one network with its labels and front end."""

import zipfile
import zlib
from pathlib import Path

import msgspec

from studio.blocks import registry
from studio.core.block import Block
from studio.core.errors import InputError
from studio.core.frontend import FrontEnd
from studio.core.network import Network
from studio.core.project import Project, design_digest
from studio.core.registry import Registry
from studio.lower.engine import RUNTIMES
from studio.lower.graph import lower_graph
from studio.lower.int8 import quantised_types
from studio.lower.tflite import read_tflite
from studio.plugin import load_plugins
from studio.storage.folder import ProjectFolder
from studio.storage.project_file import NAME as PROJECT_FILE
from studio.storage.runs import MODEL

_LARGEST_LABELS = 1 << 20
_ACCEPTED = "give a project's folder, a .tflite or a .keras file"


class Subject(msgspec.Struct, frozen=True):
    """A design to report, export, flash or validate.

    `network` is int8 (or what a .tflite holds); without data where it is not trained. `tflite` are the bytes of the file that
    the network was read from, None where there is none. `frontend`, `project` and `folder` are None for a bare model. `runtime` is the
    engine's that it is built with.
    """

    name: str
    network: Network
    labels: tuple[str, ...]
    trained: bool
    source: Path
    frontend: FrontEnd | None = None
    project: Project | None = None
    folder: ProjectFolder | None = None
    tflite: bytes | None = None
    runtime: str = "c"


def load_subject(path: Path, runtime: str = "c") -> Subject:
    """Load a project's folder, a .tflite or a .keras file; raise InputError naming the path, or the runtime, and what would do."""
    if runtime not in RUNTIMES:
        raise InputError(f"runtime {runtime!r} is not built here", where="runtime", hint="these are: " + ", ".join(RUNTIMES))
    return msgspec.structs.replace(_load(Path(path)), runtime=runtime)


def _load(path: Path) -> Subject:
    if path.is_dir():
        return _project(path)
    if not path.exists():
        raise InputError("there is no such file or folder", where=str(path), hint=_ACCEPTED)
    loaders = {".tflite": _tflite, ".keras": _keras}
    if path.suffix.lower() not in loaders:
        raise InputError(f"cannot tell what a {path.suffix or 'file without a suffix'} is", where=str(path), hint=_ACCEPTED)
    return loaders[path.suffix.lower()](path)


def with_random_weights(subject: Subject, seed: int) -> Subject:
    """Give an untrained subject random weights and sane scales; equal seeds give equal weights."""
    from studio.lower.randomise import randomise

    return msgspec.structs.replace(subject, network=randomise(subject.network, seed), trained=False, tflite=None)


def project_subject(folder: ProjectFolder) -> Subject:
    """Return a project as it stands: trained where a run of this very design left a model."""
    project = folder.project
    run = folder.latest_run(design_digest(project))
    untrained = Subject(project.name, typed_network(project), project.labels, False, folder.path, project.frontend, project, folder)
    return untrained if run is None else trained_by(untrained, run)


def trained_by(subject: Subject, run: Path) -> Subject:
    """Return the subject with the model that a run of it left in that folder."""
    network, tflite = _read(run / MODEL, subject.name)
    return msgspec.structs.replace(subject, network=network, trained=True, tflite=tflite)


def _project(path: Path) -> Subject:
    if not (path / PROJECT_FILE).is_file():
        hint = f"{_ACCEPTED}; otolith new DIR --from FOLDER makes a project"
        raise InputError(f"this folder is no project: it has no {PROJECT_FILE}", where=str(path), hint=hint)
    return project_subject(ProjectFolder.open(path, known_blocks()))


def typed_network(project: Project) -> Network:
    """Lower a project's graph to int8 without weights; each operator names its block."""
    return quantised_types(lower_graph(project.graph, known_blocks(), project.frontend.shape, name=project.name))


def known_blocks() -> Registry[Block]:
    """Return all blocks, those of plugins too."""
    return load_plugins(blocks=registry()).blocks


def _tflite(path: Path) -> Subject:
    network, data = _read(path, path.stem)
    labels = _metadata_labels(path, network) or _numbers(network)
    return Subject(path.stem, network, labels, True, path, tflite=data)


def _read(path: Path, name: str) -> tuple[Network, bytes]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read it: {error.strerror}", where=str(path), hint="check the file's permissions") from error
    try:
        return msgspec.structs.replace(read_tflite(data, path.name), name=name), data
    except InputError as error:
        raise type(error)(error.message, where=str(path), hint=error.hint) from error


def _keras(path: Path) -> Subject:
    from studio.lower.keras_file import read_keras

    graph, shape = read_keras(path)
    network = quantised_types(lower_graph(graph, registry(), shape, name=path.stem))
    return Subject(path.stem, network, _numbers(network), False, path)


def _numbers(network: Network) -> tuple[str, ...]:
    return tuple(map(str, range(network.output.elements)))


def _metadata_labels(path: Path, network: Network) -> tuple[str, ...]:
    """Read the label file that TensorFlow Lite's metadata appends as a zip archive; () where none fits the outputs."""
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if entry.filename.endswith(".txt") and entry.file_size <= _LARGEST_LABELS:
                    labels = tuple(archive.read(entry).decode("utf-8").splitlines())
                    if len(labels) == network.output.elements:
                        return labels
    except (zipfile.BadZipFile, zlib.error, UnicodeDecodeError, NotImplementedError, RuntimeError):
        pass  # no archive behind the model, or none that can be read: the labels are a courtesy
    return ()
