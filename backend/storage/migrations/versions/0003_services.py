"""Every service that a county offers: orders, places, tickets, messages, alerts, ratings."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From the release that keeps applications only."""
    op.add_column("sessions", sa.Column("holder", sa.LargeBinary))
    op.create_index("ix_attachments_door_reference", "attachments", ["door", "reference"])
    _add_messages()
    _add_document_links()
    _add_orders()
    _add_alerts()
    _add_ratings_and_replies()
    _add_appointments()


def downgrade() -> None:
    """Back to it; what it cannot hold is lost."""
    op.drop_column("sessions", "holder")
    op.drop_index("ix_attachments_door_reference", "attachments")
    _drop_appointments()
    _drop_alerts()
    _drop_orders()
    _drop_ratings_and_replies()
    op.drop_table("document_links")
    _drop_messages()


def _add_messages() -> None:
    op.add_column("cases", sa.Column("contact", sa.LargeBinary))
    op.create_table(
        "messages",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("recipient", sa.LargeBinary),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("text", sa.LargeBinary),
        sa.Column("urgent", sa.Boolean, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("problem", sa.String, nullable=False),
        sa.Column("create_time", sa.BigInteger, nullable=False),
        sa.Column("due_time", sa.BigInteger, nullable=False),
        sa.Column("expire_time", sa.BigInteger),
        sa.Column("end_time", sa.BigInteger),
        sa.Column("reference", sa.String),
        sa.Column("request_id", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_messages"),
        sa.UniqueConstraint("key", name="uq_messages_key"),
    )
    op.create_index("ix_messages_state_due_time", "messages", ["state", "due_time"])
    op.create_index("ix_messages_reference", "messages", ["reference"])
    op.create_index("ix_messages_end_time", "messages", ["end_time"])


def _drop_messages() -> None:
    op.drop_table("messages")
    op.drop_column("cases", "contact")


def _add_ratings_and_replies() -> None:
    op.add_column("form_revisions", sa.Column("public_field", sa.String, nullable=False, server_default=""))
    op.create_table(
        "ratings",
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("matter", sa.LargeBinary, nullable=False),
        sa.Column("service", sa.String, nullable=False),
        sa.Column("channel", sa.Integer, nullable=False),
        sa.Column("satisfaction", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_ratings"),
        sa.UniqueConstraint("matter", name="uq_ratings_matter"),
    )
    op.create_index("ix_ratings_day_service", "ratings", ["day", "service"])
    op.create_table(
        "rating_cases",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("service", sa.String, nullable=False),
        sa.Column("channel", sa.Integer, nullable=False),
        sa.Column("satisfaction", sa.Integer, nullable=False),
        sa.Column("create_time", sa.BigInteger, nullable=False),
        sa.Column("due_day", sa.Date, nullable=False),
        sa.Column("reference", sa.String),
        sa.Column("reason", sa.LargeBinary),
        sa.Column("recording", sa.String),
        sa.Column("answer", sa.LargeBinary),
        sa.Column("answer_time", sa.BigInteger),
        sa.Column("erase_time", sa.BigInteger),
        sa.PrimaryKeyConstraint("number", name="pk_rating_cases"),
        sa.UniqueConstraint("recording", name="uq_rating_cases_recording"),
    )
    op.create_index("ix_rating_cases_answer_time_due_day", "rating_cases", ["answer_time", "due_day"])
    op.create_index("ix_rating_cases_reference", "rating_cases", ["reference"])
    op.create_table(
        "case_replies",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("text", sa.LargeBinary),
        sa.Column("reply_time", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_case_replies"),
        sa.ForeignKeyConstraint(["reference"], ["cases.reference"], name="fk_case_replies_reference"),
    )
    op.create_index("ix_case_replies_reference_id", "case_replies", ["reference", "id"])
    op.create_table(
        "case_reopenings",
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("reason", sa.LargeBinary),
        sa.Column("recording", sa.String),
        sa.Column("reopen_time", sa.BigInteger, nullable=False),
        sa.Column("due_day", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("reference", name="pk_case_reopenings"),
        sa.ForeignKeyConstraint(["reference"], ["cases.reference"], name="fk_case_reopenings_reference"),
    )
    op.create_table(
        "public_cases",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        *(
            sa.Column(f"{text}_{language}", sa.String, nullable=False)
            for text in ("title", "summary", "reply")
            for language in ("zh", "en")
        ),
        sa.Column("only", sa.Integer, nullable=False),
        sa.Column("publish_time", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_public_cases"),
        sa.UniqueConstraint("reference", name="uq_public_cases_reference"),
        sa.ForeignKeyConstraint(["reference"], ["cases.reference"], name="fk_public_cases_reference"),
    )
    op.create_index("ix_public_cases_publish_time_name", "public_cases", ["publish_time", "name"])


def _drop_ratings_and_replies() -> None:
    for table in ("public_cases", "case_reopenings", "case_replies", "rating_cases", "ratings"):
        op.drop_table(table)
    op.drop_column("form_revisions", "public_field")


def _add_orders() -> None:
    op.create_table(
        "orders",
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("subject", sa.LargeBinary),
        sa.Column("request", sa.LargeBinary),
        sa.Column("door", sa.String, nullable=False),
        sa.Column("channel", sa.Integer, nullable=False),
        sa.Column("title_zh", sa.String, nullable=False),
        sa.Column("title_en", sa.String, nullable=False),
        sa.Column("amount_fen", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("create_time", sa.BigInteger, nullable=False),
        sa.Column("update_time", sa.BigInteger, nullable=False),
        sa.Column("due_time", sa.BigInteger, nullable=False),
        sa.Column("pay_time", sa.BigInteger),
        sa.Column("paid_by", sa.String),
        sa.Column("closed_for_good", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("reference", name="pk_orders"),
        sa.UniqueConstraint("subject", name="uq_orders_subject"),
        sa.UniqueConstraint("request", name="uq_orders_request"),
    )
    op.create_index("ix_orders_state", "orders", ["state"])
    op.create_index("ix_orders_create_time_reference", "orders", ["create_time", "reference"])
    op.create_table(
        "payment_attempts",
        sa.Column("number", sa.String, nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("gateway", sa.String, nullable=False),
        sa.Column("demonstration", sa.Boolean, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("amount_fen", sa.BigInteger, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("create_time", sa.BigInteger, nullable=False),
        sa.Column("expire_time", sa.BigInteger, nullable=False),
        sa.Column("closing", sa.Boolean, nullable=False),
        sa.Column("look_time", sa.BigInteger),
        sa.Column("looks", sa.Integer, nullable=False),
        sa.Column("pay_time", sa.BigInteger),
        sa.Column("paid_fen", sa.BigInteger, nullable=False),
        sa.Column("transaction", sa.String, nullable=False),
        sa.Column("problem", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("back_time", sa.BigInteger),
        sa.ForeignKeyConstraint(["reference"], ["orders.reference"], name="fk_payment_attempts_reference"),
        sa.PrimaryKeyConstraint("number", name="pk_payment_attempts"),
    )
    op.create_index(
        "ix_payment_attempts_reference_create_time", "payment_attempts", ["reference", "create_time"]
    )
    op.create_index("ix_payment_attempts_look_time", "payment_attempts", ["look_time"])
    op.create_index("ix_payment_attempts_pay_time", "payment_attempts", ["pay_time"])
    op.create_table(
        "order_events",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("number", sa.String),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("event_time", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["reference"], ["orders.reference"], name="fk_order_events_reference"),
        sa.PrimaryKeyConstraint("id", name="pk_order_events"),
    )
    op.create_index("ix_order_events_reference_id", "order_events", ["reference", "id"])


def _drop_orders() -> None:
    for table in ("order_events", "payment_attempts", "orders"):
        op.drop_table(table)


def _add_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("sender", sa.String, nullable=False),
        sa.Column("identifier", sa.String, nullable=False),
        sa.Column("sent_time", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("msg_type", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("headline", sa.String, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.Column("alert", sa.LargeBinary),
        sa.Column("effective_time", sa.BigInteger),
        sa.Column("expire_time", sa.BigInteger),
        sa.Column("receive_time", sa.BigInteger, nullable=False),
        sa.Column("end_time", sa.BigInteger),
        sa.PrimaryKeyConstraint("name", name="pk_alerts"),
    )
    op.create_index("ix_alerts_state_expire_time", "alerts", ["state", "expire_time"])
    op.create_index("ix_alerts_receive_time", "alerts", ["receive_time"])
    op.create_table(
        "alert_references",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("sent_time", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["by"], ["alerts.name"], name="fk_alert_references_by"),
        sa.PrimaryKeyConstraint("name", "by", name="pk_alert_references"),
    )
    op.create_table(
        "alert_acknowledgements",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("door", sa.String, nullable=False),
        sa.Column("origin", sa.String, nullable=False),
        sa.Column("receive_time", sa.BigInteger),
        sa.Column("show_time", sa.BigInteger),
        sa.Column("speak_time", sa.BigInteger),
        sa.Column("spoken", sa.Integer, nullable=False),
        sa.Column("understand_time", sa.BigInteger),
        sa.Column("understood", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["name"], ["alerts.name"], name="fk_alert_acknowledgements_name"),
        sa.PrimaryKeyConstraint("name", "door", "origin", name="pk_alert_acknowledgements"),
    )


def _drop_alerts() -> None:
    for table in ("alert_acknowledgements", "alert_references", "alerts"):
        op.drop_table(table)


def _add_appointments() -> None:
    op.create_table(
        "slots",
        sa.Column("counters", sa.String, nullable=False),
        sa.Column("start_time", sa.BigInteger, nullable=False),
        sa.Column("taken", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("counters", "start_time", name="pk_slots"),
    )
    op.create_table(
        "appointments",
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("counters", sa.String, nullable=False),
        sa.Column("start_time", sa.BigInteger, nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("reference", name="pk_appointments"),
        sa.ForeignKeyConstraint(["reference"], ["cases.reference"], name="fk_appointments_reference"),
    )
    op.create_index("ix_appointments_counters_start_time", "appointments", ["counters", "start_time"])
    op.create_index("ix_appointments_state_start_time", "appointments", ["state", "start_time"])
    op.create_table(
        "tickets",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("counters", sa.String, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("letter", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("first", sa.Boolean, nullable=False),
        sa.Column("service", sa.String, nullable=False),
        sa.Column("reference", sa.String),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("issue_time", sa.BigInteger, nullable=False),
        sa.Column("window", sa.Integer),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("call_time", sa.BigInteger),
        sa.Column("end_time", sa.BigInteger),
        sa.PrimaryKeyConstraint("name", name="pk_tickets"),
        sa.UniqueConstraint("counters", "day", "letter", "number", name="uq_tickets_counters"),
        sa.ForeignKeyConstraint(["reference"], ["cases.reference"], name="fk_tickets_reference"),
    )
    op.create_index("ix_tickets_counters_day_state", "tickets", ["counters", "day", "state"])
    op.create_index("ix_tickets_reference", "tickets", ["reference"])
    op.create_table(
        "ticket_counts",
        sa.Column("counters", sa.String, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("letter", sa.String, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("counters", "day", "letter", name="pk_ticket_counts"),
    )
    op.create_table(
        "windows",
        sa.Column("counters", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("open_time", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("counters", "number", name="pk_windows"),
    )


def _drop_appointments() -> None:
    for table in ("windows", "ticket_counts", "tickets", "appointments", "slots"):
        op.drop_table(table)


def _add_document_links() -> None:
    op.create_table(
        "document_links",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("recipient", sa.LargeBinary),
        sa.Column("form", sa.String, nullable=False),
        sa.Column("form_revision", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("answers", sa.LargeBinary),
        sa.Column("create_time", sa.BigInteger, nullable=False),
        sa.Column("expire_time", sa.BigInteger, nullable=False),
        sa.Column("open_time", sa.BigInteger),
        sa.PrimaryKeyConstraint("name", name="pk_document_links"),
        sa.UniqueConstraint("token_hash", name="uq_document_links_token_hash"),
    )
    op.create_index("ix_document_links_recipient_create_time", "document_links", ["recipient", "create_time"])
    op.create_index("ix_document_links_expire_time", "document_links", ["expire_time"])
