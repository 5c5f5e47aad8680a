"""From a guide to the review: entering, going back, what is wrong, what a card filled in."""

from __future__ import annotations

from datetime import date

import pytest

from backend_client.forms.answer import Problem
from backend_client.forms.reference import check_reference
from foundation.language import Language
from kiosk.look import Look, TypeSize
from kiosk.visit import events as did
from kiosk.visit.pages import (
    CardTaken,
    CardUse,
    CardWanted,
    Confirmation,
    Declaration,
    Home,
    Introduction,
    Question,
    Review,
    ServiceGuide,
    Slip,
)
from tests.backend.house import House
from tests.kiosk.visit.terminal import BY_HAND, CARD, LETTER, Terminal, kept

pytestmark = pytest.mark.asyncio(loop_scope="module")

FROM_CARD = ("full_name", "sex", "identity_number")


async def test_a_form_goes_from_a_card_to_the_confirmation(at: Terminal, house: House) -> None:
    taken = await at.card_taken()
    assert tuple(field.id for field in taken.fields) == FROM_CARD
    asked = []
    at.do(did.Next())
    while isinstance(page := at.visit.page, Question):
        asked.append((page.number, page.field.id))
        at.answer(BY_HAND[page.field.id])
    assert asked == [(n, name) for n, name in enumerate(BY_HAND, 1) if name not in FROM_CARD]
    assert isinstance(page, Review)
    assert all(line.answered for line in page.summary[Language.ZH_CN])
    await at.page(Declaration, did.Next())
    confirmation = await at.page(Confirmation, did.Send())
    assert confirmation.slip is Slip.OFFERED
    reference = confirmation.accepted.reference
    assert check_reference(reference) == reference
    answers = {a.field: a for a in (await kept(house.database, reference)).answers}
    assert set(answers) == set(BY_HAND)
    assert answers["full_name"].text == CARD.full_name
    assert answers["sex"].choice == "female"
    assert answers["identity_number"].identity_number == CARD.identity_number
    assert answers["amount"].money_fen == 1250
    assert list(answers["goods"].choices.options) == ["fruit", "tools"]
    assert answers["neighbours_agree"].yes_no is True


async def test_back_goes_through_every_question_and_loses_nothing(at: Terminal) -> None:
    whole = await at.review()
    seen = {}
    page = at.do(did.Back())
    while isinstance(page, Question):
        seen[page.field.id] = page.entered
        page = at.do(did.Back())
    assert dict(reversed(seen.items())) == BY_HAND
    assert isinstance(page, Introduction)
    assert page.begun
    assert isinstance(at.do(did.Back()), ServiceGuide)
    await at.page(Introduction, did.Apply())
    assert at.do(did.Next()) == whole


async def test_an_entry_that_is_not_finished_is_kept_too(at: Terminal) -> None:
    await at.first_question()
    at.answer_to("phone")
    at.do(did.Enter("1380"), did.Back(), did.Next())
    assert (at.question.field.id, at.question.entered) == ("phone", "1380")
    at.do(did.GoHome())
    page = await at.introduction()
    assert page.begun
    at.do(did.Next())
    assert (at.question.field.id, at.question.entered) == ("phone", "1380")


async def test_two_forms_are_filled_in_side_by_side(at: Terminal) -> None:
    await at.first_question()
    at.answer("李试填")
    at.do(did.GoHome())
    await at.first_question(LETTER)
    at.do(did.Enter("1199"), did.GoHome())
    await at.introduction()
    assert at.do(did.Next()) == at.question
    assert at.question.field.id == "sex"
    assert at.do(did.Back()) == at.question
    assert at.question.entered == "李试填"
    at.do(did.GoHome())
    await at.introduction(LETTER)
    at.do(did.Next())
    assert at.question.entered == "1199"


async def test_language_and_type_change_at_any_page_and_keep_what_was_entered(at: Terminal) -> None:
    async def turned() -> None:
        before = at.visit.view
        at.do(did.SwitchLanguage(), did.SetLook(Look(TypeSize.LARGE)))
        after = at.visit.view
        assert (after.language, after.look) == (before.language.other, Look(TypeSize.LARGE))
        assert after.page == before.page

    await turned()
    await at.introduction()
    await turned()
    await at.page(CardWanted, did.Next())
    await turned()
    at.do(did.Skip())
    for name, text in BY_HAND.items():
        at.do(did.Enter(text))
        await turned()
        assert (at.question.field.id, at.question.entered) == (name, text)
        at.do(did.Next())
    await turned()
    await at.page(Declaration, did.Next())
    await turned()
    await at.page(Confirmation, did.Send())
    await turned()


async def test_a_form_is_sent_in_the_language_in_which_it_was_read(at: Terminal, house: House) -> None:
    at.do(did.SwitchLanguage())
    accepted = await at.accepted()
    assert (await kept(house.database, accepted.reference)).language == 2


WRONG = [
    ("full_name", "李", Problem.TOO_SHORT),
    ("full_name", "长" * 20_000, Problem.TOO_LONG),
    ("full_name", "李\x07试", Problem.BAD_CHARACTER),
    ("full_name", "  ", Problem.REQUIRED),
    ("sex", "", Problem.REQUIRED),
    ("sex", "neither", Problem.NO_SUCH_OPTION),
    ("identity_number", "119999199003071021", Problem.WRONG_CHECK_DIGIT),
    ("identity_number", "11999919900307", Problem.NOT_AN_IDENTITY_NUMBER),
    ("identity_number", "119999199002301026", Problem.NOT_AN_IDENTITY_NUMBER),
    ("phone", "1380", Problem.NOT_A_PHONE_NUMBER),
    ("licence", "12345", Problem.TOO_SHORT),
    ("licence", "123456789", Problem.TOO_LONG),
    ("licence", "12345a", Problem.NOT_DIGITS),
    ("start", "2026-02-30", Problem.NO_SUCH_DATE),
    ("start", "2025-12-31", Problem.TOO_EARLY),
    ("start", "2037-01-01", Problem.TOO_LATE),
    ("born", "2199-01-01", Problem.TOO_LATE),
    ("amount", "100000.01", Problem.TOO_LARGE),
    ("amount", "9" * 60, Problem.TOO_LARGE),
    ("amount", "0", Problem.TOO_SMALL),
    ("amount", "a lot", Problem.NOT_AN_AMOUNT),
    ("goods", "", Problem.REQUIRED),
    ("goods", "fruit,grain,tools", Problem.TOO_MANY),
    ("neighbours_agree", "maybe", Problem.NO_SUCH_OPTION),
    ("remarks", "长" * 201, Problem.TOO_LONG),
]


async def test_wrong_answers_are_named_and_nothing_is_lost(at: Terminal) -> None:
    await at.first_question()
    for field, text, problem in WRONG:
        at.answer_to(field)
        page = at.answer(text)
        assert isinstance(page, Question)
        assert page.error, (field, text[:20])
        assert (page.field.id, page.error.field, page.error.problem) == (field, field, problem)
        assert page.entered == text
        right = at.do(did.Enter(text + "1"))
        assert isinstance(right, Question)
        assert right.error is None
    review = at.answer_to("")
    assert isinstance(review, Review)
    assert all(line.answered for line in review.summary[Language.EN])


async def test_what_is_entered_has_a_bound(at: Terminal) -> None:
    await at.first_question()
    at.do(did.Enter("长" * 1_000_000))
    assert len(at.question.entered) == 100_000
    at.do(did.Insert("长"))
    assert len(at.question.entered) == 100_000


async def test_keys_add_and_take_away_characters(at: Terminal) -> None:
    await at.first_question()
    at.answer_to("phone")
    at.do(did.Insert("1"), did.Insert("3"), did.Insert("4"), did.Erase(), did.Insert("8"))
    assert at.question.entered == "138"
    at.do(*[did.Erase()] * 5)
    assert at.question.entered == ""


async def test_options_of_several_come_and_go_and_of_one_replace(at: Terminal) -> None:
    await at.first_question()
    at.answer_to("sex")
    at.do(did.Choose("male"), did.Choose("female"))
    assert at.question.entered == "female"
    at.answer_to("goods")
    at.do(did.Choose("tools"), did.Choose("fruit"), did.Choose("grain"), did.Choose("fruit"))
    assert at.question.entered == "tools,grain"
    at.do(did.Next(), did.Back())
    assert at.question.entered == "grain,tools"


async def test_only_what_is_not_required_can_be_skipped(at: Terminal) -> None:
    await at.first_question()
    assert at.do(did.Skip()) == at.question
    assert at.question.field.id == "full_name"
    at.answer_to("born")
    at.do(did.Enter("nonsense"), did.Skip())
    assert at.question.field.id == "amount"
    at.do(did.Back())
    assert at.question.entered == ""
    at.answer("")
    assert at.question.field.id == "amount"
    review = at.answer_to("")
    assert isinstance(review, Review)
    skipped = [line.field.id for line in review.summary[Language.ZH_CN] if not line.answered]
    assert skipped == ["born"]


async def test_a_date_ahead_is_told_today(at: Terminal) -> None:
    await at.first_question()
    at.answer_to("born")
    at.answer("2199-01-01")
    assert at.question.error
    assert isinstance(at.question.error.bound, date)


# The review.


async def test_one_answer_is_changed_from_the_review(at: Terminal) -> None:
    await at.review()
    page = at.do(did.Change("amount"))
    assert isinstance(page, Question)
    assert (page.field.id, page.entered, page.checking) == ("amount", "12.50", True)
    wrong = at.answer("100000.01")
    assert isinstance(wrong, Question)
    assert wrong.checking
    assert wrong.error
    review = at.answer("99")
    assert isinstance(review, Review)
    text = {line.field.id: line.text for line in review.summary[Language.ZH_CN]}
    assert "99" in text["amount"]
    assert text["full_name"] == BY_HAND["full_name"]


async def test_a_change_can_be_left(at: Terminal) -> None:
    before = await at.review()
    assert at.do(did.Change("remarks"), did.Back()) == before


async def test_private_answers_are_masked_until_they_are_revealed(at: Terminal) -> None:
    page = await at.review()

    def number(review: Review) -> str:
        return next(x.text for x in review.summary[Language.EN] if x.field.id == "identity_number")

    assert CARD.identity_number not in number(page)
    shown = at.do(did.Reveal())
    assert isinstance(shown, Review)
    assert number(shown) == CARD.identity_number
    hidden = at.do(did.Reveal())
    assert isinstance(hidden, Review)
    assert number(hidden) == number(page)


async def test_the_review_leads_back_to_the_last_question_and_the_declaration_to_the_review(
    at: Terminal,
) -> None:
    before = await at.review()
    assert at.do(did.Back()) == at.question
    assert at.question.field.id == "remarks"
    assert at.do(did.Next()) == before
    assert isinstance(at.do(did.Next()), Declaration)
    assert at.do(did.Back()) == before


# What a card filled in.


async def test_what_a_card_filled_in_is_marked_until_it_is_changed(at: Terminal) -> None:
    await at.card_taken()
    at.do(did.Next())
    review = at.answer_to("")
    assert isinstance(review, Review)
    assert tuple(x.field.id for x in review.summary[Language.EN] if x.prefilled) == FROM_CARD
    page = at.do(did.Change("full_name"))
    assert isinstance(page, Question)
    assert page.from_card
    assert page.entered == CARD.full_name
    unchanged = at.do(did.Next())
    assert isinstance(unchanged, Review)
    assert tuple(x.field.id for x in unchanged.summary[Language.EN] if x.prefilled) == FROM_CARD
    changed = at.do(did.Change("full_name"), did.Enter("王小慧"), did.Next())
    assert isinstance(changed, Review)
    assert tuple(x.field.id for x in changed.summary[Language.EN] if x.prefilled) == FROM_CARD[1:]


async def test_a_card_does_not_replace_what_was_typed(at: Terminal) -> None:
    await at.first_question(LETTER)
    at.answer(CARD.identity_number)
    at.do(did.Enter("信"), did.GoHome())
    page = await at.introduction()
    assert not page.begun
    await at.page(CardWanted, did.Next())
    at.do(did.Skip())
    at.answer("李试填")
    at.do(did.GoHome())
    await at.introduction()
    at.do(did.Next())
    assert at.question.field.id == "sex"


async def test_a_card_that_was_read_is_offered_for_the_next_form(at: Terminal) -> None:
    await at.card_taken()
    at.do(did.Next())
    at.answer_to("")
    await at.page(Declaration, did.Next())
    await at.page(Confirmation, did.Send())
    at.do(did.GoHome())
    assert isinstance(at.visit.page, Home)
    await at.introduction()
    wanted = await at.page(CardWanted, did.Next())
    assert wanted.known
    assert wanted.use is CardUse.FILL_IN
    taken = await at.page(CardTaken, did.UseKnownCard())
    assert tuple(field.id for field in taken.fields) == FROM_CARD


async def test_a_form_that_no_card_fills_in_asks_for_none(at: Terminal) -> None:
    await at.introduction(LETTER)
    assert isinstance(at.do(did.Next()), Question)
