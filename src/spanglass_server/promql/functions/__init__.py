"""PromQL's functions, a file a family; `FUNCTIONS` lists them all by name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from spanglass_server.promql.functions.absence import ABSENCE
from spanglass_server.promql.functions.calendar import CALENDAR
from spanglass_server.promql.functions.call import Function
from spanglass_server.promql.functions.conversions import CONVERSIONS
from spanglass_server.promql.functions.elementwise import ELEMENTWISE
from spanglass_server.promql.functions.histograms import HISTOGRAMS
from spanglass_server.promql.functions.ordering import ORDERING
from spanglass_server.promql.functions.over_time import OVER_TIME
from spanglass_server.promql.functions.rates import RATES
from spanglass_server.promql.functions.relabeling import RELABELING
from spanglass_server.promql.functions.trends import TRENDS

_FAMILIES: Final = (
    RATES,
    TRENDS,
    OVER_TIME,
    ABSENCE,
    ELEMENTWISE,
    CONVERSIONS,
    CALENDAR,
    ORDERING,
    RELABELING,
    HISTOGRAMS,
)

# Infinities and NaN are values here: overflow, division by zero and the like are nothing to warn about.
FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType(
    {name: np.errstate(all="ignore")(function) for family in _FAMILIES for name, function in family}
)
