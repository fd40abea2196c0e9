import type { Language } from "../../base/i18n";

type Explanation = Record<Language, string>;

/** The words of docs/warnings.md. */
const EXPLANATIONS: ReadonlyMap<string, Explanation> = new Map([]);

/** Empty for a word this version does not know: the word itself is shown beside it. */
export function explainWarning(word: string, language: Language): string {
  return EXPLANATIONS.get(word)?.[language] ?? "";
}
