"""Frozen data that is quick to make, of classes that are quick to make.

`dataclass(frozen=True, slots=True)` writes each field with `object.__setattr__`, which looks the field up by its name:
1.0 to 1.7 µs for five fields (Python 3.11), and a small request makes eighty such objects, a chunk of a stream one or
more. `frozen` makes the same class, with an `__init__` that calls the slots' own setters: a third of that.

For each class `dataclass` also compiles six functions, of which most are never called: 0.4 to 0.8 ms and 14 KB a
class, and the daemon has two hundred. Here `__eq__` and `__hash__` are compiled when they are first called, and the
others need no source of their own: 0.09 ms. Nothing else differs: assignments raise, `replace`, `==`, `hash`, `match`
and inheritance work as ever.
"""

from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field, FrozenInstanceError, InitVar, dataclass, field, fields, is_dataclass
from reprlib import recursive_repr
from typing import Any, TypeVar, dataclass_transform, get_origin

Class = TypeVar("Class")
Parts = tuple[Field[Any], ...]


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[Class]) -> type[Class]:
    """A frozen, slotted dataclass. Of what `dataclass` can, `InitVar` and `kw_only` are not supported.

    Raises:
        TypeError: one of those is used.
    """
    made: Any
    if any(is_dataclass(base) for base in cls.__mro__[1:]):
        made = dataclass(frozen=True, slots=True)(cls)  # it checks how one inherits from the other
        parts = fields(made)
    else:
        own = vars(cls)
        made = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
        parts = fields(made)
        complete(made, parts, own)
    if any(part.kw_only for part in parts) or any(map(is_init_var, made.__dataclass_fields__.values())):
        raise TypeError(f"{cls.__name__}: InitVar and kw_only are not supported")
    made.__init__ = quick_init(made, parts)
    return made


def is_init_var(part: Field[Any]) -> bool:
    """Whether a field is only an argument."""
    return part.type is InitVar or isinstance(part.type, InitVar)


def complete(made: Any, parts: Parts, own: Iterable[str]) -> None:  # noqa: ANN401 - any class
    """Give a bare dataclass what `dataclass` would, but for `__init__`, unless the class has it of its `own`."""
    options = made.__dataclass_params__
    options.init = options.repr = options.eq = options.frozen = True
    names = frozenset([part.name for part in parts])

    def __setattr__(self: object, name: str, value: object) -> None:  # noqa: N807
        if type(self) is made or name in names:
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        object.__setattr__(self, name, value)

    def __delattr__(self: object, name: str) -> None:  # noqa: N807
        if type(self) is made or name in names:
            raise FrozenInstanceError(f"cannot delete field {name!r}")
        object.__delattr__(self, name)

    def __getstate__(self: object) -> list[object]:  # noqa: N807
        return [getattr(self, part.name) for part in parts]

    def __setstate__(self: object, state: list[object]) -> None:  # noqa: N807
        for part, value in zip(parts, state, strict=True):
            object.__setattr__(self, part.name, value)

    @recursive_repr()
    def __repr__(self: object) -> str:  # noqa: N807
        shown = ", ".join([f"{part.name}={getattr(self, part.name)!r}" for part in parts if part.repr])
        return f"{type(self).__qualname__}({shown})"

    compared = [part.name for part in parts if part.compare]
    hashed = [part.name for part in parts if (part.compare if part.hash is None else part.hash)]
    equals = (
        "def __eq__(self, other):\n if other.__class__ is self.__class__:\n"
        f"  return {values_of('self', compared)} == {values_of('other', compared)}\n return NotImplemented"
    )
    given = {
        "__setattr__": __setattr__,
        "__delattr__": __delattr__,
        "__getstate__": __getstate__,
        "__setstate__": __setstate__,
        "__repr__": __repr__,
        "__eq__": compiled_when_called(made, "__eq__", equals),
        "__hash__": compiled_when_called(
            made, "__hash__", f"def __hash__(self): return hash({values_of('self', hashed)})"
        ),
    }
    for name, function in given.items():
        if name not in own:
            function.__qualname__, function.__module__ = f"{made.__qualname__}.{name}", made.__module__
            setattr(made, name, function)


def values_of(owner: str, names: Iterable[str]) -> str:
    """The source of a tuple of the fields' values."""
    return f"({''.join([f'{owner}.{name},' for name in names])})"


def compiled_when_called(made: Any, name: str, source: str) -> Callable[..., Any]:  # noqa: ANN401 - any class
    """A method that puts the one that `source` defines in its place, and calls it."""

    def first(self: object, *arguments: object) -> object:
        defined: dict[str, Any] = {}
        exec(source, defined)  # noqa: S102 - as dataclasses does it; the names are those of our own classes' fields
        function = defined[name]
        function.__qualname__, function.__module__ = first.__qualname__, first.__module__
        setattr(made, name, function)
        return function(self, *arguments)

    return first


def plain(factory: Callable[[], Any]) -> Callable[[], Any]:
    """`dict` for `dict[str, int]`, likewise lists and sets: those that know their types take six times as long to call,
    for they try to tell what they made, which cannot be told."""
    origin = get_origin(factory)
    return origin if origin in (dict, list, set) else factory


def quick_init(cls: type, parts: Parts) -> Callable[..., None]:
    """`__init__` for a slotted dataclass: the same signature as its own, the same order of effects."""
    names: dict[str, object] = {"MISSING": MISSING}
    parameters: list[str] = []
    lines: list[str] = []
    for part in parts:
        name, value = part.name, part.name
        names[f"set_{name}"] = getattr(cls, name).__set__
        if part.default is not MISSING:
            names[f"default_{name}"] = part.default
        if part.default_factory is not MISSING:
            names[f"make_{name}"] = plain(part.default_factory)
        if not part.init:
            if part.default_factory is not MISSING:
                lines.append(f"set_{name}(self, make_{name}())")
            elif part.default is not MISSING:
                lines.append(f"set_{name}(self, default_{name})")
            continue
        if part.default is not MISSING:
            parameters.append(f"{name}=default_{name}")
        elif part.default_factory is not MISSING:
            parameters.append(f"{name}=MISSING")
            value = f"make_{name}() if {name} is MISSING else {name}"
        else:
            parameters.append(name)
        lines.append(f"set_{name}(self, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    source = f"def __init__({', '.join(['self', *parameters])}):\n " + "\n ".join(lines or ["pass"])
    exec(source, names)  # noqa: S102 - as dataclasses does it; the names are those of our own classes' fields
    init: Any = names["__init__"]
    init.__qualname__, init.__module__ = f"{cls.__qualname__}.__init__", cls.__module__
    init.__annotations__ = {part.name: part.type for part in parts if part.init} | {"return": None}
    return init
