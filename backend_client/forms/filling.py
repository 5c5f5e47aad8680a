"""One resident's way through one form."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from types import MappingProxyType

from backend_client.forms.answer import AnswerError, Problem, Value
from backend_client.forms.card import CardAnswers
from backend_client.forms.check import check, parse
from backend_client.forms.form import Field, FieldType, Form
from backend_client.forms.present import present
from backend_client.forms.together import Broken, asked, broken
from foundation.language import Language


@dataclasses.dataclass(frozen=True, slots=True)
class SummaryLine:
    """One line of what the resident confirms. `text` is empty where the question was skipped or not reached.

    masked: the text shows part of the answer only.
    """

    field: Field
    label: str
    text: str = dataclasses.field(repr=False)
    answered: bool
    masked: bool
    prefilled: bool


class Filling:
    """The owner of the answers to one form, from the first question to the submission.

    An answer that is not asked for any more, because an earlier one was changed, is no answer; it is kept
    aside and counts again where the change is taken back.
    """

    def __init__(self, form: Form, today: Callable[[], date]) -> None:
        """today: gives the local date of the county; it is asked at each answer."""
        self.form = form
        self._today = today
        self._answers: dict[str, Value] = {}
        self._skipped: set[str] = set()
        self._prefilled: set[str] = set()

    @property
    def answers(self) -> Mapping[str, Value]:
        """The answers as they are now, in the form's order; later changes do not reach it."""
        ordered = {field.id: self._answers[field.id] for field in self.asked if field.id in self._answers}
        return MappingProxyType(ordered)

    @property
    def asked(self) -> tuple[Field, ...]:
        """The questions that are asked after the answers as they are now; a later answer may add some."""
        return asked(self.form, self._answers)

    @property
    def prefilled(self) -> frozenset[str]:
        """Identifiers of the fields whose answer came from a card and was not changed since."""
        return frozenset(self._prefilled & {field.id for field in self.asked})

    @property
    def skipped(self) -> frozenset[str]:
        """Identifiers of the fields that were left without an answer on purpose."""
        return frozenset(self._skipped)

    def came_from_card(self, field_ids: Iterable[str]) -> None:
        """Says of answers that were taken up again which of them a card gave."""
        self._prefilled.update(field_id for field_id in field_ids if field_id in self._answers)

    def next_field(self) -> Field | None:
        """The first field that is neither answered nor skipped; None when all are done."""
        return next((field for field in self.asked if not self._done(field.id)), None)

    def broken(self) -> tuple[Broken, ...]:
        """The rules that do not hold, of those whose questions are all answered, skipped or not asked."""
        fields = self.asked
        waiting = {field.id for field in fields if not self._done(field.id)}
        found = broken(self.form, fields, self.answers)
        return tuple(one for one in found if waiting.isdisjoint(one.rule.kind.fields))

    def reopen(self, one: Broken) -> None:
        """Opens the questions that have to be answered once more for a rule to hold."""
        for field in one.fields:
            self.clear(field.id)

    def answer(self, field_id: str, value: Value | str) -> Value:
        """Takes an answer in place of an earlier one and gives it as it is kept.

        A str is an entry to be parsed, save in free text. Raises AnswerError and then changes nothing;
        NOT_ASKED where the question is not asked.
        """
        field = self._asked_field(field_id)
        if isinstance(value, str):
            checked = parse(field, value, self._today())
        else:
            checked = check(field, value, self._today())
        self._answers[field_id] = checked
        self._skipped.discard(field_id)
        self._prefilled.discard(field_id)
        return checked

    def skip(self, field_id: str) -> None:
        """Leaves a field without an answer. Raises AnswerError: REQUIRED where it needs one, NOT_ASKED."""
        field = self._asked_field(field_id)
        if field.required:
            raise AnswerError(field_id, Problem.REQUIRED)
        self.clear(field_id)
        self._skipped.add(field_id)

    def clear(self, field_id: str) -> None:
        """Forgets an answer or a skip: the field is open again."""
        self._field(field_id)
        self._answers.pop(field_id, None)
        self._skipped.discard(field_id)
        self._prefilled.discard(field_id)

    def prefill(self, card: CardAnswers) -> tuple[str, ...]:
        """Fills what the card knows into fields that are still open; gives the identifiers of those that are
        asked. The others are filled too, for the case that they come to be asked.

        What the card says is checked like any answer; what is wrong is left for the resident.
        """
        filled = []
        for field in self.form.fields:
            if field.prefill is None or field.id in self._answers or field.id in self._skipped:
                continue
            value = card[field.prefill]
            if value is None:
                continue
            try:
                self._answers[field.id] = check(field, value, self._today())
            except AnswerError:
                continue
            filled.append(field.id)
        self._prefilled.update(filled)
        return tuple(field.id for field in self.asked if field.id in filled)

    def position(self, field_id: str) -> tuple[int, int]:
        """Which question it is, from 1, and how many are asked. Raises AnswerError, NOT_ASKED."""
        field = self._asked_field(field_id)
        return self.asked.index(field) + 1, len(self.asked)

    def summary(self, language: Language) -> tuple[SummaryLine, ...]:
        """Every question that is asked with its answer, in order, private answers masked."""
        lines = []
        for field in self.asked:
            answered = field.id in self._answers
            masked = answered and _shows_masked(field)
            text = present(field, self._answers[field.id], language, masked=masked) if answered else ""
            prefilled = field.id in self._prefilled
            lines.append(SummaryLine(field, field.label[language], text, answered, masked, prefilled))
        return tuple(lines)

    def wipe(self) -> None:
        """Forgets everything, as at the end of a visit or call."""
        self._answers.clear()
        self._skipped.clear()
        self._prefilled.clear()

    def _done(self, field_id: str) -> bool:
        return field_id in self._answers or field_id in self._skipped

    def _asked_field(self, field_id: str) -> Field:
        field = self._field(field_id)
        if field not in self.asked:
            raise AnswerError(field_id, Problem.NOT_ASKED)
        return field

    def _field(self, field_id: str) -> Field:
        try:
            return self.form.field(field_id)
        except KeyError:
            raise AnswerError(field_id, Problem.NO_SUCH_FIELD) from None

    def __repr__(self) -> str:
        return f"Filling({self.form.name}, {len(self.answers)} of {len(self.asked)} answered)"


def _shows_masked(field: Field) -> bool:
    """Private fields, and identity numbers always: their check character vouches for what is not shown."""
    return field.private or field.type is FieldType.IDENTITY_NUMBER
