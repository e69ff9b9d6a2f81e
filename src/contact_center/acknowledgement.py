"""What a config may acknowledge: a dangerous change, in words that name the thing it happens to.

Each names one change of one thing, so that it never covers another one; `connect-sso review` prints the very
words, and says when they are about nothing any more. Must not know how a change is found.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from contact_center.nearest import did_you_mean, shown
from contact_center.values import Text, text_schema, unique, wrong

# The first word → what follows it, each WORD without a space.
FORMS = {
    "change-alias": "OLD to NEW",
    "change-identity-type": "INSTANCE to TYPE",
    "remove-protection": "STACK",
    "remove-resource": "THING",
    "remove-retention": "THING",
    "replace-instance": "INSTANCE",
    "replace-provider": "PROVIDER",
    "replace-role": "ROLE",
    "trust": "WHO in ROLE",
}
_PATTERN = "|".join(
    f"{verb} " + " ".join(part if part.islower() else "[^ ]+" for part in form.split()) for verb, form in FORMS.items()
)


def _acknowledgement(text: str) -> str:
    if re.fullmatch(_PATTERN, text) and text.isprintable():
        return text
    verb = text.split(" ", 1)[0]
    if verb in FORMS:
        raise wrong("acknowledgement_invalid", f"{shown(text)} is not complete: write {verb} {FORMS[verb]}")
    raise wrong(
        "acknowledgement_invalid",
        f"{shown(text)} starts with none of {', '.join(FORMS)}{did_you_mean(verb, FORMS)}: "
        "connect-sso review prints the words to write",
    )


Acknowledgements = Annotated[
    tuple[Annotated[Text, AfterValidator(_acknowledgement), text_schema(f"^({_PATTERN})$")], ...],
    unique("acknowledgement"),
]
