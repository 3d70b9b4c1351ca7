"""Keys in a text that people read: a config with its comments, where a provider that is out of use keeps its key. Pure.

A comment has no grammar, so this goes by names (`api_key: "…"`), by looks (`sk-…`, long random words) and by what is
known to be a key. It rather hides a word too many.
"""

import re
from collections.abc import Iterator, Mapping

from ccrouter.config.document import Span
from ccrouter.config.secret_words import SECRET_IN_URL, names_secret
from ccrouter.frozen import frozen

HIDDEN = "****"
_SHORTEST_KNOWN = 8
"""What is shorter is a local server's placeholder ("ollama", "none"), and may be any word of a sentence."""

_NAME = re.compile(r"""((?<![A-Za-z0-9_-])[A-Za-z_][A-Za-z0-9_-]*|密钥|秘钥|令牌|密码|口令)["'`]?\s*[:=：]""")
_VALUE = re.compile(
    r"""  \s*\[(?P<list>[^\]]{0,4000})
        | \s*"(?P<double>(?:\\.|[^"\\\r\n])*)"
        | \s*'(?P<single>(?:\\.|[^'\\\r\n])*)'
        | [ \t]*(?:(?:Bearer|Basic)[ \t]+)?(?P<bare>\$\{[^}\s]*\}|[^\s,;&"'\[\]{})，。；、]+)(?P<rest>(?=[ \t]+\w))?
    """,
    re.VERBOSE,
)
_QUOTED = re.compile(r""""((?:\\.|[^"\\\r\n])*)"|'((?:\\.|[^'\\\r\n])*)'""")
_NAMES_IN_WORDS = frozenset({"key", "keys", "pwd", "密钥", "秘钥", "令牌", "密码", "口令"})
_NO_KEY = re.compile(
    r"""(?:Bearer[ ]|Basic[ ])?(?:
        \$\{[^}:]+(?::-[^}]{0,7})?\} | \$[A-Za-z_][A-Za-z0-9_]* | \#\{[^}]+\} | os\.environ/\w+   # names of variables
      | <[^>]*> | (?:sk-)?(?:[x*.…]*|your[\w-]*) | true | false | null | none     # places to fill in, words of JSON
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_MARKS = re.compile(r"(?<![:\w])//|/\*|\*/|^[ \t]*[*#]", re.MULTILINE)
_WORD = re.compile(r"[^\W\d_]+")
_LOOKS = re.compile(
    r"""(?<![A-Za-z0-9])(?:
        (?:sk|gsk|xai|ghp|gho|hf|pplx|nvapi|csk|cr|r8|fw|tvly|glpat|github_pat)[-_][A-Za-z0-9_.-]{8,}
      | AIza[A-Za-z0-9_-]{20,} | AKIA[A-Z0-9]{12,} | ya29\.[A-Za-z0-9_.-]+ | eyJ[A-Za-z0-9_.-]{20,}
      | [0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}
      | (?:[A-Za-z0-9]{1,12}[_-]){0,4}(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{16,}(?:[._-][A-Za-z0-9]+)*
      | (?<=Bearer[ ])(?=\S*[0-9])[^\s"']{6,}
    )""",
    re.VERBOSE,
)


@frozen
class Hidden:
    """`text` with keys hidden in it; `places` are the offsets, in the text as it was, of those that nothing names."""

    text: str
    places: tuple[int, ...] = ()


def hidden(text: str, known: Mapping[str, str], parts: tuple[Span, ...] | None = None) -> Hidden:
    """`text` without the keys in `parts` of it (None: all of it).

    `known` are values that are keys, each with what is to stand in its place; all others become `HIDDEN`. What is
    between the parts is taken for blanks, so that a value is found whose name stands in the comment above.
    """
    view = text if parts is None else _only(text, parts)
    found: list[tuple[int, int, str | None]] = []
    for value, instead in sorted(known.items(), key=lambda item: -len(item[0])):
        if len(value) >= _SHORTEST_KNOWN:
            found += [(match.start(), match.end(), instead) for match in re.finditer(re.escape(value), view)]
    found += [(*span, None) for span in (*_named(view), *_looks(view), *_in_urls(view))]
    pieces: list[str] = []
    places: list[int] = []
    at = 0
    for start, end, instead in sorted(found, key=lambda one: (one[0], one[2] is None, -one[1])):
        if start >= at:
            pieces += [text[at:start], HIDDEN if instead is None else instead]
            if instead is None:
                places.append(start)
        at = max(at, end)
    return Hidden("".join([*pieces, text[at:]]), tuple(places))


def _only(text: str, parts: tuple[Span, ...]) -> str:
    """`text` with blanks for all that is not in `parts`, and for the marks of the comments there."""
    view = [character if character in "\r\n" else " " for character in text]
    for start, end in parts:
        view[start:end] = _MARKS.sub(lambda mark: " " * len(mark[0]), text[start:end])
    return "".join(view)


def _named(view: str) -> Iterator[Span]:
    seen = 0
    for name in _NAME.finditer(view):
        if not names_secret(name[1]) and name[1].lower() not in _NAMES_IN_WORDS:
            continue
        match = _VALUE.match(view, name.end()) if name.start() >= seen else None
        if match is None:
            continue
        seen = match.end()
        if match["list"] is not None:
            inside = match.start("list")
            for quoted in _QUOTED.finditer(match["list"]):
                group = quoted.lastindex or 1
                if not _NO_KEY.fullmatch(quoted[group]):
                    yield inside + quoted.start(group), inside + quoted.end(group)
            continue
        group = next(group for group in ("double", "single", "bare") if match[group] is not None)
        prose = group == "bare" and match["rest"] is not None and _WORD.fullmatch(match["bare"])
        if not prose and not _NO_KEY.fullmatch(match[group]):
            yield match.span(group)


def _looks(view: str) -> Iterator[Span]:
    return (match.span() for match in _LOOKS.finditer(view) if not _NO_KEY.fullmatch(match[0]))


def _in_urls(view: str) -> Iterator[Span]:
    return (match.span() for match in SECRET_IN_URL.finditer(view) if not _NO_KEY.fullmatch(match[0]))
