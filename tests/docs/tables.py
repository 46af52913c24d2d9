"""The parts of the documentation that are written from the code: `make docs` writes them, `make lint` checks them."""

from collections.abc import Iterator

import click

from spiders.registry import facts, spider_names
from tenderbell.cli import cli
from tenderbell.settings import SECRETS, SETTINGS

WIDTH = 100


def settings_table() -> str:
    """Return every environment variable with what it does and its default."""
    rows = [f"| `{name}` | {text.replace('|', chr(92) + '|')} |" for name, text in SETTINGS.items()]
    return "\n".join(["| variable | meaning |", "|---|---|", *rows])


def secrets_sentence() -> str:
    """Return how what is secret can be kept out of the environment."""
    names = ", ".join(f"`{name}`" for name in SECRETS)
    return (
        f"{names} may hold a password. Each can stand in a file instead, which the variable with `_FILE` behind it "
        f"names (`{SECRETS[0]}_FILE=/etc/tenderbell/secrets/mail`). Its first line counts; a file that others may "
        "open is refused."
    )


def command_list() -> str:
    """Return the commands, a line each."""
    return f"```\n{next(_helps(cli, 'tenderbell')).rstrip()}\n```"


def sources_table() -> str:
    """Return the spiders as their docstrings describe them."""
    found = [(name, facts(name)) for name in spider_names()]
    rows = [
        f"| `{name}` | {fact['Title'].rstrip('.')} | {fact.get('Publisher', '')} | {fact.get('Licence', '')} |"
        for name, fact in found
    ]
    return "\n".join(["| spider | reads | publisher | licence |", "|---|---|---|---|", *rows])


def commands() -> str:
    """Return the help of every command."""
    return "\n\n".join(f"```\n{text.rstrip()}\n```" for text in _helps(cli, "tenderbell"))


def _helps(command: click.Command, path: str) -> Iterator[str]:
    context = click.Context(command, info_name=path, terminal_width=WIDTH, help_option_names=["-h", "--help"])
    yield command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            yield from _helps(command.commands[name], f"{path} {name}")
