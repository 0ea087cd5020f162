"""Times, lengths, sizes and statuses in the words people read."""

from datetime import UTC, datetime

from flowforge_lab.clock import SystemClock

GLYPHS = {
    "succeeded": ("✓", "green"),
    "failed": ("✗", "red"),
    "handled": ("!", "yellow"),
    "cancelled": ("■", "yellow"),
    "retrying": ("↻", "yellow"),
    "parked": ("…", "cyan"),
    "waiting": ("…", "cyan"),
    "paused": ("‖", "cyan"),
    "running": ("●", "blue"),
    "queued": ("○", "dim"),
    "ok": ("✓", "green"),
    "warning": ("!", "yellow"),
    "error": ("✗", "red"),
}
_MINUTE = 60
_HOUR = 3600
_DAY = 86400


def seconds(length: float) -> str:
    """Return a length of time as short text: `12 ms`, `3.4 s`, `2 m 05 s`, `3 h 12 m`, `4 d 02 h`."""
    if length < 1:
        return f"{length * 1000:.0f} ms"
    if length < _MINUTE:
        return f"{length:.1f} s"
    for unit, whole, part, name in (
        (_HOUR, _MINUTE, 1, ("m", "s")),
        (_DAY, _HOUR, _MINUTE, ("h", "m")),
        (float("inf"), _DAY, _HOUR, ("d", "h")),
    ):
        if length < unit:
            return f"{int(length // whole)} {name[0]} {int(length % whole // part):02d} {name[1]}"
    return ""


def now_us() -> int:
    """Return the present moment in microseconds, UTC."""
    return int(SystemClock().now().timestamp() * 1e6)


def local(at: int | None) -> str:
    """Return a moment (microseconds, UTC) in the time of this machine; empty for none."""
    if at is None:
        return ""
    return f"{datetime.fromtimestamp(at / 1e6, UTC).astimezone():%Y-%m-%d %H:%M:%S}"


def iso(at: int | None) -> str | None:
    """Return a moment (microseconds, UTC) as ISO text in UTC; `None` for none."""
    return None if at is None else datetime.fromtimestamp(at / 1e6, UTC).isoformat()


def one_line(text: str, limit: int = 160) -> str:
    """Return the text on one line, cut with an ellipsis where it is longer than `limit`."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
