"""ISO/IEC 13714 and GB/T 33358 at every menu and every entry of every service that Huimin comes with.

A caller walks through the whole dialogue. Wherever a key is awaited the same is tried: nothing, a wrong key,
`0`, `9`, `8`, `#`, and on the way out `*`, which leads to where the caller came from.
"""

from __future__ import annotations

import re

import pytest

from backend_client.catalog import ServiceKind
from backend_client.forms.form import Field, FieldType, Form
from backend_client.forms.together import asked
from foundation.language import Language
from ivr.dialogue.lookup import by_keys
from ivr.dialogue.services import offered
from tests.ivr.conftest import Phone
from tests.ivr.people import IDENTITY_X, suffix
from tests.ivr.test_shipped_content import chosen, given, script, way_to, way_to_form
from tests.ivr.walking import Stop, Walk, walking

DIGITS = dict(zip("零一二三四五六七八九", "0123456789", strict=True)) | {"星号": "*", "井号": "#"}
KEY_WORDS = "zero one two three four five six seven eight nine star hash"
WORDS = dict(zip(KEY_WORDS.split(), "0123456789*#", strict=True))
NEXT_GROUP = {"menu.more", "menu.from_the_beginning"}
WRONG, WRONG_IN_MAIN = "6", "7"
"""Never a choice: the language has 8, the repeat 9, a text message 7, and no menu has more than five keys of
its own; the main menu, where nothing is sent, shows on the screen with 6."""
GOES_ON = {"reading.keys", "notices.keys"}
"""Where silence is an answer: the text goes on."""
CONTENT = {
    *("reading.end", "notices.keys_last", "payment.keys", "payment.keys_over", "sent.keys", "progress.keys"),
    *("reply.keys", "reply.keys_reopen", "lookup.anew_or_back", "lookup.anew"),
}
"""Where nothing is left to be asked: silence ends the call with a goodbye."""
ENTRY = re.compile(
    r"key\.(?!yes_no)|progress\.(reference|suffix)|search\.(question|again|more)|message\.number|(payment|sms)\.which"
)
LATER = {"sent.how_to_ask", "sent.pay_later"}
"""Where keys are said for another call."""
EVERYWHERE = {
    *("ask.silence", "ask.wrong_key", "person.back", "demonstration"),
    *("menu.commands", "policies.by_initials"),
}
"""What tells no menu from another, with the keys for other groups."""


def keys_in(stop: Stop, *, without: frozenset[str] = frozenset()) -> list[str]:
    """The keys that are said, in order."""
    found = []
    for name, text in stop.said:
        if name in without or name in LATER:
            continue
        found += [DIGITS[key] for key in re.findall(f"按({'|'.join(DIGITS)})(?!位)", text)]
        before = "(?:press|[a-z],)" if name.startswith("main.") else "press"
        found += [WORDS[key] for key in re.findall(rf"{before} ({'|'.join(WORDS)})\b", text)]
    return found


def is_entry(stop: Stop) -> bool:
    """Whether several keys are wanted."""
    return any(ENTRY.match(name) for name in stop.names)


KEY_FIRST = re.compile(rf"\s*(请?按({'|'.join(DIGITS)})(?!位)|[Pp]ress ({'|'.join(WORDS)})\b)")


def keeps_to_the_rules(stop: Stop) -> None:
    """At most four choices, each function before its key."""
    for name, text in stop.said:
        for sentence in re.split("[。？！.;?!]", text):
            assert not KEY_FIRST.match(sentence), (name, text)
    if is_entry(stop):
        return
    said = keys_in(stop, without=frozenset(NEXT_GROUP | {"main.this_language"}))
    choices = [key for key in said if key in "1234567"]
    assert len(choices) == len(set(choices)), stop
    assert len(choices) <= 4, stop


def same(first: Stop, second: Stop) -> bool:
    """Whether both ask the same thing, in full or in short."""
    if all({"main.menu", "main.menu_short"} & set(stop.names) for stop in (first, second)):
        return True
    if is_entry(first) and is_entry(second):
        return True
    if not keys_in(first):
        return bool(set(first.names) & set(second.names) - EVERYWHERE)
    offered = [
        {name for name, text in stop.said if keys_in(Stop(((name, text),), ()))} - EVERYWHERE - NEXT_GROUP
        for stop in (first, second)
    ]
    choices = [set(keys_in(stop)) & set("123456") for stop in (first, second)]  # 7 is offered once
    return choices[0] == choices[1] and (offered[0] == offered[1] or bool(offered[0] & offered[1]))


async def at_a_person(walk: Walk, back_to: Stop) -> None:
    """A person is looked for, a message offered; `*` goes on where the caller was."""
    assert "message.offer" in walk.here, walk.here
    keeps_to_the_rules(walk.here)
    await walk.press("*")
    assert "person.back" in walk.here and same(walk.here, back_to), (back_to, walk.here)


async def try_a_menu(walk: Walk) -> None:
    """What holds at every menu; ends where it began."""
    await walk.press("9")
    full = walk.here
    keeps_to_the_rules(full)
    await walk.press("8")
    keeps_to_the_rules(walk.here)
    await walk.press("8")
    assert same(walk.here, full), (full, walk.here)
    if "#" not in keys_in(full) and "rating.keys" not in full:
        await walk.press("#")
        assert walk.here.said == full.said, (full, walk.here)
    await walk.press("0")
    await at_a_person(walk, full)
    last = CONTENT & set(full.names)
    goes_on = GOES_ON & set(full.names) or not keys_in(full)
    silences = 0
    wrong = WRONG_IN_MAIN if {"main.menu", "main.menu_short"} & set(full.names) else WRONG
    for key in (wrong, "~", wrong, "~"):
        if key == wrong:
            await walk.press(wrong)
            assert "ask.wrong_key" in walk.here, (full, walk.here)
        elif not last and not goes_on and "rating.keys" not in full:
            await walk.wait()
            silences += 1
            assert "ask.silence" in walk.here, (full, walk.here)
        said = walk.here.text
        assert len(said) <= len(full.text) + 12, (full, walk.here)
    await walk.press(wrong)
    assert "person.because" in walk.here, (full, walk.here)
    await at_a_person(walk, full)
    if silences:
        for _ in range(3):
            await walk.wait()
        assert "person.because" in walk.here, (full, walk.here)
        await at_a_person(walk, full)
    await walk.press("9")


async def try_an_entry(walk: Walk, *, wrong: str | None) -> None:
    """What holds at every entry; ends where it began. wrong: what cannot be an answer, where there is any."""
    here = walk.here
    keeps_to_the_rules(here)
    await walk.press("5*")
    if walk.here.said:
        assert "ask.cleared" in walk.here, (here, walk.here)
    else:  # a star is the point of an amount, which may go on
        await walk.wait()
        if "confirm.keys" in walk.here:
            await walk.press("*")
    await walk.wait()
    assert "ask.silence" in walk.here, (here, walk.here)
    await walk.wait()
    assert "ask.person_in_entry" in walk.here, (here, walk.here)
    await walk.wait()
    assert "person.because" in walk.here, (here, walk.here)
    await at_a_person(walk, here)
    await walk.press("0#")
    if "confirm.keys" in walk.here:
        await walk.press("0")
        assert "message.offer" in walk.here
        await walk.press("*", "2")
    else:
        await at_a_person(walk, here)
    if wrong is not None:
        await walk.press(wrong, wrong)
        await walk.wait()
        assert "ask.silence" in walk.here, (here, walk.here)
        await walk.press(wrong)
        assert "person.because" in walk.here, (here, walk.here)
        await at_a_person(walk, here)


def wrong_for(field: Field) -> str | None:
    """What cannot be an answer to a question that is keyed."""
    match field.type:
        case FieldType.DATE | FieldType.IDENTITY_NUMBER | FieldType.PHONE_NUMBER:
            return "7#"
        case FieldType.DIGITS if field.min_length > 1:
            return "7#"
    return None


async def explore(walk: Walk, seen: set[tuple[str, ...]], *, leave_out: frozenset[str] = frozenset()) -> None:
    """Tries where the caller stands, and everything below it; ends where it began. leave_out: menus whose
    first key leads into a form or a search, which are walked for themselves."""
    here = walk.here
    assert not here.recording
    keeps_to_the_rules(here)
    if is_entry(here):
        await try_an_entry(walk, wrong="7#")
        return
    if here.names[-1] == "reading.keys" or "reading.end" in here:
        await read_to_the_end(walk, tried=("reading",) in seen)
        seen.add(("reading",))
        return
    if "notices.keys" in here:
        await hear_in_turn(walk)
        return
    await try_a_menu(walk)
    here = walk.here
    for key in [key for key in keys_in(here) if key in "123457"]:
        if key == "1" and leave_out & set(here.names):
            continue
        if key == "5" and "menu.from_the_beginning" in here:
            continue
        below = await walk.press(key)
        assert not below.over, (here, key)
        if below.names not in seen and not same(below, here):
            seen.add(below.names)
            await explore(walk, seen, leave_out=leave_out)
        if not same(walk.here, here):
            await walk.press("*")
        assert same(walk.here, here), (key, here.names, below.names, walk.here.names)


async def read_to_the_end(walk: Walk, *, tried: bool) -> None:
    """Hears a text part by part. tried: what holds at a menu was tried with another text."""
    if not tried:
        await try_a_menu(walk)
    for _ in range(30):
        if "reading.end" in walk.here:
            keeps_to_the_rules(walk.here)
            return
        await walk.press("1")
    raise AssertionError(walk.transcript[-2000:])


async def hear_in_turn(walk: Walk) -> None:
    """Hears one notice after another, each with its details."""
    for number in range(100):
        if number == 0 or "notices.keys_last" in walk.here:
            await try_a_menu(walk)
        notice = next(name for name in walk.here.names if re.fullmatch("notices/[a-z-]+", name))
        await walk.press("2")
        await read_to_the_end(walk, tried=True)
        await walk.press("*")
        if "notices.keys_last" in walk.here:
            return
        assert notice not in walk.here
    raise AssertionError(walk.transcript[-2000:])


async def answer(walk: Walk, field: Field, *, agreed: bool) -> None:
    """Answers a question, and tries every stop on the way."""
    for step in given(field, agreed=agreed).splitlines():
        if walk.here.recording:
            await walk.speak(step)
            continue
        if is_entry(walk.here):
            await try_an_entry(walk, wrong=wrong_for(field))
        else:
            await try_a_menu(walk)
        await walk.press(step)


LEAVE_OUT = frozenset({"services.apply_or_guide", "lookup.begin_or_guide", "book.keys", "document.keys"})


@pytest.mark.parametrize("part", ["1", "4"])
async def test_policies_and_notices(shipped_phone: Phone, part: str) -> None:
    async with walking(shipped_phone) as walk:
        await try_a_menu(walk)
        await walk.press(part)
        await explore(walk, set())
        await walk.press("*")
        assert "main.menu" in walk.here
        await walk.press("*")
        assert "main.menu" in walk.here, "* never leads out of the call"


@pytest.mark.parametrize("group", ["apply", "look_up", "pay", "tell", "book", "take_home"])
async def test_services_and_their_guides(shipped_phone: Phone, group: str) -> None:
    listed = (await shipped_phone.client.list_services(page_size=200)).items
    async with walking(shipped_phone) as walk:
        await walk.press("2")
        if group == "apply":
            await try_a_menu(walk)
        await walk.press(*way_to(list(offered(listed)).index(group)).splitlines())
        assert f"services.which_{group}" in walk.here
        await explore(walk, set(), leave_out=LEAVE_OUT)


FORMS = (
    *("administrative-complaint", "labour-registration", "letter-to-leadership", "opinion"),
    *("permit-application", "rural-household", "rural-medical-claim", "tax-declaration"),
    "identity-card-renewal",
)


@pytest.mark.parametrize("name", FORMS)
async def test_every_question_of_a_form_its_summary_and_its_reference(
    shipped_phone: Phone, name: str
) -> None:
    phone = shipped_phone
    listed = (await phone.client.list_services(page_size=200)).items
    form = await phone.client.get_form(f"forms/{name}")
    async with walking(phone) as walk:
        await walk.press("2", *way_to_form(listed, form.name).splitlines(), "1")
        assert "form.begin" in walk.here
        await try_a_menu(walk)
        await walk.press("1")
        await questions(walk, form)
        assert "summary.keys" in walk.here
        await try_a_menu(walk)
        await walk.press("*")
        assert "form.leave" in walk.here
        await try_a_menu(walk)
        await walk.press("1", "2")
        assert "summary.which" in walk.here
        await try_a_menu(walk)
        await walk.press("*", "1")
        if form.charge:
            assert {"charge.keys", "charge.keys_fixed"} & set(walk.here.names)
            await try_a_menu(walk)
            await walk.press("1")
        assert "sent.keys" in walk.here
        await try_a_menu(walk)
        await walk.press("*")
        await try_a_rating(walk)
        assert "main.menu" in walk.here


async def questions(walk: Walk, form: Form) -> None:
    """Answers them all; from each but the first, which leaves the form, `*` leads one back."""
    agreed = False
    for number, field in enumerate(asked(form, {field.id: chosen(field) for field in form.fields})):
        here = walk.here
        assert f"{form.name}/{field.id}" in here, (field.id, here)
        if number and not here.recording:
            await walk.press("*")
            assert f"{form.name}/{field.id}" not in walk.here, (field.id, walk.here)
            await walk.press("#")
        for _ in range(2):  # some of several are said back
            if f"{form.name}/{field.id}" not in walk.here:
                await walk.press("#")
        assert f"{form.name}/{field.id}" in walk.here, (field.id, walk.transcript[-1500:])
        await answer(walk, field, agreed=agreed)
        agreed = agreed or field.type is FieldType.TEXT


async def try_a_rating(walk: Walk) -> None:
    assert "rating.keys" in walk.here
    await try_a_menu(walk)
    await walk.press("*")


LOOKUPS = ("business-registration", "labour-register", "phone-bill", "traffic-violations")


@pytest.mark.parametrize("name", LOOKUPS)
async def test_every_question_of_a_lookup_and_what_is_found(shipped_phone: Phone, name: str) -> None:
    phone = shipped_phone
    listed = (await phone.client.list_services(page_size=200)).items
    groups = offered(listed)
    place = [one.name for one in groups["look_up"]].index(f"services/{name}")
    form = by_keys((await phone.client.get_lookup(f"lookups/{name}")).questions)
    async with walking(phone) as walk:
        way = f"2\n{way_to(list(groups).index('look_up'))}\n{way_to(place)}\n1"
        await walk.press(*way.splitlines())
        if "lookup.by_reference" in walk.here:
            await try_an_entry(walk, wrong="7#")
            return
        for field in form.fields:
            if f"{form.name}/{field.id}" in walk.here:
                await answer(walk, field, agreed=False)
        assert {"lookup.anew", "lookup.anew_or_back", "form.position"} & set(walk.here.names), walk.here
        keeps_to_the_rules(walk.here)


async def test_a_case(shipped_phone: Phone) -> None:
    """Its reference, the end of the identity number, how it stands, and a rating of it."""
    phone = shipped_phone
    listed = (await phone.client.list_services(page_size=200)).items
    form = await phone.client.get_form("forms/labour-registration")
    before = set(phone.county.references())
    await phone.call(f"2\n{way_to_form(listed, form.name)}\n1\n{script(form)}\n!")
    (reference,) = set(phone.county.references()) - before
    phone.county.reply(reference, "已经登记。")
    async with walking(phone) as walk:
        await walk.press("3")
        await try_an_entry(walk, wrong="7#")
        await walk.press(reference)
        await try_an_entry(walk, wrong="7#")
        await walk.press("*")
        assert "progress.reference" in walk.here
        await walk.press(reference, suffix(IDENTITY_X))
        await explore(walk, set(), leave_out=frozenset({"progress.keys", "reply.consent"}))
        await walk.press("*")
        await try_a_rating(walk)


@pytest.mark.parametrize("kind", [ServiceKind.RATING])
async def test_a_service_that_is_rated(shipped_phone: Phone, kind: ServiceKind) -> None:
    listed = (await shipped_phone.client.list_services(page_size=200)).items
    async with walking(shipped_phone) as walk:
        place = list(offered(listed)).index("rate")
        await walk.press("2", *way_to(place).splitlines())
        assert "rating.which" in walk.here
        await try_a_menu(walk)
        await walk.press("1")
        await try_a_rating(walk)


@pytest.mark.parametrize("language", Language)
async def test_the_first_words_are_the_greeting_the_other_language_and_four_choices(
    shipped_phone: Phone, language: Language
) -> None:
    async with walking(shipped_phone, language) as walk:
        assert walk.here.names == ("main.greeting", "main.this_language", "main.menu", "main.person")
        assert keys_in(walk.here) == ["8", "1", "2", "3", "4", "0"]
        keeps_to_the_rules(walk.here)
