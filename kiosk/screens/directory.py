"""Which screen shows which page."""

from __future__ import annotations

from typing import Any

from kiosk.screens.appointments import AppointmentServicesScreen, CancelQuestionScreen, TicketIssuedScreen
from kiosk.screens.card_left import CardLeftScreen
from kiosk.screens.card_taken import CardTakenScreen
from kiosk.screens.card_wanted import CardWantedScreen
from kiosk.screens.case_history import CaseHistoryScreen
from kiosk.screens.case_list import CaseListScreen
from kiosk.screens.charge_review import ChargeReviewScreen
from kiosk.screens.confirmation import ConfirmationScreen
from kiosk.screens.contents import ContentsScreen
from kiosk.screens.declaration import DeclarationScreen
from kiosk.screens.display import DisplayScreen
from kiosk.screens.help import HelpScreen
from kiosk.screens.home import HomeScreen
from kiosk.screens.introduction import IntroductionScreen
from kiosk.screens.lookup_record import LookupRecordScreen
from kiosk.screens.lookup_records import LookupRecordsScreen
from kiosk.screens.lookup_trouble import LookupTroubleScreen
from kiosk.screens.notice_list import NoticeListScreen
from kiosk.screens.notice_text import NoticeTextScreen
from kiosk.screens.out_of_service import OutOfServiceScreen
from kiosk.screens.paper import AddressScreen, PaperScreen, PaperWaysScreen
from kiosk.screens.payment import PayingScreen, PaymentKeptScreen
from kiosk.screens.policy_list import PolicyListScreen
from kiosk.screens.policy_results import PolicyResultsScreen
from kiosk.screens.policy_search import PolicySearchScreen
from kiosk.screens.policy_text import PolicyTextScreen
from kiosk.screens.progress_ways import ProgressWaysScreen
from kiosk.screens.public_cases import PublicCaseListScreen, PublicCaseTextScreen
from kiosk.screens.question import QuestionScreen
from kiosk.screens.rating import RatingServicesScreen, ReasonScreen, ServiceRatingScreen
from kiosk.screens.reference_entry import (
    OfficeCodeScreen,
    OrderEntryScreen,
    ReferenceEntryScreen,
    SuffixEntryScreen,
    TakeUpCodeScreen,
)
from kiosk.screens.resuming import KeptForLaterScreen, NothingKeptScreen, StillThereScreen
from kiosk.screens.review import ReviewScreen
from kiosk.screens.screen import Screen
from kiosk.screens.service_guide import ServiceGuideScreen
from kiosk.screens.service_list import ServiceListScreen
from kiosk.screens.slot_question import SlotQuestionScreen
from kiosk.screens.take_along import TakeAlongScreen
from kiosk.screens.topics import TopicsScreen
from kiosk.technician.screens.directory import TECHNICIAN_SCREENS
from kiosk.visit import pages

SCREENS: dict[type[pages.Page], type[Screen[Any]]] = {
    pages.Home: HomeScreen,
    pages.OutOfService: OutOfServiceScreen,
    pages.Help: HelpScreen,
    pages.Display: DisplayScreen,
    pages.Topics: TopicsScreen,
    pages.PolicySearch: PolicySearchScreen,
    pages.PolicyResults: PolicyResultsScreen,
    pages.PolicyList: PolicyListScreen,
    pages.PolicyText: PolicyTextScreen,
    pages.Contents: ContentsScreen,
    pages.TakeAlong: TakeAlongScreen,
    pages.ServiceList: ServiceListScreen,
    pages.ServiceGuide: ServiceGuideScreen,
    pages.Introduction: IntroductionScreen,
    pages.CardWanted: CardWantedScreen,
    pages.CardTaken: CardTakenScreen,
    pages.CardLeft: CardLeftScreen,
    pages.StillThere: StillThereScreen,
    pages.KeptForLater: KeptForLaterScreen,
    pages.NothingKept: NothingKeptScreen,
    pages.TakeUpCode: TakeUpCodeScreen,
    pages.Question: QuestionScreen,
    pages.SlotQuestion: SlotQuestionScreen,
    pages.MovingAppointment: SlotQuestionScreen,
    pages.AppointmentServices: AppointmentServicesScreen,
    pages.TicketIssued: TicketIssuedScreen,
    pages.CancelQuestion: CancelQuestionScreen,
    pages.Review: ReviewScreen,
    pages.ChargeReview: ChargeReviewScreen,
    pages.Declaration: DeclarationScreen,
    pages.Confirmation: ConfirmationScreen,
    pages.Paying: PayingScreen,
    pages.PaymentKept: PaymentKeptScreen,
    pages.PaperWays: PaperWaysScreen,
    pages.Paper: PaperScreen,
    pages.AddressEntry: AddressScreen,
    pages.OrderEntry: OrderEntryScreen,
    pages.ProgressWays: ProgressWaysScreen,
    pages.ReferenceEntry: ReferenceEntryScreen,
    pages.SuffixEntry: SuffixEntryScreen,
    pages.OfficeCode: OfficeCodeScreen,
    pages.CaseList: CaseListScreen,
    pages.CaseHistory: CaseHistoryScreen,
    pages.PublicCaseList: PublicCaseListScreen,
    pages.PublicCaseText: PublicCaseTextScreen,
    pages.RatingServices: RatingServicesScreen,
    pages.ServiceRating: ServiceRatingScreen,
    pages.ReasonEntry: ReasonScreen,
    pages.NoticeList: NoticeListScreen,
    pages.NoticeText: NoticeTextScreen,
    pages.LookupRecords: LookupRecordsScreen,
    pages.LookupRecord: LookupRecordScreen,
    pages.LookupTrouble: LookupTroubleScreen,
    **TECHNICIAN_SCREENS,
}
