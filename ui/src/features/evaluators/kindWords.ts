/** Korean words for the kinds of evaluators and their options, which the server tells in English. */

import type { EvaluatorKind } from "../../api/evaluators";
import { type Language, useLanguage } from "../../base/i18n";
import type { JsonSchema } from "../../model/schemaForm";

type Words = { title: string; description: string };

const KINDS: Record<string, Words> = {
  judge: { title: "LLM 심사", description: "언어 모델에게 루브릭에 따라 판단하게 하고 이유를 받습니다." },
  regex: { title: "정규 표현식", description: "답변이 정규 표현식과 맞는지 봅니다." },
  json_schema: { title: "JSON 스키마", description: "답변이 스키마에 맞는 JSON인지 봅니다." },
  length: { title: "길이", description: "답변이 너무 짧거나 길지 않은지 글자, 단어, 문장, 토큰으로 봅니다." },
  language: { title: "언어", description: "답변이 질문과 같은 언어이거나 정한 언어인지 봅니다." },
  bounds: {
    title: "지연 시간과 비용 한도",
    description: "답변이 제때, 정한 비용과 토큰 안에서 왔는지 봅니다.",
  },
  similarity: { title: "기준 답변과의 유사도", description: "답변이 기준 답변에 얼마나 가까운지 봅니다." },
  citations: { title: "인용", description: "인용이 검색된 문서를 가리키고 따온 말이 그 안에 있는지 봅니다." },
  refusal: { title: "거절", description: "모델이 답변을 거절하지 않았는지 봅니다." },
  pii: {
    title: "개인정보",
    description: "답변에 이메일, 전화번호, 카드, 계좌, 주민등록번호 등이 없는지 봅니다.",
  },
  secrets: { title: "비밀 값", description: "답변에 키, 토큰, 개인 키, 비밀번호가 없는지 봅니다." },
  python: { title: "파이썬 함수", description: "서버에 설치된 패키지의 함수를 씁니다." },
};

const OPTIONS: Record<string, string> = {
  rubric: "루브릭",
  score_name: "점수 이름",
  model: "모델",
  guidance: "추가 지침",
  own_rubric: "직접 쓴 루브릭",
  own_scale: "척도",
  own_categories: "범주",
  own_better: "좋은 방향",
  reason_language: "이유를 쓰는 언어",
  input_tokens_max: "최대 입력 토큰",
  output_tokens_max: "최대 출력 토큰",
  pattern: "패턴",
  expect: "기대하는 것",
  whole_text: "전체 일치",
  ignore_case: "대소문자 무시",
  part: "볼 부분",
  parts: "볼 부분",
  answer_schema: "답변의 스키마",
  allow_fence: "코드 블록 허용",
  validate_formats: "형식 검사",
  unit: "단위",
  at_least: "최소",
  at_most: "최대",
  expected: "기대하는 언어",
  confidence_min: "최소 확신도",
  duration_ms_max: "최대 소요 시간 (ms)",
  ttft_ms_max: "첫 토큰까지 최대 시간 (ms)",
  cost_usd_max: "최대 비용 (USD)",
  total_tokens_max: "최대 토큰",
  method: "방법",
  reference: "기준 답변",
  required: "필수",
  first_number: "첫 번호",
  urls: "URL도 보기",
  quotes: "따온 말도 보기",
  quote_chars_min: "따온 말의 최소 글자 수",
  quotes_score_name: "따온 말의 점수 이름",
  count_no_answers: "모른다는 답도 세기",
  phrases: "문구",
  kinds: "찾을 종류",
  allowed: "허용하는 값",
  allow_from_question: "질문에 있던 값 허용",
  generic: "일반 패턴",
  name: "이름",
  parameters: "매개변수",
};

/** The kind in the reader's language. What has no words yet stays as the server tells it. */
export function useKindWords(): (kind: EvaluatorKind) => EvaluatorKind {
  const language = useLanguage();
  return (kind) => inLanguage(kind, language);
}

export function inLanguage(kind: EvaluatorKind, language: Language): EvaluatorKind {
  if (language === "en") return kind;
  return { ...kind, ...KINDS[kind.name], options_schema: labelled(kind.options_schema) };
}

function labelled(schema: JsonSchema): JsonSchema {
  const properties = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const title = OPTIONS[name];
    return [name, title === undefined ? property : { ...property, title }] as const;
  });
  return { ...schema, properties: Object.fromEntries(properties) };
}
