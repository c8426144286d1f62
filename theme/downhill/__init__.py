"""The book's Sphinx extension: what plain Sphinx and the theme do not do.

* :mod:`downhill.mathml`: equations as MathML, written at build time;
* :mod:`downhill.figures`: a light and a dark version of each executed figure;
* :mod:`downhill.course`: reading and run times, the map of the course, the table of
  published numbers;
* :mod:`downhill.notebooks`: each chapter as a notebook that runs anywhere;
* :mod:`downhill.launch`: the buttons that open them;
* :mod:`downhill.pages`: a description for each page, and links from one place.
"""

from typing import Any

from sphinx.application import Sphinx

from downhill import course, figures, launch, mathml, notebooks, pages


def setup(app: Sphinx) -> dict[str, Any]:
    for part in (mathml, figures, course, notebooks, launch, pages):
        part.setup(app)
    return {"parallel_read_safe": False, "parallel_write_safe": False}
