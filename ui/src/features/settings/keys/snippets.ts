/** How programs are told the address and a key. */

import type { MadeKey } from "../../../api/team";

/** OpenTelemetry's variables, which every exporter reads. A header's value is percent-encoded (OpenTelemetry
 * specification, "OTLP Exporter", Specifying headers via environment variables). */
export function environmentOf(key: MadeKey, address: string): string {
  const basic = btoa(`${key.public_key}:${key.secret_key}`);
  return [
    `export OTEL_EXPORTER_OTLP_ENDPOINT=${address}`,
    `export OTEL_EXPORTER_OTLP_HEADERS='authorization=Basic%20${encodeURIComponent(basic)}'`,
  ].join("\n");
}

export function sdkOf(key: MadeKey, address: string): string {
  return [
    `export SPANGLASS_ENDPOINT=${address}`,
    `export SPANGLASS_API_KEY=${key.secret_key}`,
    "",
    "# then, in Python:",
    "import spanglass",
    'spanglass.init(service="my-app")',
  ].join("\n");
}

export function langfuseOf(key: MadeKey, address: string): string {
  return [
    `export LANGFUSE_HOST=${address}`,
    `export LANGFUSE_PUBLIC_KEY=${key.public_key}`,
    `export LANGFUSE_SECRET_KEY=${key.secret_key}`,
  ].join("\n");
}
