"""What people use the application for, and who they are."""

from dataclasses import dataclass
from typing import Final, NamedTuple

QUESTIONS: Final = (
    "How long do customers have to return a product?",
    "Can a digital product be refunded after it was downloaded?",
    "When will my parcel arrive with standard shipping?",
    "How do I cancel an order that has not left the warehouse?",
    "How long is a password reset link valid?",
    "Which second factors are supported?",
    "How do we set up single sign-on with SAML?",
    "Where can I download old invoices?",
    "What does the Team plan cost per member?",
    "How many requests per second may one API key send?",
    "What should a client do when the API answers 429?",
    "How often should API keys be rotated?",
    "How are webhooks signed and retried?",
    "How can I recognize a webhook that was delivered twice?",
    "Can I export all data as Parquet?",
    "How long are backups kept after deletion?",
    "How do I report a vulnerability?",
    "Does the mobile app work offline?",
    "Which file formats can be imported?",
    "What may guests see in an organization?",
    "When does planned maintenance take place?",
    "How fast does support answer on the Business plan?",
    "How do I search for an exact phrase?",
    "What does the warranty cover?",
)
KOREAN_QUESTIONS: Final = (
    "환불은 며칠 안에 신청해야 하나요?",
    "일반 배송은 얼마나 걸리나요?",
    "비밀번호 재설정 링크는 언제까지 유효한가요?",
    "팀 요금제는 한 달에 얼마인가요?",
    "API 요청 제한을 넘으면 어떻게 되나요?",
    "삭제한 데이터는 백업에 얼마 동안 남나요?",
)
TASKS: Final = (
    "Where is order 48213 and may it still be cancelled?",
    "Order 50977 arrived broken. What can the customer get, and what is 3 x 49.90?",
    "Customer of order 61044 wants a refund. Is it still possible?",
    "What do 18 x 20 dollars of Team seats buy, and which limits come with them?",
    "Order 73310 has not arrived. What is its state and how long does express take?",
    "How much is 12 x 20 a month, and when is the invoice sent?",
)
TEXTS: Final = (
    "Summarize in one sentence: webhook deliveries failed for 40 minutes because a certificate had expired",
    "Summarize in one sentence: the export was slow since attachments were fetched one after the other",
    "Summarize in one sentence: customers could not sign in while the identity provider was unreachable",
    "Summarize in one sentence: a customer asks for an invoice with another billing address",
)
TICKETS: Final = (
    "Classify this ticket: I was charged twice this month",
    "Classify this ticket: the app crashes when I open the calendar",
    "Classify this ticket: please add me to the organization",
    "Classify this ticket: my webhook endpoint gets 401",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    name: str
    route: str
    """`answer` (retrieve, rerank, generate), `agent` (a model with tools) or `complete` (one model call)."""
    model: str
    is_streamed: bool
    questions: tuple[str, ...]
    share: float
    """Of all requests."""


FEATURES: Final = (
    Feature(
        name="handbook-search",
        route="answer",
        model="claude-sonnet-4-6",
        is_streamed=True,
        questions=QUESTIONS + KOREAN_QUESTIONS[:2],
        share=0.36,
    ),
    Feature(
        name="support-chat",
        route="answer",
        model="gpt-5.4-mini",
        is_streamed=True,
        questions=QUESTIONS[:14] + KOREAN_QUESTIONS,
        share=0.28,
    ),
    Feature(
        name="order-agent",
        route="agent",
        model="claude-sonnet-4-6",
        is_streamed=False,
        questions=TASKS,
        share=0.14,
    ),
    Feature(
        name="summaries",
        route="complete",
        model="claude-haiku-4-5",
        is_streamed=False,
        questions=TEXTS,
        share=0.12,
    ),
    Feature(
        name="ticket-triage",
        route="complete",
        model="support-tuned-8b",
        is_streamed=False,
        questions=TICKETS,
        share=0.10,
    ),
)
"""`support-tuned-8b` is a model of one's own: no catalog has its price."""


class User(NamedTuple):
    id: str
    team: str
    weight: float


USERS: Final = tuple(
    User(f"user-{number:02d}", team, weight)
    for number, (team, weight) in enumerate(
        [("support", 3.0)] * 8 + [("growth", 2.0)] * 6 + [("research", 1.5)] * 4 + [("operations", 1.0)] * 6,
        1,
    )
)
