"""Applications to look at with Spanglass; `spanglass demo` runs the one in `rag_service`."""
