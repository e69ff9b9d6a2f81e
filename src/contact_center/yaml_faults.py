"""What a YAML syntax error means to the person who wrote the file, and on which line.

Must not know what the file is for.
"""

from __future__ import annotations

import re

import yaml

from contact_center.nearest import shown

# Part of the parser's text → what to do. Checked in this order.
_HINTS = (
    ("undefined alias", "a text that starts with * needs quotes"),
    ("scanning an alias", "a text that starts with * needs quotes"),
    ("scanning an anchor", "a text that starts with & needs quotes"),
    ("scanning a directive", "a text that starts with % needs quotes"),
    (
        "mapping values are not allowed",
        "a text that holds a colon and a space needs quotes, or the line is indented wrongly",
    ),
    ("cannot start any token", "a text that starts with it needs quotes"),
    ("quoted scalar", "the quote that begins here is never closed"),
    ("a flow mapping", "a text that starts with { needs quotes; else a comma or } is missing"),
    ("a flow sequence", "a text that starts with [ needs quotes; else a comma or ] is missing"),
    ("single document", "the file holds two documents: take out the line ---"),
    ("could not find expected ':'", "a key is followed by a colon and a space"),
    ("expected <block end>", "the line is indented differently from its neighbors"),
    (
        "expected '<document start>'",
        "what stands here does not belong to the mapping before it: check quotes and indentation",
    ),
)


def syntax_fault(error: yaml.YAMLError, text: str) -> tuple[int | None, str]:
    """Return the line (the first is 1) and the message of a parser's error.

    Args:
        error: as PyYAML raised it.
        text: the file.
    """
    if isinstance(error, yaml.reader.ReaderError):
        before = text.count("\n", 0, error.position)
        return before + 1, f"the letter U+{ord(text[error.position]):04X} is not allowed in YAML: take it out"
    if not isinstance(error, yaml.MarkedYAMLError):
        return None, "the file is not YAML"
    said = f"{error.context or ''} {error.problem or ''}"
    mark = error.problem_mark or error.context_mark
    if "quoted scalar" in said or "a flow" in said:
        # Where it begins is the line to look at; where the parser noticed is often the file's end.
        mark = error.context_mark or mark
    row = mark.line + 1 if mark else None
    lines = text.splitlines()
    line = lines[row - 1] if row and row <= len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())] or "'\\t'" in said:
        return row, "a tab is used for indentation, which YAML does not allow: use spaces"
    if re.search(r":\s+\{[^{}]*\}[^\s,}\]]", line):
        # {Alias}@{Id}: the parser complains about the letter behind the brace.
        return row, f"the file is not YAML at {shown(line.strip())}: a text that starts with {{ needs quotes"
    hint = next((hint for part, hint in _HINTS if part in said), "check quotes, colons and indentation")
    problem = (error.problem or "cannot be read").strip()
    shown_line = f" at {shown(line.strip())}" if line.strip() else ""
    return row, f"the file is not YAML: {problem}{shown_line}; {hint}"
