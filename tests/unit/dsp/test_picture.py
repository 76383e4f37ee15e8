import struct
import zlib

import numpy as np
import pytest

from studio.core.errors import InputError
from studio.dsp.picture import magma, png_bytes, waveform_picture, write_png


def read_png(data):
    """Read an 8-bit RGB file of unfiltered rows, checking every checksum."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, parts = 8, {}
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0] == zlib.crc32(kind + body)
        parts[kind] = body
        at += 12 + size
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    assert (depth, colour, rest) == (8, 2, [0, 0, 0])
    rows = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(height, 1 + 3 * width)
    assert (rows[:, 0] == 0).all()
    return rows[:, 1:].reshape(height, width, 3)


def test_png_round_trip():
    picture = np.random.default_rng(0).integers(0, 256, (7, 5, 3)).astype(np.uint8)
    np.testing.assert_array_equal(read_png(png_bytes(picture)), picture)


def test_time_runs_right_and_low_bands_lie_at_the_bottom(tmp_path):
    features = np.zeros((4, 3, 1), np.float32)
    features[3, 0] = 1
    write_png(tmp_path / "f.png", features, pixels=2)
    picture = read_png((tmp_path / "f.png").read_bytes())
    assert picture.shape == (6, 8, 3)
    bright = np.argwhere(picture.sum(axis=2) == picture.sum(axis=2).max())
    assert bright.min(axis=0).tolist() == [4, 6]
    assert bright.max(axis=0).tolist() == [5, 7]


def test_features_all_alike_are_no_error(tmp_path):
    write_png(tmp_path / "f.png", np.full((2, 2, 1), -3.0, np.float32))
    assert read_png((tmp_path / "f.png").read_bytes()).max() <= 4


def test_the_waveform_stands_on_top(tmp_path):
    samples = np.float32(np.sin(np.arange(16000) / 50))
    write_png(tmp_path / "f.png", np.zeros((49, 40, 1), np.float32), samples)
    assert read_png((tmp_path / "f.png").read_bytes()).shape == (96 + 320, 392, 3)


def test_a_waveform_column_spans_its_extremes():
    samples = np.float32([0, 0, 1, -1])
    inked = (waveform_picture(samples, 2, rows=10) != 250).any(axis=2)
    assert inked[:, 1].all()
    assert 1 <= inked[:, 0].sum() <= 2


def test_magma_goes_from_black_to_pale_yellow():
    assert magma(np.array([0.0, 1.0])).tolist() == [[0, 0, 4], [252, 253, 191]]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(InputError, match="missing"):
        write_png(tmp_path / "missing" / "f.png", np.zeros((2, 2, 1), np.float32))
