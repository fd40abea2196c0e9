"""A configuration's text with its secrets hidden, and put back."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from spanglass_server.base.errors import BadInput
from spanglass_server.notify.config_text import mask_secrets, restore_secrets

_TEXT = """# who hears
global:
  slack_api_url: https://hooks.slack.com/services/S3CRET-1 # keep
  smtp_smarthost: 'mail.example.com:587'
  smtp_auth_password: "S3CRET-2"
route: {receiver: a}
receivers:
- name: a
  webhook_configs:
  - url: 'https://user:S3CRET-3@x.example/z'
    http_config:
      authorization: {type: Key, credentials: S3CRET-4}
      tls_config: {insecure_skip_verify: false}
    # url: https://old.example/S3CRET-5
  - {url: https://y.example/S3CRET-6, http_config: {basic_auth: {username: u, password: S3CRET-7}}}
  pagerduty_configs:
  - routing_key: >-
      S3CRET-8
    url: https://events.eu.pagerduty.com/v2/enqueue
    client_url: https://public.example
- name: b
  email_configs: [{to: a@b.c, auth_password: S3CRET-9}]
"""


def test_no_secret_is_shown_and_everything_else_is() -> None:
    shown = mask_secrets(_TEXT)
    assert "S3CRET" not in shown
    for kept in ("# who hears", "# keep", "mail.example.com:587", "events.eu.pagerduty.com", "username: u"):
        assert kept in shown
    assert yaml.safe_load(shown)["receivers"][0]["webhook_configs"][0]["url"] == "***"


def test_what_is_left_hidden_is_put_back() -> None:
    assert yaml.safe_load(restore_secrets(mask_secrets(_TEXT), _TEXT)) == yaml.safe_load(_TEXT)


def test_the_rest_may_change_around_hidden_secrets() -> None:
    shown = mask_secrets(_TEXT).replace("receiver: a}", "receiver: b}").replace("type: Key", "type: Token")
    found = yaml.safe_load(restore_secrets(shown, _TEXT))
    assert found["route"] == {"receiver": "b"}
    assert found["receivers"][1]["email_configs"][0]["auth_password"] == "S3CRET-9"


def test_a_secret_may_be_replaced_while_others_stay_hidden() -> None:
    shown = mask_secrets(_TEXT).replace('auth_password: "***"}]', "auth_password: new}]")
    found = yaml.safe_load(restore_secrets(shown, _TEXT))
    assert found["receivers"][1]["email_configs"][0]["auth_password"] == "new"
    assert found["global"]["smtp_auth_password"] == "S3CRET-2"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("events.eu.pagerduty.com", "evil.example"),
        ("mail.example.com:587", "evil.example:25"),
        ("name: b", "name: c"),
        ("insecure_skip_verify: false", "insecure_skip_verify: true"),
        ('- url: "***"\n    http', "- url: https://evil.example\n    http"),
        ('{url: "***", http', "{url: https://evil.example, http"),
        ('"***" # keep', "'***x' # keep"),
        ("email_configs: [{", "email_configs: [{smarthost: 'evil.example:25', "),
    ],
)
def test_a_hidden_secret_never_goes_to_another_target(before: str, after: str) -> None:
    shown = mask_secrets(_TEXT)
    assert before in shown
    with pytest.raises(BadInput, match=r"^line \d+: ") as caught:
        restore_secrets(shown.replace(before, after), _TEXT)
    assert "S3CRET" not in str(caught.value)


def test_the_global_target_counts_for_receivers_that_name_none() -> None:
    text = """
global: {smtp_smarthost: 'mail.example.com:587', smtp_from: a@b.c}
route: {receiver: a}
receivers: [{name: a, email_configs: [{to: a@b.c, auth_username: u, auth_password: S3CRET}]}]
"""
    shown = mask_secrets(text)
    assert yaml.safe_load(restore_secrets(shown, text)) == yaml.safe_load(text)
    with pytest.raises(BadInput, match="target of `auth_password` has changed"):
        restore_secrets(shown.replace("mail.example.com", "evil.example"), text)


def test_what_is_not_yaml_is_not_shown() -> None:
    assert mask_secrets("url: [S3CRET") == ""


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_any_secret_survives_being_hidden(secret: str) -> None:
    text = yaml.safe_dump(
        {"receivers": [{"name": "a", "webhook_configs": [{"url": secret}]}]}, allow_unicode=True
    )
    restored = yaml.safe_load(restore_secrets(mask_secrets(text), text))
    assert restored["receivers"][0]["webhook_configs"][0]["url"] == secret
