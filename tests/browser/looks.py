"""How screens look, compared with how they looked: tolerant of fonts, times and ids, not of what moved or went.

A reference is a grey picture of 64 times 36 points, a few hundred bytes in `looks.json`. What was seen is kept in
full under `build/screens`, which git ignores. `FLOWFORGE_LOOKS=write` takes what is seen now for the reference:
look at the pictures first.
"""

import base64
import io
import json
import os
import zlib
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

SIZE = (64, 36)
MAX_MEAN = 2.5
"""How far the points may be apart on average, of 255."""
MAX_FAR = 0.1
"""How much of the picture may be further apart than `FAR`."""
FAR = 8
_REFERENCES = Path(__file__).with_name("looks.json")
_SEEN = Path(__file__).parents[2] / "build" / "screens"


def look(page: Page, name: str) -> None:
    """Keep how the page looks, and fail if it looks otherwise than it did."""
    picture = page.screenshot(animations="disabled", caret="hide")
    _SEEN.mkdir(parents=True, exist_ok=True)
    (_SEEN / f"{name}.png").write_bytes(picture)
    seen = points_of(picture)
    if os.environ.get("FLOWFORGE_LOOKS") == "write":
        _write(name, seen)
    mean, far = distance(seen, reference(name))
    told = f"{name} looks otherwise: {mean:.1f} apart on average, {far:.1%} far; see {_SEEN}/{name}.png"
    assert mean <= MAX_MEAN, told
    assert far <= MAX_FAR, told


def points_of(picture: bytes) -> bytes:
    """Return a picture as few grey points."""
    with Image.open(io.BytesIO(picture)) as image:
        return image.convert("L").resize(SIZE, Image.Resampling.BOX).tobytes()


def distance(one: bytes, other: bytes) -> tuple[float, float]:
    """Return how far two pictures are apart on average, and which part of them is far apart."""
    apart = [abs(a - b) for a, b in zip(one, other, strict=True)]
    return sum(apart) / len(apart), sum(each > FAR for each in apart) / len(apart)


def reference(name: str) -> bytes:
    """Return the points of a screen as it should look."""
    known = json.loads(_REFERENCES.read_text(encoding="utf-8"))
    assert name in known, (
        f"nobody knows how {name} should look: write it with FLOWFORGE_LOOKS=write"
    )
    return zlib.decompress(base64.b85decode(known[name]))


def _write(name: str, points: bytes) -> None:
    known = json.loads(_REFERENCES.read_text(encoding="utf-8")) if _REFERENCES.exists() else {}
    known[name] = base64.b85encode(zlib.compress(points, 9)).decode()
    text = json.dumps(known, indent=0, sort_keys=True)
    _REFERENCES.write_text(f"{text}\n", encoding="utf-8")
