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
