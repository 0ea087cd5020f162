"""The node as a function: a config, inputs, and an attempt that takes notes."""

import asyncio

import pytest
from flowforge_word_count.word_count import Config, Inputs, word_count

from flowforge_lab.errors import NodeError
from flowforge_lab.testing import a_real_attempt


def count(folder, text, **config):
    attempt = a_real_attempt(folder)

    async def call():
        try:
            return await word_count.run(Config(**config), Inputs(text=text), attempt)
        finally:
            await attempt.clients.close()

    return asyncio.run(call()), attempt


def test_words_are_counted_without_regard_to_case(tmp_path):
    outputs, attempt = count(tmp_path, "To be, or not to be: to!", top=2)

    assert outputs.words == 7
    assert outputs.frequent == ["to", "be"]
    assert attempt.lines[0].message == "7 words"


def test_short_words_are_left_out(tmp_path):
    outputs, _ = count(tmp_path, "To be, or not to be", shortest=3)

    assert outputs.frequent == ["not"]


def test_a_text_without_words_is_an_error_that_another_attempt_cannot_mend(tmp_path):
    with pytest.raises(NodeError, match="no word") as caught:
        count(tmp_path, "?!")

    assert not caught.value.is_transient
