"""`spanglass rules ...`."""

import typer

from spanglass_server.cli import rules_check, rules_test

app = typer.Typer(name="rules", help="Check and test rule files.", no_args_is_help=True)
app.command("check")(rules_check.check)
app.command("test")(rules_test.run_rule_tests)
