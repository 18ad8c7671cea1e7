"""Text from strangers: shown harmlessly, cut, folded for comparing, and read for topic markers.

Text is stored as it came; these functions stand at every exit. All are pure, and none raises on
text.
"""

from webring.text.globs import Globs
from webring.text.markers import Markers, read_markers, without_markers
from webring.text.phrases import Phrases
from webring.text.servers import shown_server
from webring.text.shown import cut, line, shown, terminal
from webring.text.slugs import slugify
from webring.text.words import fold, is_spaced, squash, words

__all__ = [
    "Globs",
    "Markers",
    "Phrases",
    "cut",
    "fold",
    "is_spaced",
    "line",
    "read_markers",
    "shown",
    "shown_server",
    "slugify",
    "squash",
    "terminal",
    "without_markers",
    "words",
]
