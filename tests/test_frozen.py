"""`frozen` makes what `dataclass(frozen=True, slots=True)` makes, but for the time it takes."""

import copy
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, InitVar, dataclass, field, fields, replace
from typing import Any, Generic, TypeVar

import pytest

from ccrouter.frozen import frozen

T = TypeVar("T")


@frozen
class Point:
    x: int
    y: int = 2
    names: list[str] = field(default_factory=list[str])
    told: str = field(default="told", init=False)
    length: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "length", self.x + self.y)


@frozen
class Place(Point):
    title: str = "t"


@frozen
class Empty:
    pass


@dataclass(frozen=True, slots=True)
class Usual:
    x: int
    y: int = 2
    names: list[str] = field(default_factory=list[str])


@frozen
class Same:
    x: int
    y: int = 2
    names: list[str] = field(default_factory=list[str])


def test_fields_defaults_and_factories() -> None:
    one, other = Point(1), Point(1)
    assert (one.x, one.y, one.names, one.told, one.length) == (1, 2, [], "told", 3)
    assert one.names is not other.names
    assert Point(x=3, y=4, names=["a"]) == Point(3, 4, ["a"])
    assert Empty() == Empty()


def test_a_factory_that_knows_its_types_makes_what_it_would_make() -> None:
    class Box(Generic[T]):
        pass

    @frozen
    class Holder:
        by_name: dict[str, int] = field(default_factory=dict[str, int])
        seen: set[str] = field(default_factory=set[str])
        box: Box[int] = field(default_factory=Box[int])

    one, other = Holder(), Holder()
    assert (one.by_name, one.seen, type(one.box)) == ({}, set(), Box)
    assert one.by_name is not other.by_name
    assert vars(one.box)["__orig_class__"] == Box[int]


def test_nothing_can_be_assigned() -> None:
    point = Point(1)
    with pytest.raises(FrozenInstanceError):
        point.x = 2  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(FrozenInstanceError):
        del point.x  # pyright: ignore[reportAttributeAccessIssue]
    assert not hasattr(point, "__dict__")


def test_replace_match_equality_and_hash() -> None:
    point = replace(Point(1), y=5)
    assert (point.y, point.length) == (5, 6)
    match point:
        case Point(1, y):
            assert y == 5
        case _:
            pytest.fail("it has match arguments")
    assert hash(Empty()) == hash(Empty())
    assert Point(1) != Point(2)
    assert repr(Same(1)) == "Same(x=1, y=2, names=[])"


def test_inheritance() -> None:
    place = Place(1, title="here")
    assert isinstance(place, Point)
    assert (place.x, place.length, place.title) == (1, 3, "here")
    assert place != Point(1)


def test_copies() -> None:
    point = Point(1, names=["a"])
    assert pickle.loads(pickle.dumps(point)) == point
    assert copy.deepcopy(point) == point


@pytest.mark.parametrize("call", [lambda make: make(), lambda make: make(1, z=2), lambda make: make(1, 2, [], 3)])
def test_wrong_arguments_are_refused_as_usual(call: Callable[[Any], object]) -> None:
    for make in (Usual, Same):
        with pytest.raises(TypeError):
            call(make)


def test_the_signature_is_the_usual_one() -> None:
    assert list(inspect.signature(Same).parameters) == list(inspect.signature(Usual).parameters)
    assert [part.name for part in fields(Same)] == [part.name for part in fields(Usual)]


def test_what_is_not_supported_is_refused() -> None:
    with pytest.raises(TypeError, match="InitVar"):

        @frozen
        class _WithInitVar:  # pyright: ignore[reportUnusedClass]
            x: InitVar[int]


@frozen
class Told:
    """With a way of its own to compare and to be shown."""

    x: int
    secret: str = field(default="s", repr=False, compare=False)
    weight: int = field(default=1, hash=False)

    def __repr__(self) -> str:
        return "told"


@dataclass(frozen=True, slots=True)
class UsuallyTold:
    """What `Told` is to be like."""

    x: int
    secret: str = field(default="s", repr=False, compare=False)
    weight: int = field(default=1, hash=False)

    def __repr__(self) -> str:
        return "told"


@frozen
class Node:
    """Holds itself."""

    inner: list[object]


class Plain(Same):
    """No dataclass of its own: it has a dictionary."""


@pytest.mark.parametrize("make", [Told, UsuallyTold])
def test_fields_that_are_not_compared_hashed_or_shown(make: Callable[..., Any]) -> None:
    assert make(1, "a") == make(1, "b")
    assert make(1, weight=1) != make(1, weight=2)
    assert hash(make(1, "a", 1)) == hash(make(1, "b", 2)) == hash((1,))
    assert repr(make(1)) == "told"
    assert make.__hash__.__qualname__ == f"{make.__qualname__}.__hash__"


def test_equality_is_that_of_the_fields() -> None:
    one, other = float("nan"), float("nan")
    assert Node([one]) == Node([one])
    assert (Usual(one) == Usual(other)) is (Same(one) == Same(other)) is False  # pyright: ignore[reportArgumentType]
    assert (Usual(one) == Usual(one)) is (Same(one) == Same(one)) is True  # pyright: ignore[reportArgumentType]
    assert Same(1) != Usual(1)
    assert Same(1).__eq__(1) is NotImplemented
    assert Same.__eq__(Same(2), Same(2)) is True
    with pytest.raises(TypeError, match="unhashable"):
        hash(Same(1))


def test_one_that_holds_itself_can_be_shown() -> None:
    node = Node([])
    node.inner.append(node)
    assert repr(node) == "Node(inner=[...])"


def test_a_plain_class_below_it() -> None:
    plain = Plain(1)
    plain.more = 1  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'x'"):
        plain.x = 2  # pyright: ignore[reportAttributeAccessIssue]
    assert copy.copy(Same(1, 5)) == Same(1, 5)
    assert plain != Same(1)
