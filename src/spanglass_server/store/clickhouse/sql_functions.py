"""The functions that users' SQL may call, by family. What is not listed is refused: a new version of
ClickHouse brings new functions, and some read files, dictionaries, settings or the network.

Left out on purpose though harmless to others' data: what sleeps or throws; what is quadratic in a string's
length, since one call cannot be interrupted (edit distances, fuzzy matches); states of aggregate functions
(`-State`, `-Merge`, `finalizeAggregation`), which ClickHouse reads from bytes without much care.
"""

from typing import Final

_FAMILIES: Final = (
    # arithmetic, comparison, logic, nulls
    """abs plus minus multiply divide divideOrNull intDiv intDivOrZero intDivOrNull modulo moduloOrZero
    moduloOrNull positiveModulo negate gcd lcm max2 min2 midpoint isFinite isInfinite isNaN ifNotFinite
    equals notEquals less greater lessOrEquals greaterOrEquals isDistinctFrom isNotDistinctFrom in notIn
    and or not xor if multiIf caseWithExpression greatest least clamp isNull isNotNull isNullable
    isZeroOrNull ifNull nullIf coalesce assumeNotNull toNullable round roundBankers roundDown
    roundToExp2 roundAge roundDuration floor ceil ceiling trunc truncate sqrt cbrt exp exp2 exp10 log ln
    log2 log10 log1p pow power sign sin cos tan asin acos atan atan2 sinh cosh tanh hypot degrees
    radians pi e erf erfc sigmoid widthBucket factorial proportionsZTest mod pmod bitAnd bitOr bitXor
    bitNot bitShiftLeft bitShiftRight bitTest bitCount bitHammingDistance""",
    # times
    """now now64 today yesterday current_date current_timestamp timestamp date toYear toQuarter toMonth
    toWeek toISOWeek toISOYear toDayOfMonth toDayOfWeek toDayOfYear toHour toMinute toSecond
    toMillisecond toMicrosecond toNanosecond toMonday toYYYYMM toYYYYMMDD toYYYYMMDDhhmmss toYearWeek
    year quarter month day hour minute second dayofweek dayofmonth dayofyear toStartOfYear
    toStartOfISOYear toStartOfQuarter toStartOfMonth toStartOfWeek toStartOfDay toStartOfHour
    toStartOfMinute toStartOfSecond toStartOfMillisecond toStartOfFiveMinutes toStartOfTenMinutes
    toStartOfFifteenMinutes toStartOfInterval toLastDayOfMonth toLastDayOfWeek toDaysInMonth date_trunc
    dateTrunc dateDiff date_diff age dateName monthName timeDiff timeSlot timeSlots toTimeWithFixedDate
    toTime addYears addQuarters addMonths addWeeks addDays addHours addMinutes addSeconds
    addMilliseconds addMicroseconds addNanoseconds addDate addInterval subtractYears subtractQuarters
    subtractMonths subtractWeeks subtractDays subtractHours subtractMinutes subtractSeconds
    subtractMilliseconds subtractMicroseconds subtractNanoseconds subDate subtractInterval
    formatDateTime date_format toUnixTimestamp fromUnixTimestamp toTimezone timezoneOf timezoneOffset
    toRelativeDayNum toRelativeHourNum toRelativeMinuteNum toRelativeMonthNum toRelativeSecondNum
    toRelativeWeekNum toRelativeYearNum makeDate makeDateTime makeDateTime64 fromUnixTimestamp64Milli
    fromUnixTimestamp64Micro fromUnixTimestamp64Nano fromUnixTimestamp64Second toUnixTimestamp64Milli
    toUnixTimestamp64Micro toUnixTimestamp64Nano toUnixTimestamp64Second parseDateTime
    parseDateTimeOrNull parseDateTimeOrZero parseDateTimeBestEffort parseDateTimeBestEffortOrNull
    parseDateTimeBestEffortOrZero parseDateTime64BestEffort parseDateTime64BestEffortOrNull
    parseDateTime64BestEffortOrZero toIntervalNanosecond toIntervalMicrosecond toIntervalMillisecond
    toIntervalSecond toIntervalMinute toIntervalHour toIntervalDay toIntervalWeek toIntervalMonth
    toIntervalQuarter toIntervalYear""",
    # types
    """cast accurateCast accurateCastOrNull accurateCastOrDefault toTypeName toString toFixedString
    toStringCutToZero toBool toDate toDateOrNull toDateOrZero toDateOrDefault toDate32 toDate32OrNull
    toDate32OrZero toDateTime toDateTimeOrNull toDateTimeOrZero toDateTime64 toDateTime64OrNull
    toDateTime64OrZero toFloat32 toFloat32OrNull toFloat32OrZero toFloat32OrDefault toFloat64
    toFloat64OrNull toFloat64OrZero toFloat64OrDefault toInt8 toInt8OrNull toInt8OrZero toInt16
    toInt16OrNull toInt16OrZero toInt32 toInt32OrNull toInt32OrZero toInt64 toInt64OrNull toInt64OrZero
    toInt64OrDefault toInt128 toInt128OrNull toInt256 toUInt8 toUInt8OrNull toUInt8OrZero toUInt16
    toUInt16OrNull toUInt16OrZero toUInt32 toUInt32OrNull toUInt32OrZero toUInt64 toUInt64OrNull
    toUInt64OrZero toUInt64OrDefault toUInt128 toUInt256 toDecimal32 toDecimal64 toDecimal64OrNull
    toDecimal64OrZero toDecimal128 toDecimalString toUUID toUUIDOrNull toUUIDOrZero toIPv4 toIPv4OrNull
    toIPv6 toIPv6OrNull toLowCardinality materialize identity formatReadableSize
    formatReadableDecimalSize formatReadableQuantity formatReadableTimeDelta bar transform byteSize""",
    # text
    """length lengthUTF8 char_length character_length octet_length empty notEmpty lower upper lcase ucase
    lowerUTF8 upperUTF8 initcap initcapUTF8 reverse reverseUTF8 concat concatAssumeInjective
    concatWithSeparator concat_ws substring substr mid substringUTF8 substringIndex substringIndexUTF8
    left leftUTF8 right rightUTF8 leftPad leftPadUTF8 lpad rightPad rightPadUTF8 rpad repeat space trim
    trimLeft trimRight trimBoth ltrim rtrim startsWith startsWithUTF8 endsWith endsWithUTF8
    appendTrailingCharIfAbsent ascii char normalizeQuery normalizedQueryHash normalizeUTF8NFC
    normalizeUTF8NFKC isValidUTF8 toValidUTF8 countSubstrings countSubstringsCaseInsensitive
    countSubstringsCaseInsensitiveUTF8 position positionCaseInsensitive positionUTF8
    positionCaseInsensitiveUTF8 locate instr like ilike notLike notILike match extract extractAll
    extractAllGroupsHorizontal extractAllGroupsVertical extractGroups extractTextFromHTML regexpExtract
    countMatches countMatchesCaseInsensitive replace replaceOne replaceAll replaceRegexpOne
    replaceRegexpAll regexpQuoteMeta translate translateUTF8 hasToken hasTokenOrNull
    hasTokenCaseInsensitive hasTokenCaseInsensitiveOrNull hasAnyTokens hasAllTokens multiSearchAny
    multiSearchAnyCaseInsensitive multiSearchAnyUTF8 multiSearchAnyCaseInsensitiveUTF8
    multiSearchFirstIndex multiSearchFirstPosition splitByChar splitByString splitByRegexp
    splitByWhitespace splitByNonAlpha arrayStringConcat alphaTokens ngrams tokens base64Encode
    base64Decode tryBase64Decode hex unhex bin encodeURLComponent decodeURLComponent domain
    domainWithoutWWW topLevelDomain protocol path pathFull port queryString fragment extractURLParameter
    extractURLParameters extractURLParameterNames cutQueryString cutFragment cutQueryStringAndFragment
    cutURLParameter cutWWW""",
    # JSON
    """JSONHas JSONLength JSONArrayLength JSONType JSONKey JSONExtract JSONExtractString JSONExtractInt
    JSONExtractUInt JSONExtractFloat JSONExtractBool JSONExtractRaw JSONExtractArrayRaw JSONExtractKeys
    JSONExtractKeysAndValues JSONExtractKeysAndValuesRaw JSON_VALUE JSON_QUERY JSON_EXISTS isValidJSON
    toJSONString simpleJSONHas simpleJSONExtractString simpleJSONExtractInt simpleJSONExtractUInt
    simpleJSONExtractFloat simpleJSONExtractBool simpleJSONExtractRaw""",
    # arrays, maps, tuples
    """array range arrayElement arrayElementOrNull has hasAll hasAny hasSubstr indexOf countEqual arrayJoin
    arrayMap arrayFilter arrayExists arrayAll arrayCount arraySum arrayAvg arrayMin arrayMax
    arrayProduct arrayFirst arrayFirstOrNull arrayFirstIndex arrayLast arrayLastOrNull arrayLastIndex
    arrayConcat arrayDistinct arrayCompact arrayUniq arrayEnumerate arrayEnumerateUniq arrayIntersect
    arrayUnion arrayExcept arraySort arrayReverseSort arrayReverse arraySlice arrayPushBack
    arrayPushFront arrayPopBack arrayPopFront arrayResize arrayWithConstant arrayZip arrayFlatten
    arrayCumSum arrayCumSumNonNegative arrayDifference arrayJaccardIndex arrayRemove arrayFill
    arraySplit arrayTopK arrayDotProduct map mapContains mapContainsKey mapContainsKeyLike mapKeys
    mapValues mapFilter mapApply mapAdd mapSubtract mapSort mapReverseSort mapUpdate mapConcat mapExists
    mapAll mapFromArrays mapExtractKeyLike extractKeyValuePairs tuple tupleElement tupleConcat
    tuplePlus tupleMinus tupleNames tupleToNameValuePairs""",
    # hashes, vectors, random numbers
    """cityHash64 sipHash64 sipHash128 xxHash32 xxHash64 xxh3 farmHash64 murmurHash3_32 murmurHash3_64 MD5
    SHA1 SHA256 halfMD5 intHash32 intHash64 URLHash cosineDistance L1Distance L2Distance L2Norm
    dotProduct rand rand32 rand64 randCanonical randUniform randNormal generateUUIDv4
    rowNumberInAllBlocks""",
    # windows over rows
    """row_number rank dense_rank denseRank percent_rank percentRank cume_dist ntile lag lead lagInFrame
    leadInFrame nth_value first_value last_value nonNegativeDerivative neighbor runningDifference
    """,
)

_AGGREGATES: Final = (
    """count sum avg min max any anyLast any_value anyHeavy argMin argMax min_by max_by avgWeighted
    sumKahan sumWithOverflow sumCount median quantile quantiles quantileExact
    quantilesExact quantileExactLow quantileExactHigh quantileExactInclusive quantileExactExclusive
    quantilesExactInclusive quantileExactWeighted quantilesExactWeighted quantileInterpolatedWeighted
    quantileTiming quantilesTiming quantileTimingWeighted quantileTDigest quantilesTDigest
    quantileTDigestWeighted quantileBFloat16 quantilesBFloat16 quantileDD quantilesDD
    quantileDeterministic quantilesDeterministic medianExact medianTDigest medianTiming stddevPop
    stddevSamp stddev_pop stddev_samp varPop varSamp var_pop var_samp stddevPopStable stddevSampStable
    varPopStable varSampStable covarPop covarSamp corr corrStable skewPop skewSamp kurtPop kurtSamp
    entropy gini cramersV rankCorr uniq uniqExact uniqCombined uniqCombined64 uniqHLL12
    groupArray groupUniqArray groupArrayLast groupArraySample groupArraySorted groupArrayMovingAvg
    groupArrayMovingSum groupArrayInsertAt groupConcat group_concat string_agg array_agg groupBitAnd
    groupBitOr groupBitXor topK topKWeighted approx_top_k approx_top_sum approx_top_count histogram
    sparkBar deltaSum deltaSumTimestamp boundingRatio simpleLinearRegression mannWhitneyUTest
    studentTTest welchTTest meanZTest kolmogorovSmirnovTest exponentialMovingAverage
    exponentialTimeDecayedAvg intervalLengthSum maxIntersections retention sequenceCount sequenceMatch
    windowFunnel singleValueOrNull largestTriangleThreeBuckets lttb theilsU contingency""",
)
_COMBINATORS: Final = ("if", "array", "distinct", "ornull", "ordefault", "foreach", "map", "argmin", "argmax")

_SYNTAX: Final = frozenset({"exists", "grouping", "lambda", "untuple"})
"""Which the engine's parser and analyzer know, and its list of functions does not."""

TABLE_FUNCTIONS: Final = frozenset({"numbers", "generate_series", "generateseries"})
"""Which make rows out of nothing."""

PLAIN: Final = tuple(sorted({name for family in _FAMILIES for name in family.split()}, key=str.lower))
AGGREGATES: Final = tuple(sorted({name for family in _AGGREGATES for name in family.split()}, key=str.lower))

_PLAIN_NAMES: Final = frozenset(map(str.lower, PLAIN))
_AGGREGATE_NAMES: Final = frozenset(map(str.lower, AGGREGATES))


def is_allowed(name: str) -> bool:
    """Whatever the case: no two functions that differ in it alone differ in what they reach."""
    name = name.lower()
    return name in _PLAIN_NAMES or name in _SYNTAX or _is_aggregate(name)


def _is_aggregate(name: str) -> bool:
    """Also with combinators at its end: `countIf`, `sumArrayOrNull`."""
    if name in _AGGREGATE_NAMES:
        return True
    return any(name.endswith(ending) and _is_aggregate(name.removesuffix(ending)) for ending in _COMBINATORS)
