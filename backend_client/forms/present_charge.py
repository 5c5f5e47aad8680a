"""How the lines of a bill came about, as a resident reads it."""

from __future__ import annotations

from backend_client.forms.charge import Bill, BillLine
from backend_client.forms.form import Bracket, Brackets, Fixed, Form, Rate
from backend_client.forms.present import present_money, present_rate
from backend_client.forms.wording import wording
from foundation.language import Language


def present_how(form: Form, bill: Bill, line: BillLine, language: Language) -> str:
    """How a line of the bill was computed: ``¥5,000.00 × 3%``; empty where there is nothing to tell."""
    translate = wording(language)
    match line.line.kind:
        case Fixed(amount, times):
            if not times:
                return ""
            return translate("charge.times", amount=present_money(amount, language), count=line.count)
        case Rate(millionths):
            return _share(line, Bracket(millionths), language)
        case Brackets():
            assert line.bracket
            if line.bracket.rate_millionths:
                return _share(line, line.bracket, language)
            return "" if line.amount_fen else translate("charge.free")
    return _sum(form, bill, line, language)


def _share(line: BillLine, bracket: Bracket, language: Language) -> str:
    """The base times a rate, and what is added and taken off."""
    translate = wording(language)
    told = translate(
        "charge.rate",
        base=present_money(line.base_fen, language),
        rate=present_rate(bracket.rate_millionths),
    )
    if bracket.amount_fen:
        told = translate("charge.plus", sum=told, amount=present_money(bracket.amount_fen, language))
    if bracket.deduction_fen:
        told = translate("charge.less", sum=told, amount=present_money(bracket.deduction_fen, language))
    return told


def _sum(form: Form, bill: Bill, line: BillLine, language: Language) -> str:
    """The names of what is added and taken off, where there are several."""
    names = {field.id: field.label[language] for field in form.fields}
    names |= {one.line.id: one.line.label[language] for one in bill.lines}
    added = [names[name] for name in line.line.of if name in names]
    taken_off = [names[name] for name in line.line.less if name in names]
    if len(added) + len(taken_off) < 2:
        return ""
    translate = wording(language)
    told, *others = added or ["0"]
    for other in others:
        told = translate("charge.plus", sum=told, amount=other)
    for other in taken_off:
        told = translate("charge.less", sum=told, amount=other)
    return told
