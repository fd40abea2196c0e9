// Runs before the first paint so that neither colours nor language flash. A file of its own, because the
// content security policy allows no inline script. Keys are those of src/base/preferences.ts.
(() => {
  const read = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage may be forbidden; the defaults are fine
    }
  };
  const chosen = read("mantine-color-scheme-value");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const scheme = chosen === "light" || chosen === "dark" ? chosen : dark ? "dark" : "light";
  document.documentElement.dataset.mantineColorScheme = scheme;
  const language = read("spanglass.language") ?? navigator.language.slice(0, 2);
  document.documentElement.lang = language === "ko" ? "ko" : "en";
})();
