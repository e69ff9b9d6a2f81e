"""``connect-sso review``: one page that says what a change does, for the people who answer for it.

What is said is made in :mod:`contact_center.review`; here it is read, written as HTML, Markdown and JSON, and
given an exit code.
"""
