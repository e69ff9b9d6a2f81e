"""Inputs: good exports in every dialect, and damage of every kind done to them."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Callable
from random import Random

from tests.unit.user_sync.tables import (
    FOOTER,
    HEADER,
    REPORT_HEADER,
    SAMPLES,
    archive,
    people,
    person,
    short_id,
    text,
    workbook,
)
from user_sync.salesforce_id import extend

TOKENS = (
    *(b",", b";", b"\t", b"|", b'"', b'""', b"\n", b"\r", b"\r\n", b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"),
    *(b"sep=;\n", b"Id", b"User ID", b"Active", b"IsActive", b"Profile.Name", b"ProfileId", b"Alias", b"AssigneeId"),
    *(b"PermissionSet.Name", b"true", b"0", b"WAHR", b"5.50E+12", b"Grand Total", b"Copyright (c) 2026", b"\xc3\xa9"),
    *(
        b"\xe9",
        b"\x81",
        b"e\xcc\x81",
        b"\xe2\x80\xa8",
        b"\xc2\x85",
        b"\xed\xa0\x80",
        b"=cmd()",
        b"<",
        b"{",
        b"[",
        b"PK",
    ),
    *(b"\xf0\x9f\x98\x80", b"\xe2\x80\x8b", b"*", b"%s", b"{Id}", b"\x1c", b"\x0b", b"\x0c", b"&#0;", b"<!DOCTYPE a>"),
)
CELLS = (
    *(
        "",
        " ",
        "true",
        "false",
        "1",
        "0",
        "TRUE",
        "perhaps",
        "Chloé",
        "Nu\u0303ez",
        "O'Neil",
        "a b",
        "=1+1",
        "5.50E+12",
    ),
    *(
        "5000000000123",
        "0055e000RQ4F5ZR",
        "0055e000rq4f5zr",
        "0055E000RQ4F5ZRAY0",
        "x" * 70,
        "\u0430dmin",
        "two\nlines",
    ),
    *("Support Rep", "support rep", "EMEA Support", "*", "ChoÃ©", "\ufffd", "a\u200bb", "user1@acme.example", '"', ";"),
)
_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1", "utf-16-le", "utf-32")


def seeds() -> list[bytes]:
    """Return good exports, one of each form."""
    assignments = [("AssigneeId", "PermissionSet.Name", "ExpirationDate", "IsActive")]
    assignments += [(short_id(n), "ContactCenterAgent", "2026-12-31T00:00:00.000Z", "1") for n in range(1, 4)]
    ids = [[*row, extend("00e5e0000000001")] for row in people(2)]
    named = [("Id", "Name"), (extend("00e5e0000000001"), "Support Rep")]
    return [
        text([HEADER, *people(3)]).encode(),
        text([REPORT_HEADER, *people(3), *FOOTER], quote_all=True).encode("cp1252"),
        text([HEADER, *people(3)], delimiter="\t").encode("utf-16"),
        text(assignments).encode(),
        workbook([HEADER, *people(3)]),
        archive(User=text([[*HEADER[:-1], "Other", "ProfileId"], *ids]).encode(), Profile=text(named).encode()),
        *(path.read_bytes() for path in sorted(SAMPLES.glob("*.csv"))),
    ]


_GOOD = len(seeds())  # the corpus starts with these


def well_formed(random: Random) -> bytes:
    """Return an export that can be read, with whatever in its cells."""
    rows = [person(number) for number in random.sample(range(1, 30), random.randint(0, 12))]
    for row in rows:
        for _ in range(random.choice((0, 0, 0, 1, 2))):
            row[random.randrange(len(row))] = random.choice(CELLS)
    if rows and random.random() < 0.1:
        rows.append(random.choice(rows))
    return text([HEADER, *rows], delimiter=random.choice(",;\t|"), quote_all=True).encode()


def mutated(random: Random, corpus: list[bytes]) -> bytes:
    """Return an input of the corpus with some damage; every other one of a good export that had none yet."""
    data = random.choice(corpus[:_GOOD] if random.random() < 0.5 else corpus)
    if data.startswith(b"PK\x03\x04") and random.random() < 0.7:
        return _inside(data, random)
    for _ in range(random.choice((1, 1, 2, 3, 8))):
        data = random.choice(_WAYS)(data, random, corpus)[:400_000]
    return data


def _inside(data: bytes, random: Random) -> bytes:
    """Return an archive with one of its files damaged, or renamed."""
    out = io.BytesIO()
    try:
        source = zipfile.ZipFile(io.BytesIO(data))
        members = [(info.filename, source.read(info)) for info in source.infolist()]
    except Exception:  # noqa: BLE001 - it was damaged before: damage it as bytes
        return _replace(data, random, [])
    chosen = random.randrange(len(members)) if members else -1
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        warnings.simplefilter("ignore")  # two files of one name are meant
        for index, (name, content) in enumerate(members):
            if index == chosen and random.random() < 0.1:
                name = random.choice(("User.csv", "a/User.csv", "xl/workbook.xml", "Profile.csv", "x"))  # noqa: PLW2901
            elif index == chosen:
                content = random.choice(_WAYS)(content, random, [content])  # noqa: PLW2901
            target.writestr(name, content)
    return out.getvalue()


def _cut(data: bytes, random: Random, _: list[bytes]) -> bytes:
    return data[: random.randint(0, len(data))] if random.random() < 0.7 else data[random.randint(0, len(data)) :]


def _replace(data: bytes, random: Random, _: list[bytes]) -> bytes:
    start = random.randint(0, len(data))
    return data[:start] + random.randbytes(random.randint(0, 4)) + data[start + random.randint(0, 4) :]


def _token(data: bytes, random: Random, _: list[bytes]) -> bytes:
    start = random.randint(0, len(data))
    return data[:start] + random.choice(TOKENS) + data[start + random.choice((0, 0, 1, 3)) :]


def _line(data: bytes, random: Random, _: list[bytes]) -> bytes:
    lines = data.split(b"\n")
    chosen = random.randrange(len(lines))
    how = random.randrange(4)
    if how == 0:
        del lines[chosen]
    elif how == 1:
        lines.insert(random.randint(0, len(lines)), lines[chosen])
    elif how == 2:
        lines[chosen] = b""
    else:
        random.shuffle(lines)
    return b"\n".join(lines)


def _splice(data: bytes, random: Random, corpus: list[bytes]) -> bytes:
    other = random.choice(corpus) if corpus else data
    return data[: random.randint(0, len(data))] + other[random.randint(0, len(other)) :]


def _swap(data: bytes, random: Random, _: list[bytes]) -> bytes:
    one, other = random.choice(TOKENS), random.choice(TOKENS)
    return data.replace(one, other, random.choice((1, -1)))


def _recode(data: bytes, random: Random, _: list[bytes]) -> bytes:
    return data.decode(random.choice(_ENCODINGS), "replace").encode(random.choice(_ENCODINGS), "replace")


def _long(data: bytes, random: Random, _: list[bytes]) -> bytes:
    start = random.randint(0, len(data))
    return data[:start] + random.choice(TOKENS) * random.choice((50, 1_000, 20_000)) + data[start:]


_WAYS: tuple[Callable[[bytes, Random, list[bytes]], bytes], ...] = (
    *(_replace, _replace, _token, _token, _token, _line, _cut, _splice, _swap, _recode, _long),
)
