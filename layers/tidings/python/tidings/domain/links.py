"""Where the links of a text are, by the rules of twitter-text (`tidings.domain.entities`).

With `http://` or `https://` any host name will do that has a dot and a top-level domain of letters.  Without it, the
name is of ASCII and Latin letters and ends with a top-level domain from the lists here; a country's (but `co` and
`tv`) needs another label before the name, or a path behind it, for `foo.py` is a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

LATIN: Final = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
    "\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272\u0289\u028b\u02bb\u1e00-\u1eff"
)
"""Letters with accents, for a character class."""

_GENERIC: Final = (
    " com net org edu gov mil int info biz name pro app dev page web blog shop store site online tech cloud news live "
    "world today life media social wiki email network agency digital studio design academy science museum travel jobs "
    "mobi asia cat club xyz top art music film photo games fun space one link click zone guide help support "
)
_COUNTRIES: Final = (
    " ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc "
    "cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb "
    "gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke "
    "kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu "
    "mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw "
    "sa sb sc sd se sg sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua "
    "ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw "
)
_LIKE_GENERIC: Final = " co tv "
_SCRIPTS: Final = (
    "みんな|中国|中國|香港|台湾|台灣|한국|рф|укр|срб|қаз|мон|бел|ею|ελ|भारत|ไทย|پاکستان|ایران|السعودية|مصر|امارات"
)

_PUNCTUATION: Final = "\u00a1-\u00bf\u2000-\u206f\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
_ANY: Final = rf"[^\x00-/:-@\[-`{{-\x7f\s{_PUNCTUATION}]"
_PLAIN: Final = f"[A-Za-z0-9{LATIN}]"


def _host(letter: str, top: str) -> str:
    """A host name: sub-domains with dashes and underscores inside, a name with dashes inside, a top-level domain."""
    sub = rf"(?:{letter}(?:[-_]*{letter})*\.)"
    return rf"(?P<sub>{sub}*)(?P<name>{letter}(?:-*{letter})*)\.(?P<top>{top})(?![A-Za-z0-9@]|_)"


_WITH_SCHEME: Final = re.compile(
    rf"(?<![A-Za-z0-9@＠$#＃])https?://{_host(_ANY, f'xn--[A-Za-z0-9-]+|[A-Za-z]{{2,63}}|{_SCRIPTS}')}", re.IGNORECASE
)
_WITHOUT: Final = re.compile(
    rf"(?<![A-Za-z0-9@＠$#＃_./\-{LATIN}]){_host(_PLAIN, 'xn--[A-Za-z0-9-]+|[A-Za-z]{2,63}')}", re.IGNORECASE
)
_PATTERNS: Final = (_WITH_SCHEME, _WITHOUT)
_PORT: Final = re.compile(":[0-9]{1,5}")
_PATH: Final = re.compile(rf"/[A-Za-z0-9\u0400-\u04ff{LATIN}!*';:=+,.$/%#\[\]\-_~@|&()\u2013]*")
_QUERY: Final = re.compile(r"\?[A-Za-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*")
_ENDS: Final = re.compile(rf"[A-Za-z0-9\u0400-\u04ff{LATIN}=_#/+&\-]")
LONGEST_HOST: Final = 253
"""Characters, RFC 1035."""


def links(text: str) -> Iterator[tuple[int, int]]:
    """Where each link begins and ends, in order."""
    place = 0
    ahead = [pattern.search(text) for pattern in _PATTERNS]
    while any(ahead):
        match = min((each for each in ahead if each), key=lambda each: each.start())
        place = _end(text, match.end())
        if _is_link(match, bare=place == match.end()):
            yield match.start(), place
        else:
            place = match.end()
        for number, each in enumerate(ahead):
            if each is not None and each.start() < place:
                ahead[number] = _PATTERNS[number].search(text, place)


def _is_link(match: re.Match[str], *, bare: bool) -> bool:
    top = f" {match['top'].lower()} "
    if len(match[0]) > LONGEST_HOST:
        return False
    if "://" in match[0][:8] or top.startswith(" xn--"):
        return True
    if top in _GENERIC or top in _LIKE_GENERIC:
        return True
    return top in _COUNTRIES and (bool(match["sub"]) or not bare)


def _end(text: str, end: int) -> int:
    """Where the link ends whose host name ends at `end`: behind port, path and query, without the sentence's own
    full stop or closing bracket."""
    for part in (_PORT, _PATH, _QUERY):
        if (match := part.match(text, end)) is not None:
            end = match.start() + _kept(match[0])
    return end


def _kept(part: str) -> int:
    """How much of a port, path or query belongs to the link."""
    end = len(part)
    while end > 1:
        last = part[end - 1]
        if _ENDS.match(last) or (last == ")" and part[:end].count("(") >= part[:end].count(")")):
            break
        end -= 1
    return end if part[:end] != "?" else 0
