"""What a form costs, said line by line before it is sent."""

from __future__ import annotations

from collections.abc import Sequence

from backend_client.forms.charge import Bill, BillLine, bill_for
from backend_client.forms.form import Brackets, ChargeRole, Fixed, Rate
from backend_client.forms.present import present_rate
from ivr import prompts
from ivr.dialogue.asking import Menu, menu
from ivr.dialogue.conversation import Back, Conversation
from ivr.dialogue.draft import Draft
from ivr.line import Utterance

AGREE, HOW = "1", "2"

_LINES = {
    ChargeRole.CHARGE: "charge.line",
    ChargeRole.RELIEF: "charge.line_relief",
    ChargeRole.BASIS: "charge.line_basis",
}


async def agreed(conversation: Conversation, draft: Draft) -> bool:
    """Whether the caller goes on with what it costs; a form without a charge is not asked about. False where
    the caller wants to hear the answers again."""
    bill = bill_for(draft.form, draft.filling.answers)
    if bill is None:
        return True

    worked_out = any(_how(conversation, draft, line)[1:] for line in bill.lines)

    def keys() -> list[Utterance]:
        return [conversation.prompt("charge.keys" if worked_out else "charge.keys_fixed")]

    def full() -> list[Utterance]:
        return [conversation.prompt("charge.intro"), *_amounts(conversation, draft, bill), *keys()]

    def how() -> list[Utterance]:
        told = [found for line in bill.lines for found in _how(conversation, draft, line)]
        return [*told, _total(conversation, draft, bill), *keys()]

    said = full
    while True:
        try:
            key = await menu(conversation, Menu(AGREE + (HOW if worked_out else ""), full, keys, first=said))
        except Back:
            return False
        if key == AGREE:
            return True
        said = how


def _amounts(conversation: Conversation, draft: Draft, bill: Bill) -> list[Utterance]:
    lines = [_line(conversation, line) for line in bill.lines]
    return [*lines, _total(conversation, draft, bill)]


def _line(conversation: Conversation, line: BillLine) -> Utterance:
    label = line.line.label[conversation.language]
    amount = conversation.read.money(line.amount_fen)
    return conversation.prompt(_LINES[line.line.role], private=True, label=label, amount=amount)


def _total(conversation: Conversation, draft: Draft, bill: Bill) -> Utterance:
    charge = draft.form.charge
    assert charge
    amount = conversation.read.money(bill.total_fen)
    name = "charge.total" if bill.total_fen else "charge.nothing"
    return conversation.prompt(name, private=True, label=charge.total[conversation.language], amount=amount)


def _how(conversation: Conversation, draft: Draft, line: BillLine) -> Sequence[Utterance]:
    """A line with how it came about, in two sentences; in one where there is nothing to tell."""
    read, prompt = conversation.read, conversation.prompt
    told: list[Utterance] = []

    def share(millionths: int) -> Utterance:
        base = read.money(line.base_fen)
        return prompt("charge.how_rate", private=True, base=base, rate=present_rate(millionths))

    match line.line.kind:
        case Fixed(amount, times) if times:
            count = read.count(line.count)
            told = [prompt("charge.how_times", private=True, amount=read.money(amount), count=count)]
        case Rate(millionths):
            told = [share(millionths)]
        case Brackets():
            bracket = line.bracket
            assert bracket
            if bracket.rate_millionths:
                told = [share(bracket.rate_millionths)]
                if bracket.amount_fen:
                    told.append(prompt("charge.how_plus", amount=read.money(bracket.amount_fen)))
                if bracket.deduction_fen:
                    told.append(prompt("charge.how_less", amount=read.money(bracket.deduction_fen)))
            elif not line.amount_fen:
                told = [prompt("charge.how_free")]
        case None:
            told = _terms(conversation, draft, line)
    return [_line(conversation, line), *told]


def _terms(conversation: Conversation, draft: Draft, line: BillLine) -> list[Utterance]:
    """What is added and taken off, by name, where something is taken off."""
    bill = bill_for(draft.form, draft.filling.answers)
    assert bill
    language = conversation.language
    names = {field.id: field.label[language] for field in draft.form.fields}
    names |= {one.line.id: one.line.label[language] for one in bill.lines}

    def joined(terms: tuple[str, ...]) -> str:
        found = [names[name] for name in terms if name in names]
        return prompts.written(language, "answer.list_separator").join(found)

    if not joined(line.line.less):
        return []
    of, less = joined(line.line.of), joined(line.line.less)
    return [conversation.prompt("charge.how_difference", of=of, less=less)]
