"""Make the sample "keywords": short spoken words from espeak-ng, unknown words and synthetic background sounds.

    python resources/samples/make_keywords.py [FOLDER]

Needs espeak-ng on the path; the clips it made are committed, so only a change of the sample needs it again. The same
espeak-ng makes the same samples, since every choice is drawn from SEED. Train, validation and test share no voice variant.
"""

import csv
import hashlib
import io
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import soxr

RATE = 16000
SEED = 20260
TAKES = 2
UNKNOWN_TAKES = 3
WORDS = ("yes", "no", "up", "down", "left", "right", "stop", "go")
UNKNOWN_WORDS = (
    "cat dog bird house tree seven three nine eight happy wow bed marvin sheila zero four five six one two lamp water music "
    "table green yellow blue hello thanks please maybe never again window kitchen open close play pause volume lift lend yet yell "
    "note low toe cup cut gown town loud let rest light rice ride stock step spot goat gold coat"
)
VOICES = {
    "train": (
        "en-gb+m1 en-us+m2 en-gb-scotland+m3 en-029+m4 en-us+m6 en-gb-x-rp+m7 en-us+f1 en-gb+f2 en-gb-scotland+f5 en-029+f1 "
        "en-gb-x-gbclan+m1 en-us-nyc+m3 en-gb-x-gbcwmd+f2 en-us+klatt en-gb+klatt2 en-us+Alex en-gb+Andy "
        "en-gb-x-rp+aunty en-us+boris en-gb-scotland+max en-029+Michael en-us-nyc+Alicia en-gb+victor en-us+iven en-gb-x-gbclan+linda"
    ),
    "validation": "en-us+m8 en-gb+f3 en-gb-scotland+Denis en-us-nyc+Andrea",
    "test": "en-us+m5 en-gb+f4 en-029+david en-us+Annie en-gb-x-rp+grandpa en-gb-scotland+steph en-gb-x-gbclan+Mike en-us-nyc+anika",
}
BACKGROUNDS_PER_VOICE = 2
SENTENCES = (
    "the weather was fine and they walked along the river for an hour",
    "nobody had told them where the old station used to be",
    "put the blue cups on the shelf behind the kitchen door",
    "she reads the paper every morning while the coffee gets cold",
    "many small boats were lying in the harbour that evening",
)


class Clip(NamedTuple):
    """A clip to be written: its label, voice or noise source, number, split and samples in [-1, 1)."""

    label: str
    speaker: str
    number: int
    split: str
    samples: np.ndarray


def speak(text: str, voice: str, speed: int, pitch: int) -> np.ndarray:
    """Return espeak-ng's voice at RATE, without the silence around it."""
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", text]
    wav = subprocess.run(command, check=True, capture_output=True).stdout
    samples, rate = soundfile.read(io.BytesIO(wav), dtype="float32")
    samples = soxr.resample(samples, rate, RATE, quality="HQ")
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
    return samples[max(0, loud[0] - 160) : loud[-1] + 320]


def word_clip(text: str, voice: str, rng: np.random.Generator) -> np.ndarray:
    """Say a word at a random speed, pitch and intonation near the middle of a second of silence."""
    speed, pitch = int(rng.integers(125, 200)), int(rng.integers(30, 71))
    word = speak(text + rng.choice(["", "", "!", "?"]), voice, speed, pitch)
    while word.size > 0.92 * RATE:
        speed += 25
        word = speak(text, voice, speed, pitch)
    fade(word)
    clip = np.zeros(RATE, np.float32)
    room = RATE - word.size
    start = int(np.clip(room // 2 + rng.integers(-1280, 1281), 0, room))
    clip[start : start + word.size] = word
    return to_level(clip, rng.uniform(-30, -24), clip[start : start + word.size])


def fade(samples: np.ndarray, length: int = 80) -> None:
    """Fade both ends in place, so that a cut makes no click."""
    ramp = np.linspace(0, 1, length, dtype=np.float32)
    samples[:length] *= ramp
    samples[-length:] *= ramp[::-1]


def to_level(samples: np.ndarray, level_db: float, active: np.ndarray | None = None) -> np.ndarray:
    """Scale to an RMS in dB of full scale, measured on the active part, with peaks kept below 0.7."""
    part = samples if active is None else active
    gain = 10 ** (level_db / 20) / np.sqrt(np.mean(part**2))
    return samples * min(gain, 0.7 / np.abs(samples).max())


def coloured_noise(exponent: float, rng: np.random.Generator) -> np.ndarray:
    """Return a second of noise whose power falls with frequency to the exponent (1 pink, 2 brown)."""
    spectrum = np.fft.rfft(rng.standard_normal(RATE))
    frequency = np.maximum(np.fft.rfftfreq(RATE, 1 / RATE), 40.0)
    return np.fft.irfft(spectrum / frequency ** (exponent / 2), RATE).astype(np.float32)


def hum(rng: np.random.Generator) -> np.ndarray:
    """Return mains hum: 50 or 60 Hz with falling harmonics over faint noise."""
    time = np.arange(RATE) / RATE
    mains = rng.choice([50.0, 60.0]) * rng.uniform(0.995, 1.005)
    tones = sum(rng.uniform(0.3, 1) / k * np.sin(2 * np.pi * (mains * k * time + rng.uniform())) for k in range(1, 12))
    return (tones + 0.2 * coloured_noise(1, rng) / coloured_noise(1, rng).std()).astype(np.float32)


def clicks(rng: np.random.Generator) -> np.ndarray:
    """Return a few short decaying knocks over faint noise, like a keyboard or dishes."""
    clip = 0.01 * coloured_noise(1, rng) / coloured_noise(1, rng).std()
    for start in rng.integers(0, RATE - 1600, rng.integers(2, 8)):
        time = np.arange(1600) / RATE
        ring = np.exp(-time * rng.uniform(60, 400)) * np.sin(2 * np.pi * rng.uniform(600, 5000) * time)
        clip[start : start + 1600] += rng.uniform(0.3, 1) * (ring + 0.3 * rng.standard_normal(1600) * np.exp(-time * 500))
    return clip.astype(np.float32)


def babble(voices: list[str], rng: np.random.Generator) -> np.ndarray:
    """Return a second from the midst of five voices that talk at once."""
    clip = np.zeros(RATE, np.float32)
    for voice in rng.choice(voices, 5):
        speech = speak(str(rng.choice(SENTENCES)), str(voice), int(rng.integers(140, 190)), int(rng.integers(30, 71)))
        start = int(rng.integers(0, speech.size - RATE))
        clip += speech[start : start + RATE] * rng.uniform(0.5, 1)
    return clip


def background_clip(kind: str, voices: list[str], rng: np.random.Generator) -> np.ndarray:
    """Make one background sound of this kind at a low level."""
    makers = {
        "hum": lambda: hum(rng),
        "pink": lambda: coloured_noise(1, rng),
        "fan": lambda: coloured_noise(rng.uniform(1.5, 2.5), rng),
        "clicks": lambda: clicks(rng),
        "babble": lambda: babble(voices, rng),
    }
    return to_level(makers[kind](), rng.uniform(-56, -40))


def rng_for(*key: object) -> np.random.Generator:
    """Return a generator seeded by SEED and the key, so that one changed clip leaves the others as they are."""
    digest = hashlib.sha256(repr((SEED, *key)).encode()).digest()
    return np.random.default_rng(list(digest))


def voice_clips(split: str, voice: str) -> Iterator[Clip]:
    """Yield all words of a voice, and its share of unknown words."""
    speaker = voice.replace("+", "-").lower()
    for word in WORDS:
        for take in range(TAKES):
            yield Clip(word, speaker, take, split, word_clip(word, voice, rng_for(voice, word, take)))
    chosen = rng_for(voice, "unknown").choice(UNKNOWN_WORDS.split(), UNKNOWN_TAKES, replace=False)
    for take, word in enumerate(chosen):
        yield Clip("unknown", speaker, take, split, word_clip(str(word), voice, rng_for(voice, word, take)))


def background_clips(split: str) -> Iterator[Clip]:
    """Yield the background sounds of a split; its babble uses only its own voices."""
    kinds = ("hum", "pink", "fan", "clicks", "babble")
    voices = VOICES[split].split()
    for number in range(len(voices) * BACKGROUNDS_PER_VOICE):
        kind = kinds[number % len(kinds)]
        samples = background_clip(kind, voices, rng_for(split, "background", number))
        yield Clip("background", f"{kind}-{split}", number // len(kinds), split, samples)


def all_clips() -> Iterator[Clip]:
    """Yield every clip of the sample."""
    for split, voices in VOICES.items():
        for voice in voices.split():
            yield from voice_clips(split, voice)
        yield from background_clips(split)


def write_clip(clip: Clip, data: Path) -> tuple[dict[str, object], dict[str, object]]:
    """Write the FLAC and return its rows for recordings.csv and segments.csv."""
    path = data / "recordings" / clip.label / f"{clip.speaker}_{clip.number}.flac"
    path.parent.mkdir(parents=True, exist_ok=True)
    pcm = np.clip(np.round(clip.samples * 32768), -32768, 32767).astype(np.int16)
    soundfile.write(path, pcm, RATE, subtype="PCM_16", compression_level=1.0)
    name = path.relative_to(data / "recordings").as_posix()
    id = name.removesuffix(".flac")
    recording = {
        "id": id,
        "path": name,
        "reference": "false",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "rate": RATE,
        "frames": RATE,
        "channels": 1,
        "speaker": clip.speaker,
        "device": "espeak-ng" if clip.label != "background" else "synthetic",
        "group": clip.speaker,
        "source": "synthetic",
    }
    segment = {"recording": id, "track": "label", "start": 0, "end": RATE, "label": clip.label, "split": clip.split, "note": ""}
    return recording, segment


def write_table(path: Path, rows: list[dict[str, object]]) -> None:
    """Write rows as CSV, sorted."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda r: tuple(str(v) for v in r.values())))


def main() -> None:
    """Write the clips and their two tables."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "keywords"
    data = folder / "data"
    shutil.rmtree(data / "recordings", ignore_errors=True)
    rows = [write_clip(clip, data) for clip in all_clips()]
    write_table(data / "recordings.csv", [r for r, _ in rows])
    write_table(data / "segments.csv", [s for _, s in rows])
    size = sum(f.stat().st_size for f in data.rglob("*.flac"))
    print(f"{len(rows)} clips, {size / 1e6:.2f} MB in {data}")


if __name__ == "__main__":
    main()
