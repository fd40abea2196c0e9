import { type Language, useLanguage } from "../../../base/i18n";

const FIELDS: Record<Language, Record<string, string>> = {
  en: {
    name: "Names of spans and traces",
    input: "Inputs",
    output: "Outputs",
    metadata: "Metadata",
    attributes: "Other attributes",
    events: "Events of spans",
    error: "Error messages",
    user_id: "User",
    session_id: "Session",
    tags: "Tags",
    resource: "Resource and scope",
    log_body: "Texts of logs",
    log_attributes: "Attributes of logs",
    score: "Comments of scores",
    metric_labels: "Labels of metrics",
  },
  ko: {
    name: "스팬·트레이스 이름",
    input: "입력",
    output: "출력",
    metadata: "메타데이터",
    attributes: "그 밖의 속성",
    events: "스팬 이벤트",
    error: "오류 메시지",
    user_id: "사용자",
    session_id: "세션",
    tags: "태그",
    resource: "리소스와 스코프",
    log_body: "로그 본문",
    log_attributes: "로그 속성",
    score: "점수 코멘트",
    metric_labels: "메트릭 레이블",
  },
};

const DETECTORS: Record<Language, Record<string, string>> = {
  en: {
    email: "E-mail addresses",
    phone: "Phone numbers",
    payment_card: "Payment cards",
    iban: "IBAN",
    bank_account: "Bank accounts",
    ip_address: "IP addresses",
    kr_resident_number: "Resident registration (Korea)",
    kr_driver_license: "Driver's license (Korea)",
    kr_passport: "Passport (Korea)",
    us_ssn: "Social security (USA)",
    uk_nino: "National insurance (UK)",
    fr_nir: "NIR (France)",
    es_dni: "DNI and NIE (Spain)",
    it_fiscal_code: "Codice fiscale (Italy)",
    br_cpf: "CPF (Brazil)",
    cn_resident_id: "Resident identity (China)",
    in_aadhaar: "Aadhaar (India)",
    sg_nric: "NRIC (Singapore)",
    jp_my_number: "My Number (Japan)",
    pl_pesel: "PESEL (Poland)",
    url_password: "Passwords in URLs",
    generic_secret: "Values named like secrets",
    private_key: "Private keys",
    key: "Attribute by name",
    field: "Whole field",
    too_many: "Too many in one text",
  },
  ko: {
    email: "이메일 주소",
    phone: "전화번호",
    payment_card: "카드 번호",
    iban: "IBAN",
    bank_account: "계좌번호",
    ip_address: "IP 주소",
    kr_resident_number: "주민·외국인등록번호",
    kr_driver_license: "운전면허번호",
    kr_passport: "여권번호",
    us_ssn: "미국 사회보장번호",
    uk_nino: "영국 국민보험번호",
    fr_nir: "프랑스 NIR",
    es_dni: "스페인 DNI·NIE",
    it_fiscal_code: "이탈리아 납세번호",
    br_cpf: "브라질 CPF",
    cn_resident_id: "중국 신분증번호",
    in_aadhaar: "인도 Aadhaar",
    sg_nric: "싱가포르 NRIC",
    jp_my_number: "일본 마이넘버",
    pl_pesel: "폴란드 PESEL",
    url_password: "URL 속 비밀번호",
    generic_secret: "이름이 비밀번호 같은 값",
    private_key: "개인 키",
    key: "이름으로 고른 속성",
    field: "필드 전체",
    too_many: "한 글에 너무 많음",
  },
};

const PROVIDERS: Record<string, string> = {
  aws_access_key: "AWS access key",
  aws_secret_key: "AWS secret key",
  github_token: "GitHub",
  gitlab_token: "GitLab",
  openai_key: "OpenAI",
  anthropic_key: "Anthropic",
  openrouter_key: "OpenRouter",
  google_key: "Google",
  slack_token: "Slack",
  stripe_key: "Stripe",
  huggingface_token: "Hugging Face",
  npm_token: "npm",
  pypi_token: "PyPI",
  sendgrid_key: "SendGrid",
  twilio_key: "Twilio",
  telegram_token: "Telegram",
  azure_key: "Azure Storage",
  langfuse_key: "Langfuse",
  spanglass_key: "Spanglass",
  jwt: "JSON Web Token",
};

/** A field's name as people say it; of one that this app does not know, as it is. */
export function useFieldName(): (field: string) => string {
  const named = FIELDS[useLanguage()];
  return (field) => named[field] ?? field;
}

/** A detector's name as people say it; a pattern's own name as it is. */
export function useDetectorName(): (detector: string) => string {
  const named = DETECTORS[useLanguage()];
  return (detector) => named[detector] ?? PROVIDERS[detector] ?? detector;
}
