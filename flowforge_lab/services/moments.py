"""Moments as the store counts them."""

from datetime import UTC, datetime


def microseconds(moment: datetime) -> int:
    """Return a moment as whole microseconds since 1970, UTC."""
    return int(moment.timestamp() * 1e6)


def moment(at: int) -> datetime:
    """Return the moment that is `at` microseconds after 1970, in UTC."""
    return datetime.fromtimestamp(at / 1e6, UTC)
