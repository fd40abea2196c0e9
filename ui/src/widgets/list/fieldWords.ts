/** The fields' descriptions in the reader's language. The server writes English; a new field shows that. */

import { useCallback } from "react";
import type { Field, Target } from "../../api/types";
import { useLanguage } from "../../base/i18n";

const KOREAN: Readonly<Record<string, string>> = {
  name: "트레이스 이름",
  status: "트레이스 결과",
  service: "보낸 서비스 (service.name)",
  environment: "배포 환경",
  release: "서비스 릴리스",
  feature: "어떤 제품 기능을 위한 작업인지",
  team: "담당 팀",
  user_id: "최종 사용자",
  session_id: "대화 또는 세션",
  tags: "태그. 하나라도 맞으면 일치",
  duration: "시작부터 끝까지 걸린 시간",
  cost: "비용(미국 달러). 단가를 모르면 null",
  total_tokens: "입력과 출력 토큰",
  input_tokens: "캐시를 포함한 모든 입력 토큰",
  output_tokens: "추론을 포함한 모든 출력 토큰",
  cache_read_tokens: "제공자 캐시에서 읽은 입력 토큰",
  cache_write_tokens: "제공자 캐시에 쓴 입력 토큰",
  reasoning_tokens: "추론에 쓴 출력 토큰",
  "metadata.": "트레이스 메타데이터의 키",
  trace_id: "트레이스 ID, 16진수 32자리",
  error_count: "오류가 난 스팬 수",
  span_count: "트레이스의 스팬 수",
  llm_call_count: "모델 호출 수, 호출마다 한 번",
  unpriced_count: "단가를 모르는 모델 호출 수",
  kind: "스팬이 하는 일",
  model: "응답한 모델, 없으면 요청한 모델",
  provider: "모델 제공자",
  operation: "OpenTelemetry 작업 이름 (chat, embeddings 등)",
  error_type: "오류 종류 (rate_limit, timeout 등) 또는 예외 형식",
  error_message: "오류 메시지",
  finish_reason: "모델이 멈춘 이유",
  tool: "실행한 도구 이름",
  ttft: "첫 토큰까지 걸린 시간",
  streaming: "스트리밍 응답 여부",
  cache_hit: "애플리케이션 캐시에서 답했는지",
  cost_source: "비용의 출처",
  prompt: "관리되는 프롬프트 이름",
  prompt_version: "관리되는 프롬프트 버전",
  request_model: "요청한 모델",
  response_model: "응답한 모델",
  input: "입력에 든 단어나 구절",
  output: "출력에 든 단어나 구절",
  "attributes.": "원본 속성의 키, 어떤 규약이든",
  "resource.": "리소스 속성의 키",
  dialect: "스팬을 읽은 규약",
  otlp_kind: "OpenTelemetry 스팬 종류",
  is_billable: "모델 호출의 토큰과 비용을 지닌 스팬",
  is_call: "모델 호출을 대표하는 스팬",
  is_root: "부모가 없는 스팬",
  warnings: "도착했을 때 이상했던 점",
  price_version: "적용한 단가표 버전",
  response_id: "제공자의 응답 ID",
  span_id: "스팬 ID, 16진수 16자리",
  parent_span_id: "부모 스팬 ID",
};

/** Where a log's field means something else than a trace's of the same name. */
const KOREAN_OF_LOGS: Readonly<Record<string, string>> = {
  severity: "심각도. trace부터 fatal까지",
  body: "본문에 든 단어나 구절",
  event_name: "레코드가 알리는 이벤트 이름",
  scope: "기록한 로거 또는 계측 (스코프 이름)",
  "attributes.": "속성 또는 구조화된 로그 줄의 필드",
  trace_id: "로그가 속한 트레이스 ID, 16진수 32자리",
  span_id: "로그가 속한 스팬 ID, 16진수 16자리",
};

/** A field that is asked of a trace's spans has the description of the trace's own, marked. */
function inKorean(field: Field, target: Target): string {
  const own = (target === "logs" ? KOREAN_OF_LOGS[field.name] : undefined) ?? KOREAN[field.name];
  if (own !== undefined) return own;
  const asked = field.name.startsWith("span.") ? KOREAN[field.name.slice(5)] : undefined;
  return asked === undefined ? field.description : `스팬: ${asked}`;
}

export function useFieldWords(target: Target): (field: Field) => Field {
  const language = useLanguage();
  return useCallback(
    (field) => (language === "ko" ? { ...field, description: inKorean(field, target) } : field),
    [language, target],
  );
}
