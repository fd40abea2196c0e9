import { EditPage } from "./EditPage";

/** /evaluators/new */
export function NewPage() {
  return <EditPage evaluator={null} />;
}
