"""
The `tocsin` program: finds the command, runs it, and turns what goes wrong into one paragraph and an exit code.

The commands are the files of `commands/`. Their help lines are read without importing them, so that a command nobody
runs costs nothing.
"""

import ast
import difflib
import importlib
import os
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

import tocsin.cli.commands
from tocsin import __version__
from tocsin.cli.command import Command
from tocsin.cli.render.console import fail
from tocsin.model.errors import ExtensionError, TocsinError, UserError
from tocsin.model.extension import only_one, summary

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes; 3, findings at or above a threshold, is the scan command's own (design, section 5)."""
DEBUG = "TOCSIN_DEBUG"
"""With this environment variable set, an error shows where in the code it was raised."""

_UsageError: type[Any] = typer.BadParameter.__base__ or Exception  # the base of usage errors, in every version of Typer
_EXIT_CODES: Sequence[tuple[type[TocsinError], int]] = (
    (ExtensionError, FAILED),
    (UserError, WRONG_USAGE),
    (TocsinError, FAILED),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program with these arguments, or the process's own, and return the exit code."""
    if arguments is None and not os.environ.get(DEBUG):
        warnings.simplefilter("ignore")
    try:
        code = program().main(
            args=None if arguments is None else list(arguments), prog_name="tocsin", standalone_mode=False
        )
        sys.stdout.flush()
    except BrokenPipeError:
        return _reader_has_gone()
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        return explain(error)
    return code if isinstance(code, int) else DONE


def explain(error: Exception) -> int:
    """Say on stderr what went wrong, and return the exit code for it."""
    if isinstance(error, _UsageError):
        fail(usage(error))
        return WRONG_USAGE
    for kind, code in _EXIT_CODES:
        if isinstance(error, kind):
            for line in str(error).splitlines() or [""]:
                fail(line)
            return code
    fail(f"a defect of tocsin: {type(error).__name__}: {error}. Please report it; {DEBUG}=1 shows where it happened.")
    return FAILED


def _reader_has_gone() -> int:
    """Nobody reads on, as behind `| head`: not a failure to talk about."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILED


def usage(error: Any) -> str:
    """What was wrong about the arguments, with the nearest right spelling and where the help is."""
    context = error.ctx
    command = context.command_path if context else "tocsin"
    if (name := getattr(error, "option_name", None)) and context and type(error).__name__ == "NoSuchOption":
        known = [option for parameter in context.command.get_params(context) for option in parameter.opts]
        said = f"no option {name}; {nearest(name, [option for option in known if option.startswith('-')])}"
    else:
        said = error.format_message()
    return f"{said}{'' if said[-1] in '.?' else '.'} Try: {command} --help"


def nearest(name: str, known: Sequence[str]) -> str:
    """A question that names the nearest right spelling."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0)
    return f"did you mean {near[0]!r}?" if near else "there is none."


def program() -> Any:
    """The whole command line, as Typer has it."""
    app = typer.Typer(cls=_Commands, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})
    app.callback()(_root)
    return typer.main.get_command(app)


def _show_version(on: bool) -> None:
    if on:
        typer.echo(f"tocsin {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and stop.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    """Watches blockchains, finds attacks while they can still be stopped, and says what to do."""


class _Group(TyperGroup):
    """Commands that name the nearest right spelling."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, known = args[0], self.list_commands(ctx)
        if name not in known:
            raise UserError(f"no command {name!r}; {nearest(name, known)} Known: {', '.join(known)}")
        return super().resolve_command(ctx, args)


class _Commands(_Group):
    """The commands on disk. Only the one that is run is imported."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Typer passes its context
        return list(help_lines())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - Typer passes its context
        """As much of a command as the list of commands needs."""
        line = help_lines().get(cmd_name)
        return None if line is None else TyperCommand(cmd_name, help=line)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The whole of the command that is run."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, load(name), rest


@cache
def help_lines() -> Mapping[str, str]:
    """Each command's name and help line."""
    (folder,) = tocsin.cli.commands.__path__
    files = sorted(path for path in Path(folder).glob("*.py") if not path.name.startswith("_"))
    return {path.stem.replace("_", Command.SEPARATOR): _first_line(path) for path in files}


def _first_line(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_bytes())) or "").partition("\n")[0]


def load(name: str) -> Any:
    """Import one command and make it Typer's."""
    module = importlib.import_module(f"{tocsin.cli.commands.__name__}.{name.replace(Command.SEPARATOR, '_')}")
    command = only_one(module, Command)
    app = typer.Typer(
        cls=_Group,
        help=summary(module),
        add_completion=False,
        no_args_is_help=bool(command.subcommands),
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    if command.run:
        return _single(app, command.run, summary(module), command)
    for subcommand, function in command.subcommands:
        app.command(subcommand)(function)
    app.callback()(lambda: None)
    return typer.main.get_command(app)


def _single(app: typer.Typer, run: Callable[..., Any], says: str, command: Command) -> Any:
    right = [sample for sample in command.samples if sample.exit_code not in (FAILED, WRONG_USAGE)]
    samples = "\n\n".join(f"tocsin {' '.join(sample.arguments)}" for sample in right)
    app.command(command.id, help=says, epilog=f"For example:\n\n{samples}" if samples else None)(run)
    return typer.main.get_command(app)
