"""One look for every figure of the book.

Colors are from the palette of Okabe and Ito (2008), which stays apart for color-blind
readers and holds a contrast of 3:1 on white and on the book's dark ground. The book
makes a dark version of each figure by exchanging `BLACK`, `GRAY`, `LIGHT` and `WHITE`
for their partners in `DARK_PARTNERS`, so figures use these names and not others.
"""

import matplotlib as mpl

BLUE = "#0072b2"
ORANGE = "#d55e00"
GREEN = "#009e73"
PINK = "#cc79a7"

BLACK = "#1f2328"
GRAY = "#636c76"
LIGHT = "#d1d9e0"
WHITE = "#ffffff"

DARK_PARTNERS = {
    BLACK: "#e6edf3",
    GRAY: "#9198a1",
    LIGHT: "#3d444d",
    WHITE: "#121212",
    BLUE: "#4aa8e0",
    ORANGE: "#f0843c",
    GREEN: "#26b88f",
    PINK: "#d992ba",
}

_STYLE = {
    "figure.figsize": (5.4, 3.4),
    "figure.facecolor": WHITE,
    "figure.constrained_layout.use": True,
    "savefig.facecolor": WHITE,
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.labelsize": 11,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "axes.facecolor": WHITE,
    "axes.edgecolor": GRAY,
    "axes.labelcolor": BLACK,
    "axes.titlecolor": BLACK,
    "text.color": BLACK,
    "xtick.color": GRAY,
    "ytick.color": GRAY,
    "xtick.labelcolor": BLACK,
    "ytick.labelcolor": BLACK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LIGHT,
    "grid.linewidth": 0.6,
    "axes.prop_cycle": mpl.cycler(color=[BLUE, ORANGE, GREEN, PINK, BLACK]),
    "lines.linewidth": 1.8,
    "axes3d.xaxis.panecolor": (1, 1, 1, 0),
    "axes3d.yaxis.panecolor": (1, 1, 1, 0),
    "axes3d.zaxis.panecolor": (1, 1, 1, 0),
    "image.cmap": "cividis",
    "svg.fonttype": "path",
    "svg.hashsalt": "downhill",
}


def use_book_style() -> None:
    """Draw every later figure in the book's style, as SVG and PNG in a notebook.

    The page shows the SVG. Jupyter shows the PNG until a notebook is trusted or run.
    Rasterize dense artists (``rasterized=True``) to keep the SVG small.
    """
    mpl.rcParams.update(_STYLE)
    try:
        from IPython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ModuleNotFoundError:
        return
    if get_ipython() is not None:
        # Without the date the same figure is the same file, run after run.
        set_matplotlib_formats("svg", "png", metadata={"Date": None})
