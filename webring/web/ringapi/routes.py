"""Every operation about rings."""

from __future__ import annotations

from typing import Final

from webring.web.ringapi import (
    chains,
    communities,
    deciding,
    founding,
    importing,
    reads,
    standing,
)

OPERATIONS: Final = (
    *reads.OPERATIONS,
    *standing.OPERATIONS,
    *communities.OPERATIONS,
    *deciding.OPERATIONS,
    *founding.OPERATIONS,
    *importing.OPERATIONS,
    *chains.OPERATIONS,
)
