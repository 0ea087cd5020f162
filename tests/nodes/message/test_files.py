"""A document, a photo, a video: uploaded, by address, by Telegram's id."""

import base64

import pytest
from pydantic import ValidationError

from flowforge_lab.errors import NodeError

PICTURE = base64.b64decode(  # one black dot
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)


@pytest.fixture(params=["document", "photo", "video"])
def what(request):
    return request.param


@pytest.fixture
def send(talk, what):
    return lambda config: talk(f"message.{what}", config)


@pytest.fixture
def file_of(what):
    def find(message):
        found = message[what]
        return found[-1] if isinstance(found, list) else found

    return find


def test_a_file_of_the_workflow_is_uploaded(send, file_of, anna, tmp_path):
    (tmp_path / "file.bin").write_bytes(PICTURE)
    sent = send({"path": "file.bin", "html": "<i>See</i>"})

    seen = anna.sees()
    assert file_of(seen)["file_size"] == len(PICTURE)
    assert file_of(seen)["file_id"] == sent.file_id
    assert (seen["caption"], seen["caption_entities"][0]["type"]) == ("See", "italic")


def test_the_same_file_is_sent_again_by_its_id(send, file_of, anna):
    first = send({"content": PICTURE, "name": "a.bin"})
    again = send({"file_id": first.file_id})

    anna.sees()
    assert file_of(anna.sees())["file_id"] == again.file_id == first.file_id


def test_telegram_fetches_an_address(send, file_of, anna):
    send({"url": "https://example.org/a.bin", "buttons": [[{"text": "Ok"}]]})

    seen = anna.sees()
    assert file_of(seen)["file_id"]
    assert seen["reply_markup"]["inline_keyboard"][0][0]["text"] == "Ok"


def test_a_long_caption_goes_on_as_text(send, anna):
    sent = send({"content": PICTURE, "text": "word " * 400})

    first, second = (anna.sees() for _ in sent.message_ids)
    assert len(first["caption"]) <= 1024
    assert (first["caption"] + " " + second["text"]).split() == ["word"] * 400


def test_a_file_that_a_step_kept_may_be_named_by_its_path(talk, send, file_of, anna):
    send({"content": "GIF89a"})
    kept = talk.attempt.artifacts.parent / "plot.png"
    kept.parent.mkdir(exist_ok=True)
    kept.write_bytes(PICTURE)

    send({"path": str(kept)})

    anna.sees()
    assert file_of(anna.sees())["file_size"] == len(PICTURE)


@pytest.mark.parametrize(
    ("config", "type"),
    [
        ({"path": "../secret"}, "file.outside"),
        ({"path": "missing.bin"}, "file.not_found"),
        ({"content": 5}, "telegram.no_file"),
        ({"file_id": "nothing"}, "telegram.bad_request"),
        ({"content": b""}, "telegram.bad_request"),
        ({"content": b"x" * 50_000_001}, "telegram.too_large"),
    ],
)
def test_what_cannot_be_sent_is_told(send, tmp_path, config, type):
    (tmp_path.parent / "secret").write_text("x")
    with pytest.raises(NodeError) as caught:
        send(config)

    assert caught.value.type == type


@pytest.mark.parametrize("config", [{}, {"path": "a", "url": "https://b.c/d"}])
def test_it_names_one_file(send, config):
    with pytest.raises(ValidationError, match="one of path"):
        send(config)
