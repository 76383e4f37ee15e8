import pytest

from studio.blocks.templates import tiny_graph
from studio.core.frontend import FrontEnd
from studio.core.project import Project
from studio.storage.folder import ProjectFolder

FRONT_END = FrontEnd(clip_samples=8000, mels=20, window=480, hop=480)
LABELS = ('say "hi"', "back\\slash", "你好", "no")


@pytest.fixture
def project():
    """A small design with awkward labels."""
    return Project("Two words!", LABELS, FRONT_END, tiny_graph(FRONT_END.shape, len(LABELS)))


@pytest.fixture
def project_folder(project, tmp_path):
    return ProjectFolder.create(tmp_path / "words", project)
