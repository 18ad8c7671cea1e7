"""The state of an instance in numbers, read at the moment when somebody wants them.

Names and meanings are part of `docs/operating.md`, "Watching it".
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from webring import __version__
from webring.errors import SearchError, StorageError
from webring.metrics import BOUNDS, DURATIONS, TALLIES, Durations, Tally
from webring.search.index import SearchIndex
from webring.services import Services
from webring.storage import changes, homeservers, listings, peers, queues

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
"""Prometheus' text format."""


async def exposition(services: Services) -> bytes:
    """Everything there is to know, in Prometheus' text format. It never fails for the database."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    registry.register(_Families([*_counted(), *await _seen(services)]))
    return generate_latest(registry)


def _counted() -> list[Metric]:
    """What this process counted since it began."""
    return [*map(_tally, TALLIES), *map(_durations, DURATIONS)]


def _tally(tally: Tally) -> Metric:
    family = CounterMetricFamily(tally.name, tally.text, labels=tally.labels)
    for labels, count in tally.values.items():
        family.add_metric(labels, count)
    return family


def _durations(durations: Durations) -> Metric:
    family = HistogramMetricFamily(durations.name, durations.text, labels=[durations.label])
    for label, spread in durations.values.items():
        named = zip([*map(str, BOUNDS), "+Inf"], accumulate(spread.classes), strict=True)
        family.add_metric([label], list(named), spread.total)
    return family


async def _seen(services: Services) -> list[Metric]:
    """What is so at this moment."""
    index = services.index
    families = [
        _by("webring_info", "Always 1.", "version", {__version__: 1}),
        _single("webring_index_documents", "Listings that can be found.", _documents(index)),
        _single("webring_index_usable", "Whether searches see all.", not index.needs_rebuild),
        _single("webring_disk_free_bytes", "Room in the data directory.", _free(services)),
    ]
    try:
        stored = await _stored(services)
    except StorageError:
        stored = []
    up = _single("webring_database_up", "Whether the database answers.", bool(stored))
    return [*families, up, *stored]


async def _stored(services: Services) -> list[Metric]:
    """What only the database knows."""
    conn = services.db.reader
    latest = await changes.latest(conn)
    lengths = await queues.lengths(conn, services.clock())
    standings = {str(key): n for key, n in (await listings.by_standing(conn)).items()}
    return [
        _single(
            "webring_index_lag",
            "Changes that searches do not see yet.",
            max(0, latest - services.index.sequence),
        ),
        _by("webring_queue_length", "What is due and waits for its turn.", "queue", lengths),
        _by("webring_listings", "Listings that are shown.", "standing", standings),
        _by("webring_homeservers", "Known ones.", "state", await homeservers.counts(conn)),
        _by("webring_instances", "Known ones.", "state", await peers.counts(conn)),
    ]


def _single(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=float(value))


def _by(name: str, text: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _documents(index: SearchIndex) -> int:
    try:
        return index.documents
    except SearchError:
        return 0


def _free(services: Services) -> int:
    return shutil.disk_usage(services.settings.instance.data_dir).free


class _Families(Collector):
    """Families that are there already, as a registry wants them."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> list[Metric]:
        """All of them."""
        return self._families
