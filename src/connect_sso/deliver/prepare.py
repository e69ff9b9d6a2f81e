"""``connect-sso deliver prepare``: review, plan users, make change sets; nothing is executed.

Exit codes: 0 nothing to deliver, 2 prepared: approve, 3 refused by a guard or a safety limit, 1 error.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from connect_sso import terminal
from connect_sso.deliver import assets, delivery, documents
from connect_sso.deliver.delivery import Asset, Delivery, PreparedStack, file_digest
from connect_sso.deliver.formation import ChangeSet, Formation, Wanted
from connect_sso.deliver.plan import Planned, plan_users
from connect_sso.deliver.publishing import publish
from connect_sso.deliver.rounds import (
    Placed,
    Round,
    assembly_digest,
    changes,
    placed,
    round_of,
    template_changes,
    template_digest,
)
from connect_sso.review import page
from connect_sso.review.deployed_stacks import read_deployed
from connect_sso.review.subject import Files, StoppedError, digests, read_files, read_synthesized, stack_names, write
from contact_center.review.assembly import Export
from contact_center.review.compare import Subject, review
from contact_center.review.model import Review
from contact_center.review.stacks import Side, Stack
from user_sync.errors import SyncError
from user_sync.model import Problem
from user_sync.run import NotPlannedError

NOTHING, ERROR, PREPARED, REFUSED = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class _Work:
    """What was read, before anything is written."""

    files: Files
    folder: Path
    account: str
    before: Side
    after: Side
    carried: Mapping[str, Export]
    round: Round
    planned: Planned | None

    def parameters(self, name: str) -> Mapping[str, str]:
        """Return the parameters that a stack's change set gets."""
        if self.planned is None or name != self.files.center.config.users_stack_name:
            return {}
        return self.planned.kept.parameters

    def changing(self) -> Iterator[tuple[Stack, bool]]:
        """Yield the stacks that change, and whether it takes a change set."""
        for name in self.round.now:
            new, old = self.after.stacks[name], self.before.stacks.get(name)
            users = bool(self.parameters(name)) and self.planned is not None and self.planned.changes > 0
            if users or changes(old, new):
                yield new, users or template_changes(old, new)


def run(options: argparse.Namespace) -> int:
    """Prepare a delivery.

    Returns:
        0 nothing to deliver, 2 prepared: approve, 3 refused, 1 error.
    """
    screen = terminal.Screen(quiet=options.quiet, verbose=options.verbose, json=options.json)
    try:
        _make_room(options.out)
        files = read_files(options.config)
        with _told(files):
            found, left, made = _round(options, files, options.stage, screen)
            if left and made is None and found.decision != "refused":
                # What the users waited for differs in nothing that CloudFormation would change.
                found, left, made = _round(options, files, "users", screen)
            if made:
                write(options.out / delivery.FILE, made.as_text())
    except StoppedError as stop:
        if options.json:
            documents.emit(documents.prepared(None, None), stop.problems)
        screen.problems(stop.problems)
        return ERROR
    return _ended(options, screen, files, found, made)


def _make_room(folder: Path) -> None:
    """Make the folder, and take away the delivery of another time: it must not be approved for this one."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / delivery.FILE).unlink(missing_ok=True)
    except OSError as error:
        said = f"cannot write into {folder}: {error.strerror or error}; give another folder with --out"
        raise StoppedError([Problem("error", str(folder), None, None, "page_unusable", said)]) from error


@contextmanager
def _told(files: Files) -> Iterator[None]:
    """Turn what is wrong into problems to show."""
    try:
        yield
    except NotPlannedError as error:
        hint = "users cannot be planned; what does not wait for them goes on with --stage foundation"
        foundation = Problem("warning", str(files.center.path), None, None, "stage", hint)
        raise StoppedError([*files.warnings, *error.problems, foundation]) from error
    except SyncError as error:
        raise files.stopped(error) from error


def _round(
    options: argparse.Namespace, files: Files, stage: str, screen: terminal.Screen
) -> tuple[Review, Sequence[str], Delivery | None]:
    """Prepare what a stage allows now; return the review, what is left, and what was made."""
    work = _read(options, files, stage, screen)
    found = _reviewed(work)
    for suffix, render in ((".html", page.html), (".md", page.markdown)):
        write(options.out / f"review{suffix}", render(found))
    screen.lines(page.lines(found))
    made = None if found.decision == "refused" else _prepared(options, work, screen)
    return found, work.round.left, made


def _read(options: argparse.Namespace, files: Files, stage: str, screen: terminal.Screen) -> _Work:
    config = files.center.config
    after, carried = read_synthesized(files, options.assembly)
    screen.say(f"reading what is deployed in {config.region}")
    before, account = read_deployed(config, stack_names(config))
    round_ = round_of(config, before, after, stage)
    if not round_.now:
        names = ", ".join(round_.left) or "none of this stage"
        raise SyncError("not_yet", f"nothing can be prepared yet: {names}; prepare --stage foundation first")
    planned = None
    if config.users_stack_name in round_.now:
        screen.say("planning users")
        with screen.reading() as progress:
            planned = plan_users(files.center, datetime.now(UTC), progress)
    before, after = round_.sides(before, after)
    return _Work(files, options.assembly, account, before, after, carried, round_, planned)


def _reviewed(work: _Work) -> Review:
    center = work.files.center
    plan = work.planned.document if work.planned else None
    carried = work.carried if work.planned else {}
    given = {name: one.parameters for name, one in work.before.stacks.items()}
    given |= {stack.name: work.parameters(stack.name) for stack, change_set in work.changing() if change_set}
    subject = Subject(
        config=center.config,
        policy=center.policy,
        before=work.before,
        after=work.after,
        account=work.account,
        plan=plan,
        digests=digests(center, work.after, carried, plan, given),
        left=work.round.left,
    )
    return review(subject, datetime.now(UTC))


def _prepared(options: argparse.Namespace, work: _Work, screen: terminal.Screen) -> Delivery | None:
    """Publish, keep the plan, make the change sets; what was made is taken back where something fails."""
    changing = list(work.changing())
    if not changing:
        return None
    moment, config = datetime.now(UTC), work.files.center.config
    names = [stack.name for stack, change_set in changing if change_set]
    if names:
        screen.say(f"publishing assets of {', '.join(names)}")
        publish(options.assembly, names, screen.say if screen.verbose else lambda _line: None)
    if work.planned and config.users_stack_name in names:
        work.planned.keep(work.files.center)
    formation = Formation(config.region, say=screen.say)
    stacks: list[PreparedStack] = []
    try:
        for stack, change_set in changing:
            screen.say(f"preparing {stack.name}")
            there = placed(work.folder, stack.name, account=work.account, region=config.region)
            files = assets.published(there.assets, stack.name, config.region) if change_set else ()
            made = formation.create(_wanted(work, stack, there, moment)) if change_set else None
            if made is None or not made.empty:
                stacks.append(_stack(stack, made, files))
            _as_synthesized(formation, stack, made)
    except SyncError:
        for one in stacks:
            with suppress(SyncError):
                if one.change_set:
                    formation.delete(one.change_set, one.name)
        raise
    return _delivery(options, work, stacks, moment) if stacks else None


def _wanted(work: _Work, stack: Stack, there: Placed, moment: datetime) -> Wanted:
    return Wanted(
        stack=stack.name,
        name=f"deliver-{moment:%Y%m%dT%H%M%SZ}",
        new=stack.name not in work.before.stacks,
        template_url=there.template_url,
        execution_role=there.execution_role,
        tags=stack.tags,
        parameters=work.parameters(stack.name),
    )


def _as_synthesized(formation: Formation, stack: Stack, made: ChangeSet | None) -> None:
    """Make sure that what was published is what was synthesized: it lies in a bucket that others write to."""
    if made is None or made.empty:
        return
    if template_digest(formation.template(made.arn, stack.name)) != template_digest(stack.template):
        text = f"the published template of {stack.name} is not the synthesized one: somebody wrote to the CDK's bucket"
        raise SyncError("template_swapped", f"{text}; find out who, then prepare again")


def _stack(stack: Stack, made: ChangeSet | None, files: tuple[Asset, ...]) -> PreparedStack:
    return PreparedStack(
        name=stack.name,
        change_set=made.arn if made else None,
        template_sha256=template_digest(stack.template),
        parameters=made.parameters if made else {},
        tags=made.tags if made else {},
        changes=made.changes if made else {},
        protected=bool(stack.protected),
        assets=files,
    )


def _delivery(options: argparse.Namespace, work: _Work, stacks: Sequence[PreparedStack], moment: datetime) -> Delivery:
    config, planned = work.files.center.config, work.planned
    users = planned if any(one.name == config.users_stack_name for one in stacks) else None
    return Delivery(
        version=delivery.VERSION,
        contact_center=config.name,
        account=work.account,
        region=config.region,
        prepared=moment.isoformat(timespec="seconds"),
        digests={
            "assembly": assembly_digest(options.assembly),
            "config": file_digest(options.config),
            "review": file_digest(options.out / "review.html"),
            **(users.digests() if users else {}),
        },
        plan=users.kept if users else None,
        stacks=tuple(stacks),
        left=work.round.left,
    )


def _ended(
    options: argparse.Namespace, screen: terminal.Screen, files: Files, found: Review, made: Delivery | None
) -> int:
    if options.json:
        documents.emit(documents.prepared(found, made), files.warnings)
    screen.problems(files.warnings)
    if found.decision == "refused":
        screen.error("refused: nothing was prepared; the reasons stand above and on the page")
        return REFUSED
    screen.lines(_lines(options.out, made))
    return PREPARED if made else NOTHING


def _lines(out: Path, made: Delivery | None) -> Iterator[Sequence[terminal.Part]]:
    """Yield what was prepared, for a person."""
    if made is None:
        yield (("nothing to deliver", "bold green"),)
        return
    for one in made.stacks:
        counts = ", ".join(f"{count} {what}" for what, count in one.changes.items()) or "parameters or settings"
        yield ((f"{one.name}: ", "bold"), (f"{counts}; {one.change_set or 'termination protection'}", ""))
    for name in made.left:
        text = "left for another round: execute, then run the pipeline again, or prepare again (with its own approval)"
        yield ((f"{name}: ", "bold"), (text, "yellow"))
    yield ((f"read {out / 'review.html'}, then approve: ", ""), (made.approval, "bold"))
