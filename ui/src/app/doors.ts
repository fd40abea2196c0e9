/** Pages of those who are not signed in. */
export const DOORS: readonly string[] = ["/login", "/setup", "/invitation", "/reset"];
