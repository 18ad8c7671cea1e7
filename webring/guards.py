"""Tripwires between floors: a promise that one floor makes and another can check."""

from __future__ import annotations

from contextvars import ContextVar

holding_transaction: ContextVar[bool] = ContextVar("holding_transaction", default=False)
"""True while this task holds a database transaction. The one door out refuses to open then: a
transaction that awaits the network stops every other writer for as long as a stranger likes."""
