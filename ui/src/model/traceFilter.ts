/** Terms of the filter language (docs/filter-language.md) that a click writes. */

const PLAIN_KEY = /^[\w./@$-]+$/;
const PLAIN_VALUE = /^[\w./@-]+$/;
const RESERVED = /^(?:and|or|not|null|true|false)$/i;

/** `attributes.http.route:"/ask"`. Quoted wherever a bare value could be read as anything but itself. */
export function filterTerm(field: string, value: string | number | boolean): string {
  return `${field}:${valueText(value)}`;
}

/** `attributes.KEY`, quoted where the key is no plain word: senders may name an attribute anything. */
export function openField(group: "attributes" | "resource" | "metadata", key: string): string {
  return `${group}.${PLAIN_KEY.test(key) ? key : quote(key)}`;
}

function valueText(value: string | number | boolean): string {
  if (typeof value !== "string") return String(value);
  return PLAIN_VALUE.test(value) && !RESERVED.test(value) ? value : quote(value);
}

function quote(text: string): string {
  return `"${text.replace(/["\\*]/g, "\\$&")}"`;
}
