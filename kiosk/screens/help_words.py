"""Which words of the catalogue explain which page. Pure."""

from __future__ import annotations

from kiosk.visit import pages
from kiosk.visit.pages import Page, Question

_ABOUT: dict[type[Page], str] = {
    pages.Home: "home",
    pages.Topics: "choose",
    pages.PolicySearch: "search",
    pages.PolicyResults: "choose",
    pages.PolicyList: "choose",
    pages.PolicyText: "read",
    pages.Contents: "choose",
    pages.TakeAlong: "take",
    pages.ServiceList: "choose",
    pages.ServiceGuide: "read",
    pages.Introduction: "introduction",
    pages.CardWanted: "card",
    pages.CardTaken: "card_taken",
    pages.Question: "question",
    pages.SlotQuestion: "slot",
    pages.MovingAppointment: "slot",
    pages.Review: "review",
    pages.ChargeReview: "charge",
    pages.Declaration: "declaration",
    pages.Confirmation: "confirmation",
    pages.Paying: "paying",
    pages.PaymentKept: "payment",
    pages.ReferenceEntry: "reference",
    pages.OrderEntry: "reference",
    pages.SuffixEntry: "suffix",
    pages.ProgressWays: "progress_ways",
    pages.CaseList: "choose",
    pages.CaseHistory: "case",
    pages.AppointmentServices: "choose",
    pages.CancelQuestion: "cancel",
    pages.TicketIssued: "ticket",
    pages.RatingServices: "choose",
    pages.ServiceRating: "rating",
    pages.ReasonEntry: "reason",
    pages.PublicCaseList: "choose",
    pages.PublicCaseText: "read",
    pages.NoticeList: "choose",
    pages.NoticeText: "read",
    pages.LookupRecords: "record",
    pages.LookupRecord: "record",
    pages.LookupTrouble: "trouble",
    pages.PaperWays: "paper_ways",
    pages.Paper: "paper",
    pages.AddressEntry: "address",
}
_NOTHING_OF_ANYBODY = {"home", "choose", "search", "read", "take", "ticket"}
"""Where nothing about a person is asked for or shown."""


def about(page: Page) -> str:
    """The kind of a page, of those that have words of their own; ``page`` for any other."""
    return next((_ABOUT[kind] for kind in type(page).__mro__ if kind in _ABOUT), "page")


def purposes(page: Page) -> tuple[str, ...]:
    """Names of the texts that say what a page is for."""
    kind = about(page)
    if kind == "question" and isinstance(page, Question):
        return f"help.about.{kind}", f"help.answer.{page.field.type.name}"
    return (f"help.about.{kind}",)


def privacy(page: Page) -> str:
    """Name of the text that says what happens to one's data there."""
    private = about(page) not in _NOTHING_OF_ANYBODY or isinstance(page, pages.CaseList)
    return "help.data.entered" if private else "help.data.none"
