/** Every trace of the project in a time range. */
export function TracesPage() {
  return <main />;
}
