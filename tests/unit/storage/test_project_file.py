import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.core.errors import InputError
from studio.core.frontend import FrontEnd
from studio.core.graph import ModelGraph
from studio.core.project import Augmentation, Project, Recipe, check_project
from studio.storage.project_file import project_toml, read_project

PROJECT = Project("words", ("yes", 'say "no"', "开灯", "tab\\slash"), FrontEnd(mean_db=-51.25))


def _read(path, text):
    path.write_bytes(text.encode())
    return read_project(path, ModelGraph())


texts = st.text(st.characters(exclude_categories=("C", "Z")) | st.sampled_from(" \"'\\#[]=,"), min_size=1, max_size=20).filter(
    lambda t: t.strip() and t.isprintable()
)
numbers = st.floats(-80, 80, allow_nan=False)
pairs = st.tuples(numbers, numbers).map(lambda p: (min(p), max(p)))
projects = st.builds(
    Project,
    texts.filter(lambda t: "/" not in t and "\\" not in t),
    st.lists(texts, unique=True, max_size=6).map(tuple),
    st.builds(FrontEnd, mels=st.integers(1, 60), mean_db=numbers, mel_scale=st.sampled_from(["slaney", "htk"])),
    st.just(ModelGraph()),
    st.lists(texts, max_size=3).map(tuple),
    interval_ms=st.floats(0.1, 1e6),
    recipe=st.builds(Recipe, epochs=st.integers(1, 99), augmentation=st.builds(Augmentation, noise_snr_db=pairs, gain_db=pairs)),
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(projects, projects)
def test_any_project_comes_back_equal_also_over_an_old_file(tmp_path_factory, first, second):
    check_project(first)
    path = tmp_path_factory.mktemp("p") / "project.toml"
    text = project_toml(first)
    assert _read(path, text) == first
    assert _read(path, project_toml(second, text)) == second


def test_comments_and_order_of_a_hand_made_file_stay(tmp_path):
    mine = '# mine\nschema = 1\nlabels = ["a", "b"] # two\nname = "x"\n\n[frontend]\n# slower\nhop = 400   # 25 ms\n'
    project = _read(tmp_path / "project.toml", mine)
    assert project.frontend.hop == 400
    assert project_toml(project, mine) == mine
    changed = msgspec.structs.replace(project, frontend=FrontEnd(hop=160, mels=20), interval_ms=500.0, recipe=Recipe(epochs=3))
    text = project_toml(changed, mine)
    assert _read(tmp_path / "project.toml", text) == changed
    for line in ("# mine", '["a", "b"] # two', "# slower", "hop = 160   # 25 ms"):
        assert line in text
    assert "batch" not in text


@pytest.mark.parametrize(
    "mine",
    [
        'schema = 1\nname = "x"\nlabels = ["a"]\nfrontend.hop = 400\nrecipe = {epochs = 3, augmentation = {shift_ms = 5}}\n',
        'schema = 1\nname = "x"\nlabels = ["a"]\n[recipe]\nepochs = 3\n[frontend]\nhop = 400\n[recipe.augmentation]\nshift_ms = 5\n',
        'schema = 1\nname = "x"\nlabels = [\n  "a", # one\n]\n[recipe.augmentation]\nshift_ms = 5.0\n[frontend]\nhop = 400\n',
    ],
)
def test_every_way_to_write_tables_can_be_changed(tmp_path, mine):
    path = tmp_path / "project.toml"
    project = _read(path, mine)
    assert project_toml(project, mine) == mine
    noise = msgspec.structs.replace(project.recipe.augmentation, gain_db=(-1.0, 1.0), shift_ms=7.0)
    changed = msgspec.structs.replace(
        project, frontend=FrontEnd(hop=160, mels=20), recipe=Recipe(epochs=9, batch=8, augmentation=noise), interval_ms=5.0
    )
    assert _read(path, project_toml(changed, mine)) == changed


def test_a_file_broken_by_hand_meanwhile_is_not_overwritten():
    with pytest.raises(InputError, match="no longer TOML") as caught:
        project_toml(PROJECT, 'schema = 1\nname = "x\n')
    assert "line 2" in caught.value.message
    assert project_toml(PROJECT, "schema = 1\nfrontend = 3\n")


@pytest.mark.parametrize(
    ("text", "message", "where", "hint"),
    [
        ('schema = 1\nname = "x"\nlabels = []\nfrontent = 3\n', "unknown key 'frontent'", "project.toml: frontent", "'frontend'"),
        ('schema = 1\nname = "x"\nlabels = []\n[frontend]\nmel = 3\n', "unknown key 'mel'", "frontend.mel", "'mels'"),
        (
            'schema = 1\nname = "x"\nlabels = []\n[recipe.augmentation]\ngain = 3\n',
            "unknown key 'gain'",
            "recipe.augmentation.gain",
            "'gain_db'",
        ),
        ('schema = 2\nname = "x"\nlabels = []\n', "newer studio", "project.toml", "update"),
        ('name = "x"\nlabels = []\n', "no schema", "project.toml", "schema = 1"),
        ('schema = 1\nname = "x"\nlabels = [\n"a"\n"b"]\n', "line 5", "project.toml", ""),
        ('schema = 1\nname = "x"\n', "labels", "project.toml", ""),
        ('schema = 1\nname = "x"\nlabels = ["a", "a"]\n', "twice: a", "project.toml: labels", ""),
        ('schema = 1\nname = "x"\nlabels = ["a\\nb"]\n', "no label", "project.toml: labels", "printable"),
        ('schema = 1\nname = "x/y"\nlabels = []\n', "one line", "project.toml: name", ""),
        ('schema = 1\nname = "x"\nlabels = []\ninterval_ms = "a"\n', "float", "interval_ms", ""),
        ('schema = 1\nname = "x"\nlabels = []\ninterval_ms = 0\n', "not above 0", "interval_ms", ""),
        ('schema = 1\nname = "x"\nlabels = []\n[frontend]\nhop = 0\n', "hop = 0", "frontend", "1 to"),
        ('schema = 1\nname = "x"\nlabels = []\n[frontend]\nmean_db = nan\n', "mean_db", "frontend", ""),
        ('schema = 1\nname = "x"\nlabels = []\n[recipe]\nepochs = 0\n', "epochs", "recipe.epochs", "1 to"),
        ('schema = 1\nname = "x"\nlabels = []\ntask = "dance"\n', "dance", "project.toml", "classification"),
    ],
)
def test_complaints_name_file_field_and_way_out(tmp_path, text, message, where, hint):
    with pytest.raises(InputError) as caught:
        _read(tmp_path / "project.toml", text)
    assert message in caught.value.message
    assert where in caught.value.where
    assert hint in caught.value.hint
    assert caught.value.hint


def test_a_file_that_is_not_utf8_or_missing(tmp_path):
    path = tmp_path / "project.toml"
    with pytest.raises(InputError, match="missing"):
        read_project(path, ModelGraph())
    path.write_bytes(b'schema = 1\nname = "\xff"\n')
    with pytest.raises(InputError, match="not UTF-8"):
        read_project(path, ModelGraph())


def test_windows_line_ends_and_byte_order_mark(tmp_path):
    text = project_toml(PROJECT).replace("\n", "\r\n")
    (tmp_path / "project.toml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_project(tmp_path / "project.toml", ModelGraph()) == PROJECT
