"""argparse, with errors as one sentence that names the nearest valid words."""

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from diagnosis.core.errors import InputError, nearest

_WANTED: dict[Any, str] = {int: "a whole number", float: "a number"}


class Parser(argparse.ArgumentParser):
    """A parser whose errors are `InputError`, and whose options may be added as late as needed."""

    def __init__(
        self, *args: Any, options: "Callable[[Parser], None] | None" = None, **settings: Any
    ) -> None:
        """As argparse's.

        Args:
            args: argparse's.
            options: adds further options, called once before this parser's first use. For commands
                whose options are read from code that is slow to import.
            settings: argparse's.
        """
        super().__init__(*args, **{"allow_abbrev": False, **settings})
        self._options = options

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse; words that are left over are an error of the command they stand behind."""
        if self._options is not None:
            add, self._options = self._options, None
            add(self)
        parsed, extras = super().parse_known_args(args, namespace)
        if extras:
            word = extras[0].partition("=")[0]
            if not word.startswith("-"):
                raise InputError(f"{word!r} is one word too many: see `{self.prog} --help`.")
            valid = [name for name in self._option_string_actions if name.startswith("--")]
            raise InputError(f"`{self.prog}` has no option {word!r}.{nearest(word, valid)}")
        return parsed, []

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print with its usage."""
        raise InputError(f"{message[:1].upper()}{message[1:]}: see `{self.prog} --help`.")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        hint = nearest(str(value), [str(choice) for choice in action.choices])
        if isinstance(action, argparse._SubParsersAction):
            raise InputError(f"`{self.prog}` has no command {value!r}.{hint}")
        raise InputError(f"{_name(action)} cannot be {value!r}.{hint}")

    def _get_value(self, action: argparse.Action, arg_string: str) -> Any:
        try:
            return super()._get_value(action, arg_string)
        except argparse.ArgumentError as error:
            if isinstance(error.__context__, InputError):  # its sentence says more than argparse's
                raise error.__context__ from None
            wanted = _WANTED.get(action.type, "something else")
            raise InputError(f"{_name(action)} must be {wanted}, not {arg_string!r}.") from error


def _name(action: argparse.Action) -> str:
    return (
        action.option_strings[-1] if action.option_strings else str(action.metavar or action.dest)
    )
