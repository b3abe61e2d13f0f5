"""From profile YAML to an auditor's issue. The ways of the data, and where each step stands:

publish  data/*.yml ─ profiles.load ─ Data ─┬─ publish (pages and forms) ─ site/
                                            └─ profiles.derive (JSON Schemas) ─ schemas/
accept   form POST │ JSON │ provider ─ accept.raw ─ accept.check ─ Submission │ Findings ─ accept.inbox
mail     accept.accept ─ mail.orders ─ mail.postman (one letter an hour) ─ mail.smtp │ mail.outbox
intake   accept.inbox ─ cases.intake ─ events of a case ─ audit.issue ─ github │ audit.board
audit    comment │ button ─ audit.command ─ audit.act (profiles.process, audit.needs) ─ event ─ cases.standing
keep     events ─ cases.reminders (whose turn) │ cases.statistics │ cases.retention ─ cases.forget │ cases.verify

Read → check → frozen object → pure rendering. Only profiles.load reads data/, only github.py and its
github_client.py speak to GitHub, only __main__ prints and exits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs_macros.plugin import MacrosPlugin


def define_env(env: MacrosPlugin) -> None:
    """The hand-over to mkdocs-macros. Imported here: the pipeline's small group of dependencies has no Jinja."""
    from pipeline.publish.macros import define

    define(env)
