"""`otolith features`: what the front end makes of a clip."""

import argparse
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """Add the command."""
    from studio.cli.app import command

    made = command(
        commands,
        "features",
        "compute the log-mel features of a clip, and draw them",
        """
otolith features yes.wav
otolith features yes.wav --png yes.png
otolith features yes.wav --project words --json""",
    )
    made.add_argument("clip", metavar="CLIP", help="a WAV or FLAC file")
    made.add_argument("--project", metavar="DIR", help="use this project's front end (default: 16 kHz, 40 mels, the clip's length)")
    made.add_argument("--png", metavar="FILE", help="write waveform and features as a picture")
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Compute, and print a summary or all values."""
    import msgspec

    from studio.cli.terminal import print_json
    from studio.core.frontend import FrontEnd
    from studio.data.audio import fit, read_clip, resample
    from studio.dsp.log_mel import features
    from studio.storage.folder import ProjectFolder

    clip = read_clip(Path(args.clip))
    if args.project:
        fe = ProjectFolder.open(Path(args.project)).project.frontend
        samples = fit(resample(clip.samples, clip.rate, fe.sample_rate), fe.clip_samples)
    else:
        fe = FrontEnd(normalisation="none")
        samples = resample(clip.samples, clip.rate, fe.sample_rate)
        length = min(max(len(samples), fe.window), 60 * fe.sample_rate)
        fe = msgspec.structs.replace(fe, clip_samples=length)
        samples = fit(samples, length)
    values = features(fe, samples)
    if args.png:
        from studio.dsp.picture import write_png

        write_png(Path(args.png), values, samples)
    if args.json:
        result = {"clip": args.clip, "frontend": fe, "shape": list(values.shape), "features": values[..., 0].round(4).tolist()}
        print_json({**result, "png": args.png} if args.png else result)
        return 0
    unit = "dB" if fe.normalisation == "none" else "normalised"
    print(f"{args.clip}: {len(samples) / fe.sample_rate:.3g} s at {fe.sample_rate} Hz -> {fe.frames} frames x {fe.mels} mels")
    print(f"lowest {values.min():.2f}, mean {values.mean():.2f}, highest {values.max():.2f} ({unit})")
    if args.png:
        print(f"picture: {args.png}")
    return 0
