"""A file of channels is read, or refused with what is wrong, where, and what is near."""

from pathlib import Path

import pytest

from tocsin.app.telling.file import NOTHING, parse_channels, read_channel_file
from tocsin.model.errors import EstateError

HOOK = '[channel.hook]\nkind = "webhook"\nurl = "https://a.example/p"\nkey = "${KEY}"\n'
TO = 'to = [{ channel = "hook", address = "x" }]\n'
GROUP = HOOK + '[group.g]\nreach = "clients"\ntemplate = "customers"\n'
KEY = {"KEY": "0123456789abcdef"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[", "not TOML"),
        ("[chanel.x]", "'chanel' is unknown; did you mean 'channel'"),
        ("channel = 1", r"write \[channel.NAME\]"),
        ("[channel.x]", "kind is missing"),
        ('[channel.x]\nkind = "emial"', "'emial' is unknown; did you mean 'email'"),
        (HOOK + "sekonds = 3", "'sekonds' is unknown; did you mean 'seconds'"),
        (HOOK + "seconds = 999", "must be at least 0.1, at most 120"),
        (HOOK + 'most_confidential = "ambre"', "no TLP 2.0 label; did you mean 'amber'"),
        (HOOK.replace("${KEY}", "${KEI}"), "environment variable KEI, which is not set"),
        (HOOK.replace("${KEY}", "short"), "key is shorter than 16 characters"),
        ('[channel.x]\nkind = "slack"', "set either token or webhook"),
        ('[channel.x]\nkind = "email"\nhost = "a"\nsender = "b"', "sender 'b' is no mailbox"),
        (
            '[channel.x]\nkind = "email"\nhost = "a"\nsender = "a@b.example"\nsecurity = "ssl"',
            "one of starttls, tls, plain",
        ),
        (GROUP, r"write to = \[\{channel"),
        (GROUP + "to = [1]", "number 1: write {channel"),
        (GROUP + TO.replace("hook", "hok"), "'hok' is unknown; did you mean 'hook'"),
        (GROUP.replace("clients", "client") + TO, "'client' is unknown; did you mean 'clients'"),
        (GROUP.replace("customers", "custmers") + TO, "no template or file 'custmers'; did you mean 'customers'"),
        (GROUP.replace("customers", "../../../../etc/hostname/x") + TO, "no template or file"),
    ],
)
def test_what_is_wrong_is_said(text: str, says: str) -> None:
    with pytest.raises(EstateError, match=says) as wrong:
        parse_channels(text, "channels.toml", KEY)
    assert str(wrong.value).startswith("channels.toml: ")
    assert KEY["KEY"] not in str(wrong.value)


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{{ nam }}\nx", "'nam' is undefined; it may name: name, number"),
        ("{{ name }", "line 1"),
        ("{{ name }}", "a title and a text"),
        ("{{ ''.__class__.__mro__ }}\nx", "unsafe|undefined"),
        ("{% for a in range(10000000) %}x{% endfor %}\nx", "(?i)range"),
        ("{{ 'x' * 300 }}\nx", "at most 200 characters"),
    ],
)
def test_a_template_that_cannot_be_meant_is_refused_when_the_file_is_read(
    tmp_path: Path, template: str, says: str
) -> None:
    (tmp_path / "own.txt").write_text(template)
    (tmp_path / "channels.toml").write_text(GROUP.replace("customers", "own.txt") + TO)
    with pytest.raises(EstateError, match=says):
        read_channel_file(f"{tmp_path}/channels.toml", KEY)


def test_a_template_of_ones_own_stands_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text("{{ name }}\n{{ text }}")
    (tmp_path / "channels.toml").write_text(GROUP.replace("customers", "own.txt") + TO)
    file = read_channel_file(f"{tmp_path}/channels.toml", KEY)
    assert file.groups["g"].template == "{{ name }}\n{{ text }}"
    assert "0123456789" not in repr(file)


def test_no_file_is_nothing_and_one_that_is_not_there_is_said() -> None:
    assert read_channel_file("", {}) is NOTHING
    with pytest.raises(EstateError, match="there is no such file"):
        read_channel_file("absent.toml", {})
