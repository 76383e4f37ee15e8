import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.core.errors import InputError
from studio.core.library import Library, Recording, Segment
from studio.storage.tables import read_library, recordings_csv, segments_csv

RECORDING = "id,path,reference,sha256,rate,frames,channels,speaker,device,group,source\n"
SEGMENT = "recording,track,start,end,label,split,note\n"


def _read(data, recordings, segments=SEGMENT):
    (data / "recordings").mkdir(parents=True, exist_ok=True)
    (data / "recordings.csv").write_text(recordings, encoding="utf-8", newline="")
    (data / "segments.csv").write_text(segments, encoding="utf-8", newline="")
    return read_library(data)


texts = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from('",; \n'), max_size=12)
names = st.text(st.characters(categories=("L", "N")) | st.sampled_from(" _-'\""), min_size=1, max_size=12)
fields = st.dictionaries(st.sampled_from(["index", "take", "room"]), texts.filter(bool), max_size=3)


@st.composite
def libraries(draw):
    ids = draw(st.lists(names, unique=True, max_size=5))
    recordings = tuple(
        draw(
            st.builds(
                Recording,
                st.just(id),
                names,
                st.just("ab" * 32),
                st.integers(1000, 96000),
                st.integers(10, 10**6),
                st.integers(1, 8),
                texts,
                texts,
                texts,
                texts,
                st.booleans(),
                fields,
            )
        )
        for id in ids
    )
    labels = names.filter(str.strip)
    splits = st.sampled_from(["train", "validation", "test"])
    segments = tuple(
        Segment(r.id, draw(st.integers(0, 4)), draw(st.integers(5, 10)), draw(labels), draw(splits), note=draw(texts)) for r in recordings
    )
    return recordings, segments


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(libraries())
def test_any_library_comes_back_equal(tmp_path_factory, tables):
    recordings, segments = tables
    data = tmp_path_factory.mktemp("d")
    library = _read(data, recordings_csv(recordings), segments_csv(segments))
    assert library == Library(recordings, segments, data / "recordings")


def test_no_tables_is_an_empty_library(tmp_path):
    assert read_library(tmp_path).segments == ()


@pytest.mark.parametrize("path", ["../a.wav", "x/../../a.wav", "/etc/passwd", "C:\\a.wav", "C:a.wav", "..\\a.wav", "\\\\host\\a.wav", ""])
def test_a_path_cannot_leave_the_project_unless_marked(tmp_path, path):
    row = f'a,"{path}",%s,00,8000,10,1,,,,\n'
    with pytest.raises(InputError) as caught:
        _read(tmp_path, RECORDING + row % "false")
    assert "leads out" in caught.value.message
    assert "recordings.csv: line 2" in caught.value.where
    if path:
        assert _read(tmp_path, RECORDING + row % "true").recordings[0].reference


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_a_link_cannot_leave_the_project(tmp_path):
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "link").symlink_to(tmp_path.parent)
    with pytest.raises(InputError, match="leads out"):
        _read(tmp_path, RECORDING + "a,link/a.wav,false,00,8000,10,1,,,,\n")


GOOD = RECORDING + "a,a.wav,false,00,8000,10,1,,,,\n"


@pytest.mark.parametrize(
    ("recordings", "segments", "words", "where"),
    [
        (GOOD.replace("speaker", "speeker"), SEGMENT, "unknown key 'speeker'", "recordings.csv: line 1"),
        (GOOD.replace("speaker,", ""), SEGMENT, "'speaker' is missing", "recordings.csv: line 1"),
        (GOOD + "a,b.wav,false,00,8000,10,1,,,,\n", SEGMENT, "stands twice", "recordings.csv: line 3"),
        (GOOD + "b,b.wav,false\n", SEGMENT, "3 cells", "recordings.csv: line 3"),
        (GOOD.replace("8000", "8k"), SEGMENT, "rate", "recordings.csv: line 2"),
        (GOOD.replace("8000", "0"), SEGMENT, "above 0", "recordings.csv: line 2"),
        (GOOD.replace("false", "maybe"), SEGMENT, "maybe", "recordings.csv: line 2"),
        (GOOD, SEGMENT + "b,label,0,5,x,train,\n", "no recording 'b'", "segments.csv: line 2"),
        (GOOD, SEGMENT + "a,label,0,5,x,trian,\n", "'trian'", "segments.csv: line 2"),
        (GOOD, SEGMENT + "a,label,5,5,x,train,\n", "5 to 5", "segments.csv: line 2"),
        (GOOD, SEGMENT + "a,label,0,11,x,train,\n", "0 to 11", "segments.csv: line 2"),
        (GOOD, SEGMENT + 'a,label,0,5,"x\ny",train,\n', "no label", "segments.csv: line 3"),
        (GOOD, SEGMENT + 'a,label,0,5,"x"y",train,\n', "not CSV", "segments.csv: line 2"),
        (GOOD, "", "'recording' is missing", "segments.csv: line 1"),
    ],
)
def test_complaints_name_file_and_line(tmp_path, recordings, segments, words, where):
    with pytest.raises(InputError) as caught:
        _read(tmp_path, recordings, segments)
    assert words in caught.value.message
    assert where in caught.value.where
    assert caught.value.hint
