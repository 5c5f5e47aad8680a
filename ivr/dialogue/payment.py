"""Paying by telephone: what is owed, a link by SMS, and whether it is paid.

An order is the backend's. Nothing here moves money: the link leads to where the caller pays.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from backend_client.case import Case
from backend_client.errors import BackendError, Conflict, NotFound
from backend_client.forms.lookup import Payable
from backend_client.forms.reference import group
from backend_client.payment import Order, OrderState, SentLink, new_order_request
from backend_client.submission import Channel
from ivr import prompts
from ivr.dialogue.asking import Menu, menu
from ivr.dialogue.conversation import Back, Conversation
from ivr.dialogue.fetching import fetch, tell
from ivr.dialogue.link import TAIL, mobile_number
from ivr.line import Utterance

LINK, IS_IT_PAID = "1", "2"
SETTLED = (OrderState.PAID, OrderState.REFUNDING, OrderState.REFUNDED)


async def pay(conversation: Conversation, reference: str) -> None:
    """Says what is owed under a reference, and offers the link until the caller is content. Raises Back."""
    await offer(conversation, await _order(conversation, reference))


async def pay_record(conversation: Conversation, payable: Payable) -> None:
    """The same of a record of a lookup, which gets a reference of its own. Raises Back."""
    request = new_order_request()
    client = conversation.client
    order = await fetch(conversation, lambda: client.create_order(payable.token, Channel.PHONE, request))
    await offer(conversation, order)


async def offer(conversation: Conversation, order: Order) -> None:
    """Holds an order: its amount and number, the link, whether it is paid. Raises Back."""
    await conversation.tell_demonstration(order.demonstration)
    _show(conversation, order)
    now = order

    def keys() -> list[Utterance]:
        return [conversation.prompt("payment.keys" if now.payable else "payment.keys_over")]

    def full() -> list[Utterance]:
        title = conversation.content("order/title", now.title)
        return [title, *told(conversation, now), *_number(conversation, now), *keys()]

    def state() -> list[Utterance]:
        return [*told(conversation, now), *keys()]

    def sent() -> list[Utterance]:
        tail = conversation.read.digits(number[-TAIL:])
        name = "payment.link_delayed" if delayed else "payment.link_sent"
        return [conversation.prompt(name, private=True, tail=tail), *keys()]

    said: Callable[[], list[Utterance]] = full
    while True:
        wanted = (LINK if now.payable else "") + IS_IT_PAID
        key = await menu(conversation, Menu(wanted, full, keys, first=said, last=True))
        if key == LINK:
            try:
                number = await mobile_number(conversation)
                now, delayed = await _send_link(conversation, now, number)
            except Back:
                said = keys
            else:
                said = sent if now.payable else state
        else:
            now = await _order(conversation, now.reference)
            said = state


def told(conversation: Conversation, order: Order) -> list[Utterance]:
    """What is owed, or what became of it."""
    prompt = conversation.prompt
    amount = conversation.read.money(order.amount_fen)
    conversation.call.note(f"order {order.state.name.lower()}")
    if order.state in SETTLED:
        said = [prompt(f"payment.{order.state.name}", amount=amount)]
        if order.state is OrderState.PAID and order.pay_time is not None:
            moment = conversation.read.moment(conversation.local(order.pay_time))
            said.append(prompt("payment.paid_at", moment=moment))
        return said
    if not order.payable:
        return [prompt("payment.over", amount=amount)]
    day = conversation.read.day(conversation.local(order.due_time).date())
    return [prompt("payment.due", amount=amount, date=day)]


async def order_of(conversation: Conversation, case: Case) -> Order | None:
    """What a case costs, None where it costs nothing or nobody knows now. Asked only of forms that cost
    something: an unknown order counts as a guess."""
    client = conversation.client
    try:
        if (await client.get_form(case.form)).charge is None:
            return None
        return await client.get_order(case.reference, caller=conversation.call.caller)
    except BackendError:
        return None


async def _order(conversation: Conversation, reference: str) -> Order:
    client, caller = conversation.client, conversation.call.caller
    return await fetch(conversation, lambda: client.get_order(reference, caller=caller))


def _number(conversation: Conversation, order: Order) -> list[Utterance]:
    number = conversation.read.reference(order.reference)
    return [conversation.prompt("payment.number", private=True, reference=number)]


def _show(conversation: Conversation, order: Order) -> None:
    """On phones with a screen."""
    language = conversation.language
    conversation.call.send_text(
        prompts.written(
            language,
            "text.payment",
            title=order.title[language],
            amount=f"{order.amount_fen / 100:.2f}",
            reference=group(order.reference),
        )
    )


async def _send_link(conversation: Conversation, order: Order, number: str) -> tuple[Order, bool]:
    """The order as it stands once the link is on its way, and whether that takes longer than usual. Raises
    Back where none can be sent."""
    client, call = conversation.client, conversation.call
    send: Callable[[], Awaitable[SentLink]] = lambda: client.send_payment_link(  # noqa: E731
        order.reference, number, conversation.language, caller=call.caller
    )
    try:
        sent = await fetch(conversation, send, passing=(Conflict, NotFound))
    except (Conflict, NotFound) as error:
        await tell(conversation, error)
        return await _order(conversation, order.reference), False
    call.note("payment link delayed" if sent.delayed else "payment link sent")
    return sent.order, sent.delayed
