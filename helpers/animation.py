"""Small H.264 videos of things that move, shown with controls and a still poster."""

import base64
import html
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.animation import FFMpegWriter
from matplotlib.figure import Figure

_CONTROLS_PX = 72  # an empty strip below the picture, for the player's controls


@dataclass(frozen=True)
class Video:
    """An MP4 video and the PNG of its first frame; displays as an HTML player."""

    mp4: bytes
    poster: bytes
    label: str
    width: int
    height: int

    def _repr_html_(self) -> str:
        return (
            f'<video controls loop muted playsinline preload="none" '
            f'width="{self.width}" height="{self.height}" '
            f'style="max-width: 100%; height: auto" '
            f'aria-label="{html.escape(self.label)}" '
            f'poster="data:image/png;base64,{_base64(self.poster)}" '
            f'src="data:video/mp4;base64,{_base64(self.mp4)}"></video>'
        )

    def __repr__(self) -> str:
        return f"<video: {self.label}>"


def animate(
    figure: Figure,
    draw: Callable[[Any], object],
    frames: Sequence[Any],
    *,
    label: str,
    frames_per_second: int = 15,
) -> Video | Figure:
    """Call ``draw(frame)`` for each frame and collect the pictures of `figure`.

    Parameters
    ----------
    figure
        The figure to film. It is closed afterwards, so that it is not shown twice.
    draw
        Updates the artists of `figure` for one element of `frames`.
    frames
        What `draw` is called with, in order; at least one.
    label
        What is to be seen, for readers who do not see it.
    frames_per_second
        Speed of the film.

    Returns
    -------
    Video or matplotlib.figure.Figure
        The video; or, where no ffmpeg can be found, the figure at its last frame,
        after a line that says what to install.

    Raises
    ------
    ValueError
        If `frames` is empty or `label` is blank.
    """
    if len(frames) == 0:
        raise ValueError("an animation needs at least one frame")
    if not label.strip():
        raise ValueError("an animation needs a label that says what is to be seen")
    ffmpeg = _find_ffmpeg()
    if ffmpeg is None:
        draw(frames[-1])
        plt.close(figure)
        print(
            "No ffmpeg found, so this shows the last frame only. "
            "To see it move: pip install imageio-ffmpeg, then run the cell again."
        )
        return figure
    video = _film(figure, draw, frames, label, frames_per_second, ffmpeg)
    plt.close(figure)
    return video


def _film(
    figure: Figure,
    draw: Callable[[Any], object],
    frames: Sequence[Any],
    label: str,
    frames_per_second: int,
    ffmpeg: str,
) -> Video:
    # H.264 wants an even number of pixels.
    width, height = (2 * round(side * 50) for side in figure.get_size_inches())
    height += _CONTROLS_PX
    figure.set_size_inches(width / 100, height / 100)
    bottom = _CONTROLS_PX / height
    if (layout := figure.get_layout_engine()) is not None:
        layout.set(rect=(0, bottom, 1, 1 - bottom))
    # One thread and "bitexact" make the same frames the same file.
    options = {
        "-crf": "30",
        "-preset": "slow",
        "-pix_fmt": "yuv420p",
        "-threads": "1",
        "-movflags": "+faststart",
        "-fflags": "+bitexact",
        "-flags:v": "+bitexact",
    }
    writer = FFMpegWriter(
        fps=frames_per_second,
        codec="libx264",
        extra_args=[word for option in options.items() for word in option],
    )
    with tempfile.TemporaryDirectory() as folder:
        poster, mp4 = Path(folder, "poster.png"), Path(folder, "video.mp4")
        draw(frames[0])
        figure.savefig(poster, dpi=100, metadata={"Software": None})
        with (
            mpl.rc_context({"animation.ffmpeg_path": ffmpeg}),
            writer.saving(figure, str(mp4), dpi=100),
        ):
            for frame in frames:
                draw(frame)
                writer.grab_frame()
        return Video(mp4.read_bytes(), poster.read_bytes(), label, width, height)


def _find_ffmpeg() -> str | None:
    try:
        import imageio_ffmpeg

        return imageio_ffmpeg.get_ffmpeg_exe()
    except (ModuleNotFoundError, RuntimeError):
        return shutil.which("ffmpeg")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
