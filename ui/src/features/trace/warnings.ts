import type { Language } from "../../base/i18n";

type Explanation = Record<Language, string>;

/** The words of docs/warnings.md, as short as a panel allows. */
const EXPLANATIONS: ReadonlyMap<string, Explanation> = new Map([
  [
    "time_out_of_range",
    {
      en: "The sender gave a time later than can be stored; the latest possible one stands in for it.",
      ko: "전송자가 보낸 시각이 저장할 수 있는 범위를 넘어, 가능한 가장 늦은 시각으로 대신했습니다.",
    },
  ],
  [
    "end_before_start",
    {
      en: "The span ended before it started, as its sender's clock tells it; its duration is unknown.",
      ko: "전송자의 시계로는 스팬이 시작보다 먼저 끝났습니다. 소요 시간을 알 수 없습니다.",
    },
  ],
  [
    "dropped_by_sender",
    {
      en: "The sender's SDK dropped attributes, events or links over its own limits before sending.",
      ko: "전송 측 SDK가 자체 한도를 넘는 속성, 이벤트 또는 링크를 보내기 전에 버렸습니다.",
    },
  ],
  [
    "usage_inconsistent",
    {
      en: "The token counts contradict each other: a part is larger than its whole.",
      ko: "토큰 수가 서로 맞지 않습니다. 일부가 전체보다 큽니다.",
    },
  ],
  [
    "output_tokens_overcounted",
    {
      en: "This instrumentation counts the output tokens of streamed answers too high.",
      ko: "이 계측 라이브러리는 스트리밍 응답의 출력 토큰을 실제보다 많이 셉니다.",
    },
  ],
  [
    "cache_tokens_unknown",
    {
      en: "This release of the instrumentation does not tell cached tokens, so the cost may be too high.",
      ko: "이 버전의 계측 라이브러리는 캐시된 토큰을 알려 주지 않아 비용이 실제보다 높을 수 있습니다.",
    },
  ],
  [
    "unprintable_text",
    {
      en: "Text was no valid Unicode, or a number too large; invalid characters were replaced.",
      ko: "올바른 유니코드가 아닌 텍스트나 너무 큰 숫자가 있어, 잘못된 문자를 대체했습니다.",
    },
  ],
  [
    "not_understood",
    {
      en: "No rule could read the attributes; the span is kept with its raw attributes only.",
      ko: "어떤 규칙으로도 속성을 해석하지 못해, 스팬을 원본 속성만으로 보관했습니다.",
    },
  ],
  [
    "redacted",
    {
      en: "Something was replaced, hashed or dropped before it was stored, by the project's rules of privacy; the attribute spanglass.redactions says how often.",
      ko: "프로젝트의 개인정보 규칙에 따라 저장 전에 일부 내용이 치환, 해시 또는 삭제되었습니다. 횟수는 spanglass.redactions 속성에 있습니다.",
    },
  ],
]);

/** Empty for a word this version does not know: the word itself is shown beside it. */
export function explainWarning(word: string, language: Language): string {
  return EXPLANATIONS.get(word)?.[language] ?? "";
}
