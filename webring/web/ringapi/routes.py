"""Every operation about rings."""

from __future__ import annotations

from typing import Final

from webring.web.ringapi import communities, deciding, founding, reads, standing

OPERATIONS: Final = (
    *reads.OPERATIONS,
    *standing.OPERATIONS,
    *communities.OPERATIONS,
    *deciding.OPERATIONS,
    *founding.OPERATIONS,
)
