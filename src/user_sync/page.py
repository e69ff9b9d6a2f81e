"""One self-contained HTML page out of headings and tables: no script, nothing fetched, readable on paper.

Everything that is shown is escaped here, and only here. Must not know what is shown.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any


def page(title: str, parts: Iterable[str]) -> str:
    """Return the page.

    Args:
        title: as text.
        parts: as HTML, from `heading`, `table`, `note` and `verdict`.
    """
    return _PAGE.format(title=html.escape(title), body="\n".join(parts))


def heading(text: str) -> str:
    """Return the heading of a section."""
    return f"<h2>{html.escape(text)}</h2>"


def note(text: str) -> str:
    """Return a paragraph."""
    return f"<p>{html.escape(text)}</p>"


def verdict(text: str, *, kind: str, reasons: Sequence[str] = ()) -> str:
    """Return the box at the top that says how it stands.

    Args:
        kind: ``good``, ``change`` or ``bad``; the words say it too, so nobody needs the color.
        reasons: one paragraph each.
    """
    more = "".join(f"<li>{html.escape(reason)}</li>" for reason in reasons)
    return f"<div class={kind}><strong>{html.escape(text)}</strong>{f'<ul>{more}</ul>' if more else ''}</div>"


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table, or ``None.`` where there are no rows.

    Args:
        head: column headings; empty texts for a table of facts, whose first column is then the heading.
    """
    top = "".join(f"<th scope=col>{html.escape(str(cell))}</th>" for cell in head) if any(head) else ""
    first = "td" if top else "th"
    body = "".join(
        f"<tr><{first}{' scope=row' if first == 'th' else ''}>{html.escape(str(row[0]))}</{first}>"
        + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row[1:])
        + "</tr>\n"
        for row in rows
    )
    if not body:
        return "<p>None.</p>"
    above = f"<thead><tr>{top}</tr></thead>" if top else ""
    return f"<div class=wide tabindex=0><table>{above}<tbody>\n{body}</tbody></table></div>"


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --line: #c8ced6; --head: #eef1f5; --text: #1b1f24; --ground: #fff }}
:root {{ --good: #1a7f37; --change: #9a6700; --bad: #b42318 }}
@media (prefers-color-scheme: dark) {{
:root {{ --line: #3d444d; --head: #21262d; --text: #e6edf3; --ground: #0d1117 }}
:root {{ --good: #4ac26b; --change: #e3b341; --bad: #ff7b72 }}
}}
body {{ font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--ground); margin: 2rem auto }}
body {{ max-width: 80rem; padding: 0 1rem }}
h1 {{ font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere }} h2 {{ font-size: 1.2rem; margin-top: 2rem }}
.wide {{ overflow-x: auto }}
table {{ border-collapse: collapse; font-size: .9rem }}
th, td {{ border: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top }}
td {{ overflow-wrap: break-word; min-width: 4rem }}
thead + tbody td:first-child {{ white-space: nowrap }}
th {{ background: var(--head) }}
.good, .change, .bad {{ border-left: .4rem solid; padding: .5rem 1rem; margin: 1rem 0; background: var(--head) }}
.good {{ border-color: var(--good) }} .change {{ border-color: var(--change) }} .bad {{ border-color: var(--bad) }}
li {{ overflow-wrap: anywhere; margin: .3rem 0 }}
@media print {{ body {{ margin: 0; max-width: none; font-size: 10pt }} thead {{ display: table-header-group }} }}
</style></head><body>
<h1>{title}</h1>
{body}
</body></html>
"""
