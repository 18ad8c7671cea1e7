"""Every operation about rings."""

from __future__ import annotations

from typing import Final

from webring.web.ringapi import reads

OPERATIONS: Final = (*reads.OPERATIONS,)
