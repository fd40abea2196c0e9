"""Who comes when: a day's curve, some people more often than others, sessions of half an hour."""

import math
import random
import time
from collections.abc import Sequence

from spanglass_examples.rag_service.features import FEATURES, USERS, User
from spanglass_examples.rag_service.gateway import Visit

_SESSION_S = 1800


def busyness(time_s: float) -> float:
    """How busy an hour of the local day is; 1 on average. Quiet at night, peaks before and after noon."""
    local = time.localtime(time_s)
    hour = local.tm_hour + local.tm_min / 60

    def peak(at: float, width: float) -> float:
        distance = min(abs(hour - at), 24 - abs(hour - at))
        return math.exp(-0.5 * (distance / width) ** 2)

    return 0.3 + 1.35 * peak(10.5, 2.2) + 1.45 * peak(15.5, 2.6)


def spread_arrivals(count: int, *, from_s: float, to_s: float, chance: random.Random) -> Sequence[float]:
    """`count` moments between two, in order, as many in each hour as it is busy."""
    most = 2.0
    moments: list[float] = []
    while len(moments) < count:
        moment = chance.uniform(from_s, to_s)
        if chance.random() * most < busyness(moment):
            moments.append(moment)
    return sorted(moments)


def choose_visit(time_s: float, chance: random.Random) -> Visit:
    (feature,) = chance.choices(FEATURES, [feature.share for feature in FEATURES])
    user = choose_user(chance)
    return Visit(user, session_of(user, time_s), feature, chance.choice(feature.questions))


def choose_user(chance: random.Random) -> User:
    (user,) = chance.choices(USERS, [user.weight for user in USERS])
    return user


def session_of(user: User, time_s: float) -> str:
    """Each half hour of a person is one session."""
    return f"{user.id}-{int(time_s // _SESSION_S) % 100_000:05d}"
