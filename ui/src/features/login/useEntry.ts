import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { ownPath } from "./next";

/** Something that signs in, and what follows: nothing stays of what the one before saw. */
export function useEntry(enter: () => Promise<unknown>, next: string | undefined) {
  const queryClient = useQueryClient();
  const router = useRouter();
  return useMutation({
    mutationFn: enter,
    onSuccess: () => {
      queryClient.clear();
      router.history.replace(ownPath(next));
    },
  });
}
