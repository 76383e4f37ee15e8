import pytest

from studio.core.errors import InputError
from studio.data.patterns import parse_pattern


@pytest.mark.parametrize(
    ("pattern", "path", "fields"),
    [
        ("{label}_{speaker}_{index}.wav", "7_theo_12.wav", {"label": "7", "speaker": "theo", "index": "12"}),
        ("{label}_{speaker}_{index}.wav", "turn_on_theo_3.wav", {"label": "turn_on", "speaker": "theo", "index": "3"}),
        ("{speaker}/{label}/{take}.flac", "anna/ja nein/01.flac", {"speaker": "anna", "label": "ja nein", "take": "01"}),
        ("{speaker}/*_{label}.wav", "anna/2020_yes.wav", {"speaker": "anna", "label": "yes"}),
        ("{speaker}\\{label}.wav", "anna/yes.wav", {"speaker": "anna", "label": "yes"}),
        ("{label}-{index}.*", '"开"-1.ogg', {"label": '"开"', "index": "1"}),
        ("{label}.(x).wav", "a.(x).wav", {"label": "a"}),
    ],
)
def test_fields_are_read(pattern, path, fields):
    assert parse_pattern(pattern).match(path) == fields


@pytest.mark.parametrize("path", ["7_theo.wav", "7_theo_1.flac", "x/7_theo_1.wav", "7_theo_1.wav.bak", ""])
def test_other_names_do_not_match(path):
    assert parse_pattern("{label}_{speaker}_{index}.wav").match(path) is None


@pytest.mark.parametrize(
    "pattern", ["{speaker}.wav", "{label}_{label}.wav", "{label_{x}.wav", "{}_{label}.wav", "{la bel}.wav", "a}{label}", ""]
)
def test_bad_patterns_are_refused_with_an_example(pattern):
    with pytest.raises(InputError) as caught:
        parse_pattern(pattern)
    assert "{label}" in caught.value.hint


def test_decomposed_letters_are_joined():
    assert parse_pattern("{label}.wav").match("nu\u0308.wav") == {"label": "n\u00fc"}
