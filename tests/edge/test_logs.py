"""Logs for machines and for terminals, and no secrets in either."""

import io
import json

import pytest

from tocsin.edge.logs import logger


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_machine_gets_one_json_object_a_line() -> None:
    stream = io.StringIO()
    logger(stream, ()).bind(chain="mainnet").info("done", block=7)

    event = json.loads(stream.getvalue())
    assert (event["event"], event["level"], event["chain"], event["block"]) == ("done", "info", "mainnet", 7)
    assert event["timestamp"].endswith("Z")


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_no_secret_is_written_wherever_it_stands(stream: io.StringIO) -> None:
    log = logger(stream, ["hunter2", "https://node.example/v3/hunter2"])
    error = ValueError("cannot reach https://node.example/v3/hunter2")
    log.error("failed", url="https://node.example/v3/hunter2", deep={"a": ["hunter2"]}, exc_info=error)

    assert "hunter2" not in stream.getvalue()
    assert "ValueError" in stream.getvalue()


def test_what_others_wrote_cannot_move_the_cursor_of_a_terminal() -> None:
    stream = Terminal()
    logger(stream, ()).info("finding", title="\x1b[2J\n evil")

    assert "\x1b[2J" not in stream.getvalue()
    assert stream.getvalue().count("\n") == 1


def test_blocks_are_logged_only_when_asked_for() -> None:
    quiet, chatty = io.StringIO(), io.StringIO()
    logger(quiet, ()).debug("block done")
    logger(chatty, (), debug=True).debug("block done")

    assert (quiet.getvalue(), "block done" in chatty.getvalue()) == ("", True)
