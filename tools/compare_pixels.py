"""Compare pictures and videos of two executions by what they show."""

import io
import subprocess
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

# In levels of 255; the compression of a video adds noise.
PICTURE_TOLERANCE = 4
VIDEO_TOLERANCE = 32


def compare_sizes(old: bytes, new: bytes) -> Iterator[str]:
    """Compare the sizes of two pictures; rounding may add a pixel."""
    sizes = [_pixels(data).shape for data in (old, new)]
    if np.abs(np.subtract(*sizes)).max() > 1:
        yield f"{_by(sizes[1])} pixels instead of {_by(sizes[0])}"


def compare_pictures(old: bytes, new: bytes) -> Iterator[str]:
    """Compare two PNG or JPEG files."""
    return _compare_pixels(_pixels(old), _pixels(new), PICTURE_TOLERANCE)


def compare_videos(old: bytes, new: bytes) -> Iterator[str]:
    """Compare two MP4 files, frame by frame."""
    (before, rate), (after, new_rate) = _frames(old), _frames(new)
    if rate != new_rate:
        yield f"{float(new_rate):g} frames a second instead of {float(rate):g}"
    if len(before) != len(after):
        yield f"{len(after)} frames instead of {len(before)}"
        return
    for number, frames in enumerate(zip(before, after, strict=True), start=1):
        if messages := list(_compare_pixels(*frames, VIDEO_TOLERANCE)):
            yield f"frame {number}: {messages[0]}"
            return


def _pixels(data: bytes) -> np.ndarray:
    """The picture's levels, from 0 to 255, of shape (height, width, 4)."""
    from PIL import Image

    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGBA"))


def _compare_pixels(old: np.ndarray, new: np.ndarray, tolerance: int) -> Iterator[str]:
    """Compare levels of shape (height, width, channels); a pixel may have moved by one.

    A marker is drawn at a whole pixel, and a last digit can decide which.
    """
    if old.shape != new.shape:
        yield f"{_by(new.shape)} pixels instead of {_by(old.shape)}"
        return
    if np.array_equal(old, new):
        return
    wrong = _strays(old, new, tolerance) | _strays(new, old, tolerance)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        yield (
            f"{wrong.sum()} of {wrong.size} pixels differ, the first in row {row}, "
            f"column {column}"
        )


def _strays(old: np.ndarray, new: np.ndarray, tolerance: int) -> np.ndarray:
    """Where a level of `new` lies outside those of `old` in the pixels around it."""
    height, width = old.shape[:2]
    padded = np.pad(old.astype(np.int16), ((1, 1), (1, 1), (0, 0)), mode="edge")
    around = [padded[i : i + height, j : j + width] for i in range(3) for j in range(3)]
    low, high = np.min(around, axis=0) - tolerance, np.max(around, axis=0) + tolerance
    return ((new < low) | (new > high)).any(axis=2)


def _by(shape: tuple[int, ...]) -> str:
    return f"{shape[1]} × {shape[0]}"


def _frames(video: bytes) -> tuple[np.ndarray, Fraction]:
    """The video's frames, of shape (frames, height, width, 3), and their rate.

    Needs imageio-ffmpeg, without which `helpers.animate` makes no video.
    """
    import imageio_ffmpeg

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "video.mp4")
        path.write_bytes(video)
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path)]
        command += ["-pix_fmt", "yuv444p", "-f", "yuv4mpegpipe", "-"]
        stream = subprocess.run(command, capture_output=True, check=True).stdout
    # A line of facts, such as "W540 H412 F15:1", then each frame after a line "FRAME".
    header, _, rest = stream.partition(b"\n")
    facts = {word[:1]: word[1:] for word in header.decode().split()}
    shape = 3, int(facts["H"]), int(facts["W"])
    marker = len(b"FRAME\n")
    rows = np.frombuffer(rest, np.uint8).reshape(-1, marker + np.prod(shape))
    frames = rows[:, marker:].reshape(-1, *shape).transpose(0, 2, 3, 1)
    return frames, Fraction(facts["F"].replace(":", "/"))
