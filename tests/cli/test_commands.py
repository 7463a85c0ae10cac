"""Every command on disk keeps the contract of its kind, and its samples run as they say."""

import json
from collections.abc import Callable
from typing import Any

import pytest

import tocsin.cli.commands
from tocsin.cli.command import Command, Sample
from tocsin.model.extension import load

COMMANDS = load(tocsin.cli.commands, Command)
SAMPLES = [
    pytest.param(sample, id=f"{name}: {sample.says}")
    for name, command in COMMANDS.items()
    for sample in command.samples
]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_one_function_or_a_group(name: str) -> None:
    """Exactly one of `run` and `subcommands` is given, and there is a sample."""
    command = COMMANDS[name]
    assert bool(command.run) is not bool(command.subcommands)
    assert command.samples


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_help(name: str, tocsin: Callable[..., Any]) -> None:
    """`--help` says in one line what the command is for."""
    ran = tocsin(name, "--help")
    assert ran.code == 0
    assert f"Usage: tocsin {name}" in ran.out


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_runs(sample: Sample, tocsin: Callable[..., Any]) -> None:
    """It exits as it says, shows what it says, and failures are one paragraph, never a traceback."""
    ran = tocsin(*sample.arguments)
    assert ran.code == sample.exit_code, ran.err
    for text in sample.shows:
        assert text in ran.out + ran.err
    assert "Traceback" not in ran.err
    if sample.json:
        assert [json.loads(line) for line in ran.out.splitlines()]
