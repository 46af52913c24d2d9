"""TOML files that people write by hand: read strictly, and a mistake is said with its file and its key."""

import re
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, get_args

import msgspec

from tenderbell.errors import SettingError

PROJECT = Path(__file__).resolve().parent.parent
_TYPES = {"str": "text", "int": "a whole number", "float": "a number", "bool": "true or false", "array": "a list",
          "object": "a table", "null": "nothing"}  # fmt: skip

T = TypeVar("T")


def read_toml(path: Path, wanted: type[T]) -> T:
    """Return the content of a file as `wanted`. Raises SettingError with one sentence that names file, key and value,
    and FileNotFoundError."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingError(f"{shown(path)} cannot be used, it is not TOML: {error}.") from error
    try:
        return msgspec.convert(content, wanted)
    except msgspec.ValidationError as error:
        raise SettingError(f"{shown(path)}: {_sentence(str(error), content, wanted)}") from error


def shown(path: Path) -> str:
    """Return a path as messages name it: from the project's folder on when it lies there."""
    return str(path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path)


def _sentence(said: str, content: dict[str, Any], wanted: Any) -> str:
    """Return msgspec's message (`Expected `str`, got `int` - at `$.source[2].url``) in the words of the file."""
    problem, _, at = said.partition(" - at `$")
    steps = re.findall(r"\.([\w-]+)|\[(\d+|\.\.\.)\]", at.rstrip("`"))
    where, key, value = "", "", content
    for name, number in steps:
        if name:
            key, value, wanted = name, _inside(value, name), _type_of(wanted, name)
        else:
            value = value[int(number)] if number.isdigit() and isinstance(value, list) else {}
        if isinstance(value, dict):
            where, key = f"{key} {value.get('id') or value.get('name') or value.get('code') or ''}".strip() + ": ", ""
    return where + _problem(problem, key, value, wanted)


def _problem(problem: str, key: str, value: object, wanted: Any) -> str:
    if found := re.fullmatch(r"Object contains unknown field `(.*)`", problem):
        known = ", ".join(field.encode_name for field in msgspec.structs.fields(wanted))
        return f"there is no key {found[1]!r}; the keys are {known}."
    if found := re.fullmatch(r"Object missing required field `(.*)`", problem):
        return f"the key {found[1]!r} is missing."
    if problem.startswith("Invalid enum value"):
        *most, last = [member.value for member in _enum(wanted)]
        return f"{key} must be {', '.join(most)} or {last}, not {value!r}."
    if found := re.fullmatch(r"Expected `(.*)`, got `(.*)`", problem):
        expected = " or ".join(_TYPES.get(name, name) for name in found[1].split(" | ") if name != "null")
        return f"{key or 'this'} must be {expected}, not {_TYPES.get(found[2], found[2])}."
    return f"{key}: {problem}." if key else f"{problem}."


def _inside(value: object, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _type_of(struct: Any, name: str) -> Any:
    """Return the type of a field; of a tuple of them, the type of one."""
    type_ = next((field.type for field in msgspec.structs.fields(struct) if field.encode_name == name), str)
    return next((part for part in get_args(type_) if part not in (Ellipsis, type(None))), type_)


def _enum(type_: Any) -> list[StrEnum]:
    return list(type_)
