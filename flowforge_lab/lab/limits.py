"""What the settings of a lab allow its parts."""

from typing import Any

from flowforge_lab.clients import HttpPolicy, NotebookLimits
from flowforge_lab.engine import Limits
from flowforge_lab.expressions import Limits as ExpressionLimits
from flowforge_lab.settings import Settings
from flowforge_lab.store import HousekeepingPlan

from .rates import Rates

_DAY_SECONDS = 86_400.0


def expression_limits(settings: Settings) -> ExpressionLimits:
    """Return what an expression may use."""
    return ExpressionLimits(
        max_seconds=settings.expression_seconds,
        max_memory_bytes=settings.expression_memory_bytes,
    )


def engine_limits(settings: Settings, rates: Rates) -> Limits:
    """Return what executions may use, one and all."""
    return Limits(
        inline_bytes=settings.inline_bytes,
        max_payload_bytes=settings.max_payload_bytes,
        max_log_bytes=settings.max_log_bytes,
        max_visits=settings.max_visits,
        max_running=settings.max_running,
        max_journal_bytes=settings.max_journal_bytes,
        kind_rates=rates.kinds,
    )


def http_policy(settings: Settings, rates: Rates) -> HttpPolicy:
    """Return whom requests may reach, and how often."""
    return HttpPolicy(
        private_addresses="always" if settings.private_addresses_allowed else "by_request",
        breaker_failures=settings.breaker_failures,
        breaker_seconds=settings.breaker_seconds,
        breaker_window=settings.breaker_window,
        host_rates=rates.hosts,
        proxy=settings.http_proxy,
    )


def notebook_limits(settings: Settings) -> NotebookLimits:
    """Return how much notebooks may take, and what is kept ready for them."""
    memory = settings.notebook_memory_bytes
    return NotebookLimits(
        warm=settings.warm_kernels,
        preload=tuple(settings.warm_kernel_imports.split()),
        at_once=settings.notebooks_at_once,
        max_memory_bytes=None if memory is None else int(memory),
        max_kept=settings.kept_kernels,
        browser=settings.pdf_browser,
    )


def client_limits(settings: Settings, rates: Rates) -> dict[str, Any]:
    """Return what `Clients` are told of limits."""
    return {
        "http": http_policy(settings, rates),
        "warm_workers": settings.warm_workers,
        "notebook_limits": notebook_limits(settings),
    }


def housekeeping_plan(settings: Settings) -> HousekeepingPlan:
    """Return how much is kept, how long, and when it is sealed."""
    return HousekeepingPlan(
        seal_rows=settings.segment_rows,
        seal_idle=settings.idle_seal_seconds,
        retention=(settings.retention_days or 0.0) * _DAY_SECONDS,
        retention_bytes=int(settings.retention_bytes or 0),
    )
