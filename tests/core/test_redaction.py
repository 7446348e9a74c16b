"""What is shown of a task's payload: no secret, in no spelling, and nothing that acts on the page."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from django_simple_queue.redaction import (
    REDACTED,
    Redacted,
    redact_args,
    redact_head,
    redact_source,
    redact_tail,
    redact_text,
    visible,
)
from django_simple_queue.text import cut_marker

TASK = "shop.tasks.connect"
SECRET = "hunter2-and-more"
PEM = "-----BEGIN RSA PRIVATE KEY-----"
KEYS = (
    "password PASSWORD passwd passphrase db_password userPassword secret client-secret clientSecret token "
    "access_token accessToken card_token api_key apikey API-KEY apiKey private_key privateKey authorization "
    "Authorization cookie Set-Cookie session session_id credentials credit_card creditCardNumber card_number cvv CVC "
    "pin pwd otp ssn jwt"
).split()
HARMLESS = "to subject template order_id passenger tokyo pinned author panel".split()


def with_key(key, value=SECRET):
    return json.dumps({"outer": [{"inner": {key: value, "kept": "visible"}}]})


@pytest.mark.parametrize("key", KEYS)
def test_a_secret_key_is_masked_at_any_depth_and_in_any_spelling(key):
    shown = redact_args(TASK, with_key(key))
    assert shown == {"outer": [{"inner": {key: REDACTED, "kept": "visible"}}]}


@pytest.mark.parametrize("key", HARMLESS)
def test_a_harmless_key_is_shown(key):
    assert redact_args(TASK, with_key(key)) == json.loads(with_key(key))


@pytest.mark.parametrize("value", [SECRET, 4711123, 47.25, ["a", SECRET], {"x": SECRET}])
def test_whatever_lies_below_a_secret_key_is_masked(value):
    assert redact_args(TASK, json.dumps({"token": value})) == {"token": REDACTED}


@pytest.mark.parametrize("value", [None, True, False])
def test_flags_below_a_secret_key_say_nothing_and_are_shown(value):
    assert redact_args(TASK, json.dumps({"password": value})) == {"password": value}


def test_secret_args_of_the_allowlist_are_masked(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {TASK: {"secret_args": ["Account-No"]}}
    args = json.dumps({"account_no": "AT611904300234573201", "note": "pay from AT611904300234573201"})
    assert redact_args(TASK, args) == {"account_no": REDACTED, "note": f"pay from {REDACTED}"}
    assert "AT6119" not in redact_text(TASK, args, "booked AT611904300234573201, accountNo=AT99")
    assert "AT99" not in redact_text(TASK, args, "accountNo=AT99")


@pytest.mark.parametrize(
    "spelled",
    [
        'it said "pa ss\'w/o"rd\n!" twice',
        json.dumps("pa ss'w/o\"rd\n!"),
        repr("pa ss'w/o\"rd\n!"),
        json.dumps(json.dumps("pa ss'w/o\"rd\n!"))[1:-1],
        "pa%20ss%27w%2Fo%22rd%0A%21",
        "pa+ss%27w%2Fo%22rd%0A%21",
        "<b>pa ss&#x27;w/o&quot;rd\n!</b>",
    ],
)
def test_a_secret_value_is_masked_in_each_way_that_text_spells_it(spelled):
    args = json.dumps({"password": "pa ss'w/o\"rd\n!"})
    shown = redact_text(TASK, args, f"before {spelled} after")
    assert "ss" not in shown.replace(REDACTED, "")
    assert shown.startswith("before")


def test_a_short_secret_is_masked_as_a_whole_word_only():
    args = json.dumps({"cvv": 123})
    assert redact_text(TASK, args, "cvv was 123, order 51234") == f"cvv was {REDACTED}, order 51234"


def test_a_secret_value_is_masked_in_other_arguments_too():
    args = json.dumps({"password": SECRET, "url": f"https://host/?p={SECRET}", "again": [SECRET]})
    assert SECRET not in json.dumps(redact_args(TASK, args))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("password=abc def", "password=[redacted] def"),
        ("{'token': 'a b', 'n': 1}", "{'token': '[redacted]', 'n': 1}"),
        ('{"api_key": "a\\"b", "n": 1}', '{"api_key": "[redacted]", "n": 1}'),
        ("Authorization: Bearer abc.def", "Authorization: [redacted]"),
        ("Cookie: a=b; c=d\nnext", "Cookie: [redacted]\nnext"),
        ("sent Bearer abcdefgh1234", "sent Bearer [redacted]"),
        ("postgres://shop:pw@db/shop", "postgres://shop:[redacted]@db/shop"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----[redacted]",
        ),
        ('{"tokens": ["a", ["b"], "c"], "n": 1}', '{"tokens": [redacted], "n": 1}'),
        ("{'secret': {'v': {'w': 'a'}, 'x': 'b'}, 'n': 1}", "{'secret': [redacted], 'n': 1}"),
        ("<ns:password>a b</ns:password>", "<ns:password>[redacted]</ns:password>"),
        ("client_secret%3Dab&x=1", "client_secret%3D[redacted]&x=1"),
        ("password reset for eva, token expired", "password reset for eva, token expired"),
        ("is token > 3? token>3 <b> token >= 3, tokens []", "is token > 3? token>3 <b> token >= 3, tokens []"),
        ("12:03:07 took 3 s", "12:03:07 took 3 s"),
    ],
)
def test_pairs_that_look_secret_are_masked_in_text(text, shown):
    assert redact_text(TASK, "{}", text) == shown


def test_source_lines_keep_names_and_lose_literals():
    assert redact_source(TASK, "{}", "client(token=settings.TOKEN, password='abc')") == (
        f"client(token=settings.TOKEN, password='{REDACTED}')"
    )
    assert redact_source(TASK, "{}", "tokens = [first, last], token = ['abc']") == (
        f"tokens = [first, last], token = {REDACTED}"
    )


@pytest.mark.parametrize("args", ["{", '{"password": "hunter2-and-more"', "[" * 100_000, "\x00", "nonsense " * 9])
def test_arguments_that_cannot_be_read_are_not_shown(args):
    shown = redact_args(TASK, args)
    assert isinstance(shown, Redacted)
    assert f"{len(args):,} character" in shown
    assert SECRET not in shown


@pytest.mark.parametrize("args", [None, ""])
def test_no_arguments_are_an_empty_object(args):
    assert redact_args(TASK, args) == {}


@pytest.mark.parametrize("args", ["[1, 2]", '"text"', "3", "null"])
def test_json_that_is_not_an_object_is_shown_as_it_is(args):
    assert redact_args(TASK, args) == json.loads(args)


def test_ansi_and_controls_become_visible_or_vanish():
    assert visible("\x1b[31mred\x1b[0m \x1b]0;title\x07 \x00\x07 a\tb\r\nc") == "red  \u2400\u2407 a\tb\nc"
    assert visible("\u202eevil\u2069 \x9b \ufeff") == "<U+202E>evil<U+2069> <U+009B> <U+FEFF>"
    assert visible("\ud800") == "<U+D800>"


secrets = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=8, max_size=30)


@settings(max_examples=150, deadline=None)
@given(secrets, st.sampled_from(KEYS), st.text(max_size=30), st.text(max_size=30))
def test_a_planted_secret_never_comes_out(secret, key, before, after):
    args = json.dumps({"a": [{key: secret}], "b": f"{before}{secret}{after}"})
    text = f"{before} {secret} {after} {secret!r} {json.dumps(secret)}"
    bare = f"{before}{after}{key}[redacted]"
    for shown in (json.dumps(redact_args(TASK, args), ensure_ascii=False), redact_text(TASK, args, text)):
        assert visible(secret) in bare or visible(secret) not in shown


@pytest.mark.parametrize(
    "unit",
    [
        *("a token ://a: a=b: token:[[ token:{} token:{{ <token> token>a< token>".split()),
        *('password="', f"{PEM}-----END KEY-----", "\x1b[", "\x1b]", "session ", 'token="\\', "token:" + "[" * 500),
    ],
)
def test_a_megabyte_of_bait_is_read_to_its_end(unit):
    """A pattern that goes back and forth over the text would run into the suite's time limit of a test."""
    shown = redact_text(TASK, "{}", unit * (1_000_000 // len(unit)) + "\nthe end")
    assert shown.endswith("the end")


def test_more_secrets_than_can_be_looked_for_hide_everything():
    args = json.dumps({"tokens": [f"tok-{number:05}" for number in range(5_000)]})
    assert "tok-" not in redact_text(TASK, args, "tok-04999 tok-00000")
    assert isinstance(redact_args(TASK, args), Redacted)


def test_of_long_arguments_only_the_first_part_is_shown():
    args = {
        "first": "a" * 50,
        "password": SECRET,
        "second": "b" * 100,
        **{f"key-{number}": SECRET for number in range(9)},
    }
    shown = redact_args(TASK, json.dumps(args), most=100)
    assert shown["first"] == "a" * 50
    assert len(shown) == len(args)
    assert SECRET not in json.dumps(shown)
    assert "b" * 100 not in json.dumps(shown)
    assert redact_args(TASK, json.dumps(args))["second"] == "b" * 100


@pytest.mark.parametrize("length", [8, 90, 5_000])
def test_a_secret_at_the_cut_of_a_part_is_not_shown(length):
    secret = "".join(chr(ord("A") + index % 26) + str(index) for index in range(length))[:length]
    args = json.dumps({"password": secret})
    for kept in (1, length // 2, length - 1):
        head, tail = "before " + secret[:kept], secret[-kept:] + " after"
        assert redact_head(TASK, args, "x" * 9_000 + head, 20).strip("x") in "before "
        assert secret[-kept:] not in redact_tail(TASK, args, tail + "x" * 9_000, 0)
        stored = f"{'x' * 9_000}{head}{cut_marker(77).decode()}{tail}{'x' * 9_000}"
        shown = redact_text(TASK, args, stored)
        assert "77 bytes dropped" in shown
        assert set(shown) <= set("x") | set(cut_marker(77).decode()) | set("before after")


def test_a_part_of_a_text_without_secrets_loses_only_its_margin():
    assert redact_head(TASK, "{}", "abcdef", 2) == "abcd"
    assert redact_tail(TASK, "{}", "abcdef", 2) == "cdef"
    assert redact_head(TASK, "{}", "abc", 9) == redact_tail(TASK, "{}", None, 0) == ""


@pytest.mark.parametrize("cut", ['{"password": "hunter2 and', "{'token': 'hunter2 and", r"{\"pwd\": \"hunter2 and\ "])
def test_a_pair_that_is_cut_inside_its_value_is_masked(cut):
    for text in (cut, f"{cut}\nnext line", cut[:-4]):
        shown = redact_text(TASK, "{}", text)
        assert "hunter2" not in shown
        assert ("next line" in shown) == ("next line" in text)


def test_a_value_of_bytes_is_masked():
    assert redact_text(TASK, "{}", "{'token': b'hunter2', 'n': 1}") == "{'token': b'[redacted]', 'n': 1}"


@pytest.mark.parametrize("args", ["{", '{"password": "hunter2-and-more"', "[" * 100_000])
def test_without_readable_arguments_no_text_is_shown(args):
    for shown in (
        redact_text(TASK, args, SECRET),
        redact_source(TASK, args, SECRET),
        redact_tail(TASK, args, SECRET, 9),
    ):
        assert isinstance(shown, Redacted)
        assert "not valid JSON" in shown


def test_arguments_nested_too_deeply_hide_everything():
    args = '{"a":' * 400 + f'{{"password": "{SECRET}"}}' + "}" * 400
    assert SECRET not in str(redact_args(TASK, args))
    assert SECRET not in redact_text(TASK, args, SECRET)
