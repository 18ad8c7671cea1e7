"""All addresses of rings; those that name a member come last, since any word may stand there."""

from __future__ import annotations

from typing import Final

from webring.web.rings import builder, exports, history, joining, member, pages, site_words

ROUTES: Final = (
    *pages.ROUTES,
    *exports.ROUTES,
    *history.ROUTES,
    *joining.ROUTES,
    *builder.ROUTES,
    *site_words.ROUTES,
    *member.ROUTES,
)
