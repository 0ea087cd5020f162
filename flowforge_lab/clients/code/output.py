"""Output as lines: cut where they are too long, counted where they are too many."""

from collections.abc import Callable

_MAX_LINE_BYTES = 4_000
_PIECE_BYTES = 65_536


class Allowance:
    """How much output is still taken, by all streams of one call together; the rest is counted."""

    def __init__(self, max_bytes: int) -> None:
        self._left = max_bytes
        self.dropped_bytes = 0

    @property
    def is_spent(self) -> bool:
        """Whether nothing more is taken."""
        return self._left == 0

    def take(self, size: int) -> bool:
        """Return whether that many bytes are still taken."""
        if self._left >= size:
            self._left -= size
            return True
        self._left = 0
        self.dropped_bytes += size
        return False


class Lines:
    """Turns pieces of output into lines and gives on those that are still allowed."""

    def __init__(self, allowance: Allowance, emit: Callable[[str], None]) -> None:
        self._allowance = allowance
        self._emit = emit
        self._begun = b""
        self._skipped = 0

    def feed(self, piece: bytes) -> None:
        """Take the next piece; whole lines go out at once."""
        for start in range(0, len(piece), _PIECE_BYTES):
            if self._allowance.is_spent:
                self._allowance.take(len(piece) - start)
                return
            self._split(piece[start : start + _PIECE_BYTES])

    def _split(self, piece: bytes) -> None:
        *whole, rest = piece.split(b"\n")
        for line in whole:
            self._add(line)
            self.flush()
        self._add(rest)

    def flush(self) -> None:
        """Give on a line that has no end yet."""
        line, skipped = self._begun, self._skipped
        self._begun, self._skipped = b"", 0
        self._allowance.dropped_bytes += skipped
        if (line.strip() or skipped) and self._allowance.take(len(line) + 1):
            cut = f" … and {skipped:,} bytes more" if skipped else ""
            self._emit(line.decode("utf-8", errors="replace").rstrip("\r") + cut)

    def _add(self, part: bytes) -> None:
        room = _MAX_LINE_BYTES - len(self._begun)
        self._begun += part[:room]
        self._skipped += max(len(part) - room, 0)
