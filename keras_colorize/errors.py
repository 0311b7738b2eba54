"""What a user gives: errors that can be mended, and tables of options with their ranges."""

import contextlib
import dataclasses
import numbers


class InputError(ValueError):
    """What a user gave cannot be used; the message is one line that says what was expected.

    The command prints it and exits with code 2. Any other exception is a fault of the library
    and keeps its traceback.
    """


def expect(fits, message, where=None, kind=InputError):
    """Raises an error, "Expected" and the message, unless that holds; with the file, if any."""
    if not fits:
        raise kind(f"Expected {message}." if where is None else f"{where}: expected {message}.")


@contextlib.contextmanager
def expecting(message, *faults, where=None, kind=InputError):
    """Raises errors of a kind: for some faults with what was expected, for an InputError as it is.

    Both say where it was, if told.
    """
    prefix = f"{where}: " if where else ""
    try:
        yield
    except InputError as fault:
        known = kind if type(fault) is InputError else type(fault)
        raise known(f"{prefix}{fault}") from fault.__cause__
    except faults as fault:
        said = str(fault).partition("\n")[0]
        raise kind(f"{prefix}Expected {message}, received: {said}") from fault


class MissingPackageError(InputError, ImportError):
    """A package of an extra that is not installed."""


@contextlib.contextmanager
def extra_import(extra):
    """Says of a package that cannot be imported in which extra it is."""
    try:
        yield
    except ImportError as error:
        advice = f"pip install 'keras-colorize[{extra}]'"
        raise MissingPackageError(f"Expected the package {error.name}: {advice}.") from error


def field(default, limits, help, **about):
    """A field of options: default, limits or choices, and what the help of the command says."""
    return dataclasses.field(default=default, metadata={"limits": limits, "help": help, **about})


def check(table, **values):
    """Raises `InputError` for a value outside the range or choices of its field in the table.

    A dataclass has checked itself; None passes where it is the type of the field, too.
    """
    for name, value in values.items():
        one = table.__dataclass_fields__[name]
        limits, optional = one.metadata.get("limits"), not isinstance(one.type, type)
        if one.type is bool:
            expect(isinstance(value, bool), f"{name} True or False, received {value!r}")
        if not limits or dataclasses.is_dataclass(value) or (optional and value is None):
            continue
        if isinstance(limits[0], str):
            fits = isinstance(value, str) and value in limits
            expected = f"among {', '.join(limits)}"
        else:
            fits = isinstance(value, numbers.Real) and limits[0] <= value <= limits[1]
            expected = f"between {limits[0]:g} and {limits[1]:.10g}"
        expect(fits, f"{name} {expected}, received {value!r}")
